/* Tests of directory_held.c: with which other nations ours exchanges: those whose anchors our directory names, so many and no more, each for as long as its own directory is valid. */
#include "exchange/directory/directory_held.c"

#include "base/test.h"

enum { NAMED = FOREIGN_MAX + 4 };

/* struct world: our directory with more anchors than there is room for; the first bears our own name. */
struct world { struct exchange ex; struct app app; struct anchor anchors[NAMED]; struct directory own; };

static void open_world(struct call *c, struct world *w)
{
    *w = (struct world){ .ex = { .lock = PTHREAD_MUTEX_INITIALIZER, .instance = STR_INIT("VN") }, .own = { .refs = 1, .instance = STR_INIT("VN"), .expires_ms = c->now_ms + 1 } };
    for (int i = 0; i < NAMED; i++) w->anchors[i] = (struct anchor){ .instance = i ? str_print(c->arena, "N%d", i) : STR("VN") };
    w->own.anchors = w->anchors;
    w->own.nanchors = NAMED;
    w->ex.pictures.own = &w->own;
    w->app = *c->app;
    w->app.exchange = &w->ex;
    c->app = &w->app;
}

static void check_hold(struct call *c, const char *instance, enum status expected, const char *fault)
{
    struct directory *d = NULL;
    call_clear(c);
    CHECK(directory__hold_of(c, str_z(instance), &d) == expected && (d != NULL) == (expected == ST_OK));
    if (d) (void)atomic_fetch_sub(&d->refs, 1);
    else CHECK_STR(call_error(c)->fault, str_z(fault));
}

TEST(so_many_nations_and_no_more_and_never_ours_as_another_one)
{
    struct world w;
    open_world(c, &w);
    directory__keep_foreign(c, &w.own);
    directory__keep_foreign(c, &w.own);
    CHECK(w.ex.pictures.nforeign == FOREIGN_MAX && !find_foreign(&w.ex, STR("VN")) && find_foreign(&w.ex, STR("N1")) && find_foreign(&w.ex, STR("N16")) && !find_foreign(&w.ex, STR("N17")));
    w.own.anchors = &w.anchors[16];
    w.own.nanchors = 2;
    directory__keep_foreign(c, &w.own);
    CHECK(w.ex.pictures.nforeign == 2 && find_foreign(&w.ex, STR("N16")) && find_foreign(&w.ex, STR("N17")) && !find_foreign(&w.ex, STR("N1")));
}

TEST(a_directory_that_has_ended_ends_the_exchange_with_its_nation_alone)
{
    struct world w;
    struct directory other = { .refs = 1, .instance = STR_INIT("N1"), .expires_ms = c->now_ms + 1000 };
    open_world(c, &w);
    directory__keep_foreign(c, &w.own);
    check_hold(c, "VN", ST_OK, "");
    check_hold(c, "N1", ST_UNAVAILABLE, "global_conf_outdated"); /* not fetched yet */
    check_hold(c, "XX", ST_NOT_FOUND, "unknown_member");
    find_foreign(&w.ex, STR("N1"))->directory = &other;
    check_hold(c, "N1", ST_OK, "");
    c->now_ms += 1;
    check_hold(c, "VN", ST_UNAVAILABLE, "global_conf_outdated");
    check_hold(c, "N1", ST_OK, "");
    c->now_ms += 999;
    check_hold(c, "N1", ST_UNAVAILABLE, "global_conf_outdated");
    check_hold(c, "N2", ST_UNAVAILABLE, "global_conf_outdated");
}
