/* directory_sync.c: global configuration fetched from the sources of the anchor (x-road 4.2), verified, kept under conf/ and swapped in whole. Between two
 * fetches the node serves on the last valid picture; when that has expired all exchange stops (global_conf_outdated). */
#include "exchange/exchange_int.h"

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/clock.h"

enum { FETCH_CONNECT_MS = 5000, FETCH_TOTAL_MS = 20000 };

static struct str stored_path(struct call *c, const char *name) { return str_join(c->arena, c->app->folder, STR("/conf/"), str_z(name), STR_END); }

/* collect_certs: the source's own verification certificates and those that the last valid picture names (key rotation). */
static size_t collect_certs(struct call *c, const struct anchor_source *s, const struct directory *d, const struct str **ret)
{
    size_t n = s->ncerts;
    for (size_t i = 0; d && i < d->nsources; i++) n += d->sources[i].ninternal;
    struct str *certs = arena_array(c->arena, struct str, n);
    n = 0;
    for (size_t i = 0; i < s->ncerts; i++) certs[n++] = s->certs[i];
    for (size_t i = 0; d && i < d->nsources; i++)
        for (size_t k = 0; k < d->sources[i].ninternal; k++) certs[n++] = d->sources[i].internal[k];
    *ret = certs;
    return n;
}

static enum status take_params(struct call *c, const struct signed_directory *s, const struct signed_file *file, struct str xml, struct directory **ret)
{
    if (!str_eq(trust_digest(c->arena, file->alg, xml), file->digest))
        return call_fault(c, call_fail(c, ST_DENIED, "", "The shared parameters are not those that the operator signed. Check the way to the operator's node."), STR("malformed_global_conf"));
    DIRECTORY d = NULL;
    TRY(directory__read_params(c, xml, s->version, &d));
    if (!str_eq(d->instance, exchange__of(c)->instance))
        return call_fault(c, call_fail(c, ST_DENIED, "", "The shared parameters are of another nation. Get the right anchor from the operator."), STR("malformed_global_conf"));
    d->expires_ms = s->expires_ms;
    d->location = str_copy(d->arena, file->location);
    *ret = d;
    d = NULL;
    return ST_OK;
}

/* note_clock: the operator's. */
static void note_clock(struct call *c, const struct client_answer *answer)
{
    struct exchange *ex = exchange__of(c);
    int64_t ahead_ms;
    if (!clock__ahead(answer, &ahead_ms)) return;
    (void)pthread_mutex_lock(&ex->lock);
    ex->sync.ahead_ms = ahead_ms;
    ex->sync.has_clock = true;
    (void)pthread_mutex_unlock(&ex->lock);
}

/* note_sync: how the last attempt went, for exchange_directory_state. */
static void note_sync(struct call *c, enum status st)
{
    struct exchange *ex = exchange__of(c);
    struct call_error e = call_sentence(c, st);
    int64_t now = time_now_ms();
    (void)pthread_mutex_lock(&ex->lock);
    struct sync_state *s = &ex->sync;
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

static enum status fetch(struct call *c, struct str url, struct str *ret, int *ret_status)
{
    struct client_request rq = { .method = STR("GET"), .url = url, .connect_ms = FETCH_CONNECT_MS, .total_ms = FETCH_TOTAL_MS, .max_answer = DIRECTORY_MAX };
    struct client_answer answer;
    TRY(client_fetch(c, &rq, &answer));
    note_clock(c, &answer);
    *ret_status = answer.status;
    *ret = answer.body;
    return ST_OK;
}

/* fetch_document: the newest version that the operator offers, from 6 downwards (404: not offered). */
static enum status fetch_document(struct call *c, struct str source, struct str *ret)
{
    int status = 404;
    for (int version = 6; version >= 2 && status == 404; version--)
        TRY(fetch(c, str_print(c->arena, "%.*s?version=%d", STR_ARG(source), version), ret, &status));
    if (status == 200) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The operator's node gives no directory. Check that it runs and has published one.");
}

static enum status fetch_params(struct call *c, struct str source, const struct signed_file *file, struct str *ret)
{
    struct url at;
    int status;
    if (file_exists(c, stored_path(c, "shared-params.xml"))) {
        if (file_read(c, stored_path(c, "shared-params.xml"), DIRECTORY_MAX, ret) == ST_OK && str_eq(trust_digest(c->arena, file->alg, *ret), file->digest)) return ST_OK;
        call_clear(c);
    }
    if (!url_parse(source, &at)) return call_fault(c, call_fail(c, ST_INVALID, "", "The configuration anchor is malformed. Get it again from the operator."), STR("malformed_anchor"));
    TRY(fetch(c, str_print(c->arena, "%.*s://%.*s:%d%.*s", STR_ARG(at.scheme), STR_ARG(at.host), at.port, STR_ARG(file->location)), ret, &status));
    if (status == 200) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The operator's node does not give out the shared parameters that its directory names. Try again in a minute.");
}

/* is_older: it ends before the one at hand and was not published after it. (An operator may let the directory end sooner; nobody else can make the newer path.) */
static bool is_older(const struct signed_directory *s, const struct signed_file *file, const struct directory *before)
{
    bool published_after = file->location.n == before->location.n && str_cmp(file->location, before->location) > 0;
    return s->expires_ms < before->expires_ms && !published_after;
}

/* keep: what was found good stays, on disk and in use; without it the way is only tried. */
static enum status sync_source(struct call *c, struct exchange *ex, const struct anchor_source *source, bool keep)
{
    struct str document, xml;
    struct signed_directory s;
    const struct signed_file *file;
    const struct str *certs;
    DIRECTORY before = directory__hold_any(ex);
    DIRECTORY fresh = NULL;
    size_t ncerts = collect_certs(c, source, before, &certs);
    TRY(fetch_document(c, source->url, &document));
    TRY(directory__read_signed(c, document, &s));
    TRY(directory__verify(c, &s, ex->instance, certs, ncerts, &file));
    TRY(fetch_params(c, source->url, file, &xml));
    TRY(take_params(c, &s, file, xml, &fresh));
    if (before && is_older(&s, file, before)) return ST_OK; /* an older document played again: the newer one stays */
    if (!keep) return ST_OK;
    TRY(file_write(c, stored_path(c, "shared-params.xml"), xml, 0644));
    TRY(file_write(c, stored_path(c, "directory"), document, 0644));
    if (!before || !str_eq(before->version_digest, fresh->version_digest))
        log_line(LOG_INFO, "exchange", "directory.changed", c->trace, log_int("members", (int64_t)fresh->nmembers), log_int("servers", (int64_t)fresh->nservers));
    directory__swap_in(ex, fresh);
    fresh = NULL;
    return ST_OK;
}

static enum status sync_any(struct call *c, struct exchange *ex, bool keep)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < ex->anchor.nsources; i++) {
        call_clear(c);
        st = sync_source(c, ex, &ex->anchor.sources[i], keep);
        if (st == ST_OK) break;
    }
    note_sync(c, st);
    return st;
}

enum status directory__try(struct call *c) { return sync_any(c, exchange__of(c), false); }

enum status directory__sync(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    if (!ex->has_anchor || c->now_ms < ex->next_sync_ms) return ST_OK;
    enum status st = sync_any(c, ex, true);
    /* After a failure it is tried again at the next turn of the job, two seconds later. */
    if (st == ST_OK) ex->next_sync_ms = c->now_ms + 1000 * config_count(c->app->config, "exchange.directory_s");
    return st;
}

enum status directory__load_stored(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    struct str document, xml;
    struct signed_directory s;
    const struct signed_file *file;
    if (!ex->has_anchor || !file_exists(c, stored_path(c, "directory"))) return ST_OK;
    TRY(file_read(c, stored_path(c, "directory"), DIRECTORY_MAX, &document));
    TRY(file_read(c, stored_path(c, "shared-params.xml"), DIRECTORY_MAX, &xml));
    TRY(directory__read_signed(c, document, &s));
    for (size_t i = 0; i < ex->anchor.nsources; i++) {
        DIRECTORY d = NULL;
        call_clear(c);
        if (directory__verify(c, &s, ex->instance, ex->anchor.sources[i].certs, ex->anchor.sources[i].ncerts, &file) != ST_OK) continue;
        TRY(take_params(c, &s, file, xml, &d));
        directory__swap_in(ex, d);
        d = NULL;
        return ST_OK;
    }
    return ST_UNAVAILABLE;
}
