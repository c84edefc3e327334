/* memo_test.c: only the very same pieces find a value; slots are taken over; many threads at once. */
#include "base/memo.c"

#include "base/call.h"
#include "base/test.h"

static bool has(struct call *c, struct memo *m, const char *one, const char *two, const char *value)
{
    const struct str pieces[] = { str_z(one), str_z(two) };
    struct str got = { 0 };
    bool found = memo_find(m, c->arena, pieces, 2, &got);
    return found && str_eq(got, str_z(value));
}

static void keep(struct memo *m, const char *one, const char *two, const char *value)
{
    const struct str pieces[] = { str_z(one), str_z(two) };
    memo_keep(m, pieces, 2, str_z(value));
}

TEST(only_the_same_pieces_find_it)
{
    struct memo *m = memo_new(1); /* all in one slot: the comparison alone decides */
    struct str got;
    CHECK(!has(c, m, "ab", "c", "v"));
    keep(m, "ab", "c", "value");
    CHECK(has(c, m, "ab", "c", "value"));
    CHECK(!has(c, m, "a", "bc", "value") && !has(c, m, "ab", "d", "value") && !has(c, m, "xb", "c", "value") && !has(c, m, "ab", "", "value") && !has(c, m, "ab", "cc", "value"));
    CHECK(!memo_find(m, c->arena, &STR("ab"), 1, &got) && !memo_find(m, c->arena, NULL, 0, &got));
    memo_free(m);
}

TEST(what_is_new_takes_the_place_of_what_is_old)
{
    struct memo *m = memo_new(1);
    keep(m, "a", "", "1");
    keep(m, "a", "", "2");
    CHECK(has(c, m, "a", "", "2"));
    keep(m, "b", "", "");
    CHECK(has(c, m, "b", "", "") && !has(c, m, "a", "", "2"));
    memo_free(m);
}

TEST(long_pieces_are_compared_whole)
{
    struct memo *m = memo_new(16);
    char *text = arena_alloc(c->arena, 5000, 1);
    struct str piece = str_of(text, 5000), got;
    memo_keep(m, &piece, 1, STR("v"));
    CHECK(memo_find(m, c->arena, &piece, 1, &got) && str_eq(got, STR("v")));
    text[2500] = 1; /* the hash does not see it */
    CHECK(hash_of(&piece, 1) == hash_of(&(struct str){ arena_alloc(c->arena, 5000, 1), 5000 }, 1));
    CHECK(!memo_find(m, c->arena, &piece, 1, &got));
    memo_free(m);
}

TEST(without_a_memo_nothing_is_remembered)
{
    struct str got;
    memo_keep(NULL, &STR("a"), 1, STR("b"));
    CHECK(!memo_find(NULL, c->arena, &STR("a"), 1, &got));
    memo_free(NULL);
}

struct worker { pthread_t thread; struct memo *memo; bool good; };

static void *work(void *arg)
{
    struct worker *w = arg;
    struct call *c = call_open(NULL);
    w->good = true;
    for (int i = 0; i < 3000; i++) {
        call_renew(c);
        struct str key = str_print(c->arena, "%d", i % 37), got;
        if (memo_find(w->memo, c->arena, &key, 1, &got)) w->good = w->good && str_eq(got, key);
        else memo_keep(w->memo, &key, 1, key);
    }
    call_close(c);
    return NULL;
}

TEST(many_threads_share_one)
{
    struct worker all[4];
    struct memo *m = memo_new(8);
    (void)c;
    for (size_t i = 0; i < 4; i++) {
        all[i] = (struct worker){ .memo = m };
        CHECK(pthread_create(&all[i].thread, NULL, work, &all[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(all[i].thread, NULL);
        CHECK(all[i].good);
    }
    memo_free(m);
}

/* ---- who finds it out ---- */

struct asker { pthread_t thread; struct memo *memo; pthread_barrier_t *start; int *found_out; bool good; };

static void *ask(void *arg)
{
    struct asker *w = arg;
    struct call *c = call_open(NULL);
    w->good = true;
    for (int i = 0; i < 200; i++) {
        struct str key = str_print(c->arena, "%d", i), got = { 0 };
        (void)pthread_barrier_wait(w->start);
        MEMO_TURN turn = { 0 };
        if (memo_find_or_wait(w->memo, c->arena, &key, 1, &turn, &got)) {
            w->good = w->good && str_eq(got, key);
            continue;
        }
        w->found_out[i]++; /* nobody else is here */
        memo_keep(w->memo, &key, 1, key);
    }
    call_close(c);
    return NULL;
}

TEST(what_many_ask_for_at_once_is_found_out_by_one)
{
    enum { ASKERS = 6 };
    struct memo *m = memo_new(1024);
    struct asker all[ASKERS];
    int found_out[200] = { 0 };
    pthread_barrier_t start;
    CHECK(pthread_barrier_init(&start, NULL, ASKERS) == 0);
    for (size_t i = 0; i < ASKERS; i++) {
        all[i] = (struct asker){ .memo = m, .start = &start, .found_out = found_out };
        CHECK(pthread_create(&all[i].thread, NULL, ask, &all[i]) == 0);
    }
    for (size_t i = 0; i < ASKERS; i++) CHECK(pthread_join(all[i].thread, NULL) == 0 && all[i].good);
    for (size_t i = 0; i < 200; i++) CHECK(found_out[i] == 1);
    (void)pthread_barrier_destroy(&start);
    memo_free(m);
}

TEST(who_gives_up_leaves_it_to_the_next)
{
    struct memo *m = memo_new(4);
    struct str key = STR("key"), got;
    for (int i = 0; i < 2; i++) {
        MEMO_TURN turn = { 0 };
        CHECK(!memo_find_or_wait(m, c->arena, &key, 1, &turn, &got) && turn.of == m);
    }
    {
        MEMO_TURN turn = { 0 };
        CHECK(!memo_find_or_wait(NULL, c->arena, &key, 1, &turn, &got) && !turn.of);
    }
    memo_keep(m, &key, 1, STR("v"));
    MEMO_TURN turn = { 0 };
    CHECK(memo_find_or_wait(m, c->arena, &key, 1, &turn, &got) && !turn.of && str_eq(got, STR("v")));
    memo_free(m);
}
