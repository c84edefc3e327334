/* holder_wire_test.c: packets survive the way there, and broken ones are refused. */
#include "trust/holder_wire.c"

#include "base/test.h"

static struct str packet_of(struct call *c, const struct wire *w)
{
    struct buf b = buf_in(c->arena, WIRE_PACKET_MAX);
    CHECK_OK(wire_write(w, &b));
    return buf_str(&b);
}

static const struct wire sample = { .kind = WIRE_SIGN, .purpose = 1, .algorithm = 3, .number = -2, .key = STR_INIT("sign-p256"), .owner = STR_INIT("GOV/G01"),
                                    .items = { STR_INIT("one"), STR_INIT(""), STR_INIT("three") }, .nitems = 3 };

TEST(packet_reads_back_the_same)
{
    struct wire w;
    CHECK(wire_read(packet_of(c, &sample), &w));
    CHECK(w.kind == WIRE_SIGN && w.purpose == 1 && w.algorithm == 3 && w.number == -2 && w.nitems == 3);
    CHECK_STR(w.key, STR("sign-p256"));
    CHECK_STR(w.owner, STR("GOV/G01"));
    CHECK_STR(w.items[0], STR("one"));
    CHECK_STR(w.items[1], STR(""));
    CHECK_STR(w.items[2], STR("three"));
}

TEST(every_shorter_or_longer_packet_is_refused)
{
    struct wire w;
    struct str whole = packet_of(c, &sample);
    for (size_t n = 0; n < whole.n; n++) CHECK(!wire_read(str_first(whole, n), &w));
    CHECK(!wire_read(str_join(c->arena, whole, STR("x"), STR_END), &w));
}

TEST(too_much_is_not_written)
{
    struct wire w = sample;
    struct buf b = buf_in(c->arena, WIRE_PACKET_MAX);
    char *large = arena_alloc(c->arena, WIRE_ITEM_MAX + 1, 1);
    w.items[0] = str_of(large, WIRE_ITEM_MAX + 1);
    CHECK(wire_write(&w, &b) == ST_TOO_LARGE);
    w = sample;
    w.key = str_of(large, UINT8_MAX + 1);
    CHECK(wire_write(&w, &b) == ST_TOO_LARGE);
    w = sample;
    for (w.nitems = 0; w.nitems < 5; w.nitems++) w.items[w.nitems] = str_of(large, WIRE_ITEM_MAX);
    buf_clear(&b);
    CHECK(wire_write(&w, &b) == ST_TOO_LARGE);
}
