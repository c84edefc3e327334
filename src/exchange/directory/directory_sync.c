/* directory_sync.c: global configuration fetched from its sources (x-road 4.2), verified, kept and swapped in whole: our own nation's first, then those of the nations with which it
 * is federated, one at a turn. Between two fetches a node serves on the last valid picture; when that has expired nothing is exchanged any more (global_conf_outdated). */
#include "exchange/directory/directory_int.h"

#include "base/config.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/directory/clock.h"

enum { FETCH_CONNECT_MS = 5000, FETCH_TOTAL_MS = 20000 };

/* ---- how it goes ---- */

/* note_clock: the operator's. */
static void note_clock(struct call *c, const struct client_answer *answer)
{
    struct exchange *ex = exchange__of(c);
    int64_t ahead_ms;
    if (!clock__ahead(answer, &ahead_ms)) return;
    (void)pthread_mutex_lock(&ex->lock);
    ex->pictures.sync.ahead_ms = ahead_ms;
    ex->pictures.sync.has_clock = true;
    (void)pthread_mutex_unlock(&ex->lock);
}

/* note_sync: how the last attempt went, for exchange_directory_state. */
static void note_sync(struct call *c, struct sync_state *s, enum status st)
{
    struct exchange *ex = exchange__of(c);
    struct call_error e = call_sentence(c, st);
    int64_t now = time_now_ms();
    (void)pthread_mutex_lock(&ex->lock);
    if (st == ST_OK) {
        s->fetched_ms = now;
        s->failing_since_ms = 0;
    } else {
        if (!s->failing_since_ms) s->failing_since_ms = now;
        s->reason = e.key; /* a sentence of the program: it stays */
        s->nwhere = e.nargs && e.args[0].n < sizeof s->where ? e.args[0].n : 0;
        if (s->nwhere) memcpy(s->where, e.args[0].p, s->nwhere);
    }
    (void)pthread_mutex_unlock(&ex->lock);
}

/* ---- one source ---- */

static enum status fetch(struct call *c, const struct nation_way *way, struct str url, struct str *ret, int *ret_status)
{
    struct client_request rq = { .method = STR("GET"), .url = url, .connect_ms = FETCH_CONNECT_MS, .total_ms = FETCH_TOTAL_MS, .max_answer = DIRECTORY_MAX };
    struct client_answer answer;
    TRY(client_fetch(c, &rq, &answer));
    if (way->own) note_clock(c, &answer);
    *ret_status = answer.status;
    *ret = answer.body;
    return ST_OK;
}

/* fetch_document: the newest version that the source offers, from 6 downwards (404: not offered). */
static enum status fetch_document(struct call *c, const struct nation_way *way, struct str source, struct str *ret)
{
    int status = 404;
    for (int version = DIRECTORY_VERSION_MOST; version >= DIRECTORY_VERSION_LEAST && status == 404; version--)
        TRY(fetch(c, way, str_print(c->arena, "%.*s?version=%d", STR_ARG(source), version), ret, &status));
    if (status == 200) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The operator's node gives no directory. Check that it runs and has published one.");
}

/* fetch_file: from the host that gave the document, wherever its location leads. */
static enum status fetch_file(struct call *c, const struct nation_way *way, const struct url *source, const struct signed_file *file, struct str *ret)
{
    int status;
    TRY(fetch(c, way, str_print(c->arena, "%.*s://%.*s:%d%.*s", STR_ARG(source->scheme), STR_ARG(source->host), source->port, STR_ARG(file->location)), ret, &status));
    if (status == 200) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The operator's node does not give out the parameters that its directory names. Try again in a minute.");
}

/* fetch_files: those whose digest did not change are not fetched again. */
static enum status fetch_files(struct call *c, const struct nation_way *way, struct str source, const struct signed_directory *s, struct dir_set *set)
{
    struct url at;
    struct dir_set kept = { 0 };
    if (directory__read_stored(c, way->instance, &kept) != ST_OK) call_clear(c);
    if (!url_parse(source, &at)) return call_fault(c, call_fail(c, ST_INVALID, "", "The configuration anchor is malformed. Get it again from the operator."), STR("malformed_anchor"));
    for (size_t i = 0; i < s->nfiles && set->n < SET_FILES_MAX; i++) {
        struct str *bytes = &set->bytes[set->n];
        if (!directory__takes(way, &s->files[i])) continue;
        if (!directory__find_file(c, &kept, &s->files[i], bytes)) TRY(fetch_file(c, way, &at, &s->files[i], bytes));
        set->identifiers[set->n++] = s->files[i].identifier;
    }
    return ST_OK;
}

/* is_older: it ends before the one at hand and was not published after it. (An operator may let the directory end sooner; nobody else can make the newer path.) */
static bool is_older(const struct signed_directory *s, const struct signed_file *file, const struct directory *before)
{
    bool published_after = file->location.n == before->location.n && str_cmp(file->location, before->location) > 0;
    return s->expires_ms < before->expires_ms && !published_after;
}

static enum status sync_source(struct call *c, const struct nation_way *way, struct str source, struct dir_set *set, struct directory **ret)
{
    struct signed_directory s;
    const struct signed_file *shared, *same;
    const struct str *certs;
    size_t ncerts = directory__certs_of(c, way, &certs);
    *set = (struct dir_set){ 0 };
    TRY(fetch_document(c, way, source, &set->document));
    TRY(directory__read_signed(c, set->document, &s));
    TRY(directory__check_signature(c, &s, way->instance, certs, ncerts, &shared, &set->cert));
    TRY(directory__verify(c, &s, way->instance, certs, ncerts, &same));
    if (way->before && is_older(&s, shared, way->before))
        return call_fail(c, ST_UNAVAILABLE, "", "The operator's node gives an older directory than the one at hand. Check whether its clock and its copies are right.");
    TRY(fetch_files(c, way, source, &s, set));
    return directory__build(c, way, &s, shared, set, ret);
}

/* sync_any: the first source that has a good one. One that is dead, lies or lags behind is passed over. */
static enum status sync_any(struct call *c, const struct nation_way *way, struct source_notes *notes, struct dir_set *set, struct directory **ret)
{
    struct str sources[SOURCES_MAX];
    size_t n = directory__sources(c, way, notes, sources);
    enum status st = call_fail(c, ST_UNAVAILABLE, "", "The configuration anchor names no source. Get it again from the operator.");
    for (size_t i = 0; i < n; i++) {
        if (i) call_note(c, "exchange", "source of the directory: %.*s", STR_ARG(call_error(c)->sentence));
        call_clear(c);
        st = sync_source(c, way, sources[i], set, ret);
        if (notes) directory__note_source(notes, sources[i], st == ST_OK, c->now_ms);
        if (st == ST_OK) break;
    }
    return st;
}

/* ---- our own nation ---- */

static void log_change(struct call *c, const struct directory *before, const struct directory *fresh)
{
    if (before && str_eq(before->version_digest, fresh->version_digest)) return;
    log_line(LOG_INFO, "exchange", "directory.changed", c->trace, log_text("instance", fresh->instance), log_int("members", (int64_t)fresh->nmembers), log_int("servers", (int64_t)fresh->nservers));
}

static enum status sync_own(struct call *c, struct exchange *ex, bool keep)
{
    DIRECTORY before = directory__hold_any(ex);
    DIRECTORY fresh = NULL;
    struct dir_set set;
    struct nation_way way = { ex->instance, &ex->anchor, true, before };
    TRY(sync_any(c, &way, keep ? &ex->fetching.sources : NULL, &set, &fresh));
    if (!keep) return ST_OK;
    TRY(directory__store(c, ex->instance, &set));
    log_change(c, before, fresh);
    directory__keep_foreign(c, fresh);
    directory__swap_in(ex, fresh);
    fresh = NULL;
    return ST_OK;
}

enum status directory__try(struct call *c)
{
    enum status st = sync_own(c, exchange__of(c), false);
    note_sync(c, &exchange__of(c)->pictures.sync, st);
    return st;
}

static int64_t period_ms(const struct call *c) { return 1000 * config_count(c->app->config, "exchange.directory_s"); }

/* ---- other nations ---- */

static const struct anchor *anchor_for(const struct directory *own, const struct foreign *f)
{
    for (size_t i = 0; i < own->nanchors; i++)
        if (str_eq(own->anchors[i].instance, str_of(f->instance, f->n))) return &own->anchors[i];
    return NULL;
}

static enum status fetch_foreign(struct call *c, struct foreign *f, const struct anchor *anchor)
{
    struct exchange *ex = exchange__of(c);
    DIRECTORY before = directory__hold_foreign(ex, f);
    DIRECTORY fresh = NULL;
    struct dir_set set;
    struct nation_way way = { str_of(f->instance, f->n), anchor, false, before };
    TRY(sync_any(c, &way, &ex->fetching.sources, &set, &fresh));
    TRY(directory__store(c, way.instance, &set));
    log_change(c, before, fresh);
    directory__swap_foreign(ex, f, fresh);
    fresh = NULL;
    return ST_OK;
}

/* sync_foreign: the one that is due for longest; the next one at the next turn, so that a nation that does not answer keeps nobody from renewing our own. */
static enum status sync_foreign(struct call *c, struct exchange *ex)
{
    DIRECTORY own = directory__hold_any(ex);
    struct foreign *due = NULL;
    for (size_t i = 0; i < ex->pictures.nforeign; i++)
        if (ex->pictures.foreign[i].next_ms <= c->now_ms && (!due || ex->pictures.foreign[i].next_ms < due->next_ms)) due = &ex->pictures.foreign[i];
    const struct anchor *anchor = due && own ? anchor_for(own, due) : NULL;
    if (!anchor) return ST_OK;
    enum status st = fetch_foreign(c, due, anchor);
    due->fails = st == ST_OK ? 0 : due->fails + 1;
    due->next_ms = c->now_ms + (st == ST_OK ? period_ms(c) : directory__wait_ms(due->fails));
    note_sync(c, &due->sync, st);
    return st;
}

/* ---- the job, and the start ---- */

static enum status renew_own(struct call *c, struct exchange *ex)
{
    enum status st = sync_own(c, ex, true);
    ex->fetching.fails = st == ST_OK ? 0 : ex->fetching.fails + 1;
    ex->fetching.next_ms = c->now_ms + (st == ST_OK ? period_ms(c) : directory__wait_ms(ex->fetching.fails));
    note_sync(c, &ex->pictures.sync, st);
    return st;
}

enum status directory__sync(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    if (!ex->has_anchor) return ST_OK;
    if (c->now_ms >= ex->fetching.next_ms) TRY(renew_own(c, ex));
    return sync_foreign(c, ex);
}

static enum status load_foreign(struct call *c, struct foreign *f, const struct anchor *anchor)
{
    struct nation_way way = { str_of(f->instance, f->n), anchor, false, NULL };
    DIRECTORY d = NULL;
    TRY(directory__load(c, &way, &d));
    directory__swap_foreign(exchange__of(c), f, d);
    d = NULL;
    return ST_OK;
}

enum status directory__load_stored(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    struct nation_way way = { ex->instance, &ex->anchor, true, NULL };
    DIRECTORY d = NULL;
    enum status st = directory__load(c, &way, &d);
    if (st == ST_NOT_FOUND) return ST_OK;
    TRY(st);
    directory__keep_foreign(c, d);
    for (size_t i = 0; i < ex->pictures.nforeign; i++) {
        st = load_foreign(c, &ex->pictures.foreign[i], anchor_for(d, &ex->pictures.foreign[i]));
        if (st != ST_OK && st != ST_NOT_FOUND) call_forgive(c, st, "the directory of the other nation is fetched anew");
        call_clear(c);
    }
    directory__swap_in(ex, d);
    d = NULL;
    return ST_OK;
}
