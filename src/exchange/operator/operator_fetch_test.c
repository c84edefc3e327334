/* Tests of directory_sync.c with what an operator publishes: which versions of a directory are asked for, and which of its files are fetched. No network: the source answers
 * from the operator's own table. */
#include "web/client.h"

static enum status ask_source(struct call *c, const struct client_request *rq, struct client_answer *ret);
#define client_fetch ask_source

#include "exchange/directory/directory_sync.c"

#include "exchange/operator/testing.h"

TEST_STORE(&exchange_schema);

enum { ASKED_MAX = 64 };
/* The source: the newest version that it has, the status by which it says that it has none, a document that it gives out for ever, and what it was asked. */
static struct { int newest, no_such, nasked; struct str stale, asked[ASKED_MAX]; } source;

static enum status ask_source(struct call *c, const struct client_request *rq, struct client_answer *ret)
{
    struct url at;
    struct str path;
    int64_t version = 0;
    CHECK(url_parse(rq->url, &at) && source.nasked < ASKED_MAX);
    source.asked[source.nasked++] = str_copy(c->arena, at.query.n ? at.query : at.path);
    *ret = (struct client_answer){ .status = source.no_such };
    if (at.query.n) CHECK(str_int(str_skip(at.query, STR("version=").n), &version));
    if (version > source.newest) return ST_OK;
    if (version && source.stale.n) return ret->body = source.stale, ret->status = 200, ST_OK;
    path = at.query.n ? str_print(c->arena, "%.*s/%d", STR_ARG(at.path), (int)version) : at.path;
    if (operator__find_publication(c, path, &ret->body) == ST_OK) ret->status = 200;
    else call_clear(c);
    return ST_OK;
}

/* open_member: an office that is a member's node too. */
static void open_member(struct call *c, struct office *o)
{
    open_office(c, o);
    CHECK_OK(operator_publish(c));
    o->exchange->anchor = anchor_of(c, true);
    o->exchange->has_anchor = true;
    source.newest = DIRECTORY_VERSION_MOST;
    source.no_such = 404;
    source.stale = STR("");
}

static void close_member(struct call *c, struct office *o)
{
    directory__drop(&o->exchange->pictures.own);
    close_office(c, o);
}

/* fetch_now: as the job does when it is due; answers how many times the source was asked. */
static enum status fetch_now(struct call *c, struct office *o, int *ret_asked)
{
    source.nasked = 0;
    call_clear(c);
    o->exchange->fetching = (struct fetching){ 0 };
    enum status st = directory__sync(c);
    *ret_asked = source.nasked;
    return st;
}

static int asked_for(const char *what)
{
    int n = 0;
    for (int i = 0; i < source.nasked; i++) n += str_find(source.asked[i], str_z(what)) != SIZE_MAX;
    return n;
}

TEST(the_newest_version_that_a_source_has_is_taken)
{
    struct office o;
    int asked;
    open_member(c, &o);
    for (int newest = DIRECTORY_VERSION_MOST; newest >= DIRECTORY_WRITTEN_LEAST; newest--) {
        source.newest = newest;
        CHECK_OK(fetch_now(c, &o, &asked));
        CHECK(o.exchange->pictures.own->version == newest && asked_for("version=") == DIRECTORY_VERSION_MOST - newest + 1);
        for (int i = 0; i <= DIRECTORY_VERSION_MOST - newest; i++) CHECK_STR(source.asked[i], str_print(c->arena, "version=%d", DIRECTORY_VERSION_MOST - i));
    }
    close_member(c, &o);
}

TEST(a_source_without_any_version_leaves_the_picture_at_hand)
{
    struct office o;
    int asked;
    open_member(c, &o);
    CHECK_OK(fetch_now(c, &o, &asked));
    const struct directory *before = o.exchange->pictures.own;
    source.newest = 0;
    CHECK(fetch_now(c, &o, &asked) == ST_UNAVAILABLE && asked_for("version=2") == 2); /* both sources of the anchor, down to the oldest */
    CHECK(asked == 2 * (DIRECTORY_VERSION_MOST - DIRECTORY_VERSION_LEAST + 1) && o.exchange->pictures.own == before);
    source.no_such = 500; /* a source that is ill does not say that it has no such version */
    CHECK(fetch_now(c, &o, &asked) == ST_UNAVAILABLE && asked == 2);
    close_member(c, &o);
}

TEST(a_file_that_did_not_change_is_not_fetched_again)
{
    struct office o;
    int asked;
    open_member(c, &o);
    CHECK_OK(fetch_now(c, &o, &asked));
    CHECK(asked == 3 && asked_for("shared-params") == 1 && asked_for("private-params") == 1);
    const int64_t end_ms = o.exchange->pictures.own->expires_ms;
    c->now_ms += 60000;
    CHECK_OK(operator_publish(c));
    CHECK_OK(fetch_now(c, &o, &asked));
    CHECK(asked == 1 && o.exchange->pictures.own->expires_ms == end_ms + 60000);
    CHECK_OK(operator__put_group(c, STR("desks"), STR("Desks")));
    c->now_ms += 60000;
    CHECK_OK(operator_publish(c));
    CHECK_OK(fetch_now(c, &o, &asked));
    CHECK(asked == 2 && asked_for("shared-params") == 1 && o.exchange->pictures.own->ngroups == 2);
    CHECK_OK(file_write(c, str_join(c->arena, o.t.folder, STR("/conf/directory-VN"), STR_END), STR("nonsense"), 0644));
    CHECK_OK(fetch_now(c, &o, &asked));
    CHECK(asked == 3);
    close_member(c, &o);
}

TEST(a_source_that_lags_behind_does_not_take_a_picture_back)
{
    struct office o;
    struct str old;
    int asked;
    open_member(c, &o);
    CHECK_OK(operator__find_publication(c, STR("/internalconf/6"), &old));
    c->now_ms += 60000;
    CHECK_OK(operator_publish(c));
    CHECK_OK(fetch_now(c, &o, &asked));
    const struct directory *before = o.exchange->pictures.own;
    source.stale = old; /* signed and not ended yet, but there was a newer one */
    CHECK(fetch_now(c, &o, &asked) == ST_UNAVAILABLE && o.exchange->pictures.own == before);
    directory__drop(&o.exchange->pictures.own);
    CHECK_OK(fetch_now(c, &o, &asked)); /* who has none takes it */
    close_member(c, &o);
}
