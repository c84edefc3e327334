/* random_test.c */
#include "base/random.c"

#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

TEST(uuids_have_their_form_and_differ)
{
    struct str a = random_uuid(c->arena), b = random_uuid(c->arena), bytes;
    CHECK(a.n == 36 && !str_eq(a, b));
    CHECK(a.p[8] == '-' && a.p[13] == '-' && a.p[18] == '-' && a.p[23] == '-');
    CHECK(a.p[14] == '4' && strchr("89ab", a.p[19]));
    CHECK(decode_hex(c->arena, str_first(a, 8), &bytes));
}

TEST(uuids_of_a_time_follow_it)
{
    struct str early = random_uuid_at(c->arena, 0x0123456789abLL), late = random_uuid_at(c->arena, 0x0123456789acLL);
    CHECK(early.n == 36 && str_starts(early, STR("01234567-89ab-7")) && strchr("89ab", early.p[19]) && str_cmp(early, late) < 0);
    CHECK(!str_eq(early, random_uuid_at(c->arena, 0x0123456789abLL)));
}

TEST(draws_differ_also_across_the_end_of_the_reserve)
{
    enum { DRAWS = 100, BYTES = 48 };
    uint8_t drawn[DRAWS][BYTES];
    for (size_t i = 0; i < DRAWS; i++) random_bytes(drawn[i], i % 7 == 0 ? BYTES : BYTES - 8);
    for (size_t i = 0; i < DRAWS; i++)
        for (size_t k = 0; k < i; k++) CHECK(memcmp(drawn[i], drawn[k], BYTES - 8) != 0);
    for (size_t i = 0; i < RESERVE - reserve.left; i++) CHECK(reserve.bytes[i] == 0); /* what was handed out is wiped */
}

TEST(a_child_draws_other_bytes_than_its_parent)
{
    uint8_t ours[32], theirs[32];
    int pipes[2];
    random_bytes(ours, 1); /* there is a reserve that a child could inherit */
    CHECK(pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        random_bytes(theirs, sizeof theirs);
        _exit(write(pipes[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    random_bytes(ours, sizeof ours);
    CHECK(child > 0 && read(pipes[0], theirs, sizeof theirs) == sizeof theirs);
    CHECK(memcmp(ours, theirs, sizeof ours) != 0);
    CHECK(waitpid(child, NULL, 0) == child && close(pipes[0]) == 0 && close(pipes[1]) == 0);
}

TEST(tokens_carry_all_their_bytes)
{
    struct str token = random_token(c->arena, 32), bytes;
    CHECK(decode_base64url(c->arena, token, &bytes) && bytes.n == 32);
    CHECK(!str_eq(token, random_token(c->arena, 32)));
}
