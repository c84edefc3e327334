/* Tests of message_place.c: what is kept in parts, and taken away from the front, is listed as a plain walk over everything would list it. */
#include "exchange/log/message_place.c"

#include "store/test_store.h"

TEST_STORE(&exchange_schema);

enum { ROWS = 600, CLASSES = 3, SPAN_MS = 5000, LIMIT = 40, LISTS = 200 };
static const int64_t START_MS = 1795000000000;

static int64_t below(uint64_t *seed, int64_t n)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int64_t)(*seed >> 33) % n;
}

/* Moments rise, but not from row to row; some milliseconds have many rows. */
static void make_spots(uint64_t *seed, struct message_spot *all)
{
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t late = below(seed, 4) ? 0 : below(seed, 1500);
        all[i] = (struct message_spot){ 1 + below(seed, CLASSES), START_MS + i * SPAN_MS / ROWS - late, 1 + i };
    }
}

typedef enum status with_spots(struct call *c, struct message_spot *list, size_t n);

static void in_parts(struct call *c, uint64_t *seed, const struct message_spot *all, int64_t n, with_spots *run)
{
    struct message_spot part[ROWS];
    for (int64_t i = 0, k; i < n; i += k) {
        k = 1 + below(seed, 90);
        if (k > n - i) k = n - i;
        memcpy(part, all + i, (size_t)k * sizeof *part);
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(run(c, part, (size_t)k));
        CHECK_OK(db_commit(&tx));
    }
}

/* walk: the same from the plain list. */
static size_t walk(const struct message_spot *all, int64_t class_, int64_t since_ms, struct message_place before, size_t limit, struct message_place *ret)
{
    size_t n = 0;
    for (const struct message_spot *s = all; s < all + ROWS; s++) {
        struct message_place p = { s->at_ms, s->seq };
        if (s->class_ == class_ && p.at_ms >= since_ms && (p.at_ms < before.at_ms || (p.at_ms == before.at_ms && p.seq < before.seq))) ret[n++] = p;
    }
    if (n) qsort(ret, n, sizeof *ret, newest_first);
    return n < limit ? n : limit;
}

static void check_lists(struct call *c, uint64_t *seed, const struct message_spot *all)
{
    struct message_place found[2 * LIMIT], expected[ROWS];
    for (int i = 0; i < LISTS; i++) {
        int64_t class_ = 1 + below(seed, CLASSES + 1), since_ms = below(seed, 2) ? 0 : START_MS + below(seed, SPAN_MS) - 1000;
        struct message_place before = below(seed, 4) ? (struct message_place){ START_MS + below(seed, SPAN_MS) - 1000, below(seed, ROWS) } : (struct message_place){ INT64_MAX, INT64_MAX };
        size_t limit = 1 + (size_t)below(seed, LIMIT), n, should = walk(all, class_, since_ms, before, limit, expected);
        CHECK_OK(message__list_places(c, class_, since_ms, before, limit, found, &n));
        CHECK(n == should);
        for (size_t k = 0; k < n; k++) CHECK(found[k].at_ms == expected[k].at_ms && found[k].seq == expected[k].seq);
    }
}

static int64_t rows_of_the_table(struct call *c)
{
    static const struct query COUNT = { "exchange", "SELECT COUNT(*) FROM message_place", LOG };
    DB_ROWS rows = db_run(c, &COUNT);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

TEST(places_are_listed_as_a_plain_walk_would)
{
    struct message_spot all[ROWS];
    uint64_t seed = 7;
    for (int64_t gone = 0; gone <= ROWS; gone += ROWS / 3) {
        make_spots(&seed, all);
        in_parts(c, &seed, all, ROWS, message__keep_places);
        check_lists(c, &seed, all);
        in_parts(c, &seed, all, gone, message__drop_places);
        for (int64_t i = 0; i < gone; i++) all[i].class_ = 0;
        check_lists(c, &seed, all);
        in_parts(c, &seed, all + gone, ROWS - gone, message__drop_places);
        CHECK(rows_of_the_table(c) == 0);
    }
}

TEST(a_busy_second_is_few_rows)
{
    struct message_spot all[ROWS];
    for (int64_t i = 0; i < ROWS; i++) all[i] = (struct message_spot){ 1 + i % CLASSES, START_MS + i, 1 + i };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(message__keep_places(c, all, ROWS));
    CHECK_OK(db_commit(&tx));
    CHECK(rows_of_the_table(c) == CLASSES);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &INSERT, &LIST, &LIST_SECOND, &UPDATE, &DELETE, NULL };
    CHECK_OK(store_check(c, all));
}
