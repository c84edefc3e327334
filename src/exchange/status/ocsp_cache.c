/* ocsp_cache.c: status answers at hand: our own, which go with each message and out of port 5577, and those of peers. They outlive a restart in a table, so that a node that
 * starts while the status service is away goes on as long as the rules allow (x-road 3.5). An answer that says "revoked" is kept like any other: it is for who judges to see. */
#include "exchange/status/ocsp_int.h"

#include "base/config.h"
#include "base/time.h"
#include "exchange/message/message.h"
#include "store/db.h"

enum { ROWS_MAX = 512, CERT_MAX = 16 * 1024, RETRY_MS = 1000, RETRY_DOUBLINGS = 6, RETRY_MOST_S = 30, TAKEN_MS = 60000, STORE_AT_ONCE = 16 };
#define IDLE_MS ((int64_t)86400 * 1000)

struct row {
    struct str cert, instance, answer, where, fault; /* on the heap */
    int64_t used_ms, fetched_ms, until_ms, due_ms, failing_since_ms, stored_until_ms;
    struct status_times says;
    enum status_trouble trouble;
    int failures;
};
struct ocsp_cache { pthread_mutex_t lock; struct row rows[ROWS_MAX]; size_t n; };

struct ocsp_cache *ocsp__cache_new(void)
{
    struct ocsp_cache *k = heap_new(struct ocsp_cache);
    (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

static void heap_set(struct str *at, struct str text)
{
    struct str old = *at;
    *at = heap_copy(text);
    heap_drop(old);
}

static void empty_row(struct row *r)
{
    heap_drop(r->cert);
    heap_drop(r->instance);
    heap_drop(r->answer);
    heap_drop(r->where);
    heap_drop(r->fault);
    *r = (struct row){ 0 };
}

void ocsp__cache_free(struct ocsp_cache *k)
{
    if (!k) return;
    for (size_t i = 0; i < k->n; i++) empty_row(&k->rows[i]);
    (void)pthread_mutex_destroy(&k->lock);
    heap_free(k);
}

/* ---- rows; the lock is held ---- */

static struct row *find_row(struct ocsp_cache *k, struct str cert)
{
    for (size_t i = 0; i < k->n; i++)
        if (str_eq(k->rows[i].cert, cert)) return &k->rows[i];
    return NULL;
}

/* row_for: the row of this certificate, a free one, or the one that was not used for longest. */
static struct row *row_for(struct ocsp_cache *k, struct str cert, struct str instance, int64_t now_ms)
{
    struct row *r = find_row(k, cert);
    if (r) return r;
    if (k->n < ROWS_MAX) {
        r = &k->rows[k->n++];
    } else {
        r = &k->rows[0];
        for (size_t i = 1; i < ROWS_MAX; i++)
            if (k->rows[i].used_ms < r->used_ms) r = &k->rows[i];
    }
    empty_row(r);
    heap_set(&r->cert, cert);
    heap_set(&r->instance, instance);
    r->used_ms = now_ms;
    return r;
}

static int64_t status_ms(const struct call *c) { return 1000 * config_count(c->app->config, "exchange.status_s"); }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/* facts_of: cert: the certificate as the call holds it. */
static struct status_facts facts_of(struct call *c, const struct row *r, struct str cert)
{
    struct arena *a = c->arena;
    struct str answer = r->until_ms > c->now_ms ? str_copy(a, r->answer) : STR("");
    return (struct status_facts){ cert, str_copy(a, r->instance), answer, str_copy(a, r->where), str_copy(a, r->fault), r->fetched_ms,
                                  r->until_ms, r->failing_since_ms, r->says, r->trouble, r->due_ms <= c->now_ms };
}

/* ---- what others ask and tell ---- */

bool ocsp__look(struct call *c, struct str cert, struct status_facts *ret)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    *ret = (struct status_facts){ .is_due = true };
    (void)pthread_mutex_lock(&k->lock);
    struct row *r = find_row(k, cert);
    if (r) {
        r->used_ms = c->now_ms;
        *ret = facts_of(c, r, cert);
    }
    (void)pthread_mutex_unlock(&k->lock);
    return r != NULL;
}

enum status ocsp__keep(struct call *c, struct str cert, struct str instance, struct str answer, int64_t fresh_s)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    struct status_times says;
    if (cert.n > CERT_MAX || answer.n > OCSP_ANSWER_MAX) return ST_TOO_LARGE;
    TRY(ocsp_times(c, answer, &says.from_ms, &says.to_ms));
    int64_t until_ms = least(says.to_ms, says.from_ms + 1000 * fresh_s);
    (void)pthread_mutex_lock(&k->lock);
    struct row *r = row_for(k, cert, instance, c->now_ms);
    heap_set(&r->answer, answer);
    r->says = says;
    r->fetched_ms = c->now_ms;
    r->until_ms = until_ms;
    r->due_ms = c->now_ms + most(RETRY_MS, least(status_ms(c), (until_ms - c->now_ms) / 2));
    r->failing_since_ms = 0;
    r->failures = 0;
    r->trouble = TROUBLE_NONE;
    (void)pthread_mutex_unlock(&k->lock);
    return ST_OK;
}

struct status_facts ocsp__note_failure(struct call *c, struct str cert, struct str instance, struct str where, enum status_trouble trouble, struct str fault)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    if (cert.n > CERT_MAX) return (struct status_facts){ .instance = instance, .where = where, .fault = fault, .trouble = trouble, .failing_since_ms = c->now_ms };
    (void)pthread_mutex_lock(&k->lock);
    struct row *r = row_for(k, cert, instance, c->now_ms);
    heap_set(&r->where, where);
    heap_set(&r->fault, fault);
    if (!r->failing_since_ms) r->failing_since_ms = c->now_ms;
    if (r->failures < RETRY_DOUBLINGS) r->failures++;
    r->trouble = trouble;
    r->due_ms = c->now_ms + most(RETRY_MS, least((int64_t)RETRY_MS << r->failures, least(status_ms(c), 1000 * RETRY_MOST_S)));
    struct status_facts f = facts_of(c, r, cert);
    (void)pthread_mutex_unlock(&k->lock);
    return f;
}

bool ocsp__take_due(struct call *c, struct status_facts *ret)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    struct row *first = NULL;
    (void)pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->n; i++) {
        struct row *r = &k->rows[i];
        if (!r->instance.n || r->due_ms > c->now_ms || r->used_ms + IDLE_MS < c->now_ms) continue;
        if (!first || r->due_ms < first->due_ms) first = r;
    }
    if (first) {
        *ret = facts_of(c, first, str_copy(c->arena, first->cert));
        first->due_ms = c->now_ms + TAKEN_MS; /* until it is told how it went */
    }
    (void)pthread_mutex_unlock(&k->lock);
    return first != NULL;
}

void ocsp__drop(struct call *c, struct str cert)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    (void)pthread_mutex_lock(&k->lock);
    struct row *r = find_row(k, cert);
    if (r) {
        empty_row(r);
        *r = k->rows[--k->n];
        k->rows[k->n] = (struct row){ 0 };
    }
    (void)pthread_mutex_unlock(&k->lock);
}

/* ---- on disk ---- */

static const struct query DELETE_STATUS = { "exchange", "DELETE FROM exchange_status WHERE hash = $1", NODE };
static const struct query INSERT_STATUS = { "exchange",
    "INSERT INTO exchange_status (hash, instance, cert, answer, fetched_ms, until_ms) VALUES ($1, $2, $3, $4, $5, $6)", NODE };
static const struct query DELETE_ENDED = { "exchange", "DELETE FROM exchange_status WHERE until_ms <= $1", NODE };
static const struct query LIST_STATUS = { "exchange",
    "SELECT instance, cert, answer, fetched_ms, until_ms FROM exchange_status WHERE until_ms > $1 ORDER BY until_ms DESC LIMIT $2", NODE };

struct writing { struct status_facts rows[STORE_AT_ONCE]; size_t n; };

static enum status write_rows(struct call *c, struct db_tx *tx, void *arg)
{
    const struct writing *w = arg;
    (void)tx;
    for (size_t i = 0; i < w->n; i++) {
        const struct status_facts *f = &w->rows[i];
        struct str hash = trust_digest(c->arena, DIGEST_SHA256, f->cert);
        TRY(db_exec(c, &DELETE_STATUS, db_bytes(hash)));
        TRY(db_exec(c, &INSERT_STATUS, db_bytes(hash), db_text(f->instance), db_bytes(f->cert), db_bytes(f->answer), db_int(f->fetched_ms), db_int(f->until_ms)));
    }
    return db_exec(c, &DELETE_ENDED, db_int(c->now_ms));
}

/* is_worth_storing: what is on disk covers less than half of the time that the answer at hand still covers. */
static bool is_worth_storing(const struct row *r, int64_t now_ms) { return r->until_ms > now_ms && r->stored_until_ms < now_ms + (r->until_ms - now_ms) / 2; }

enum status ocsp__store(struct call *c)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    struct writing w = { 0 };
    (void)pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->n && w.n < STORE_AT_ONCE; i++) {
        if (!is_worth_storing(&k->rows[i], c->now_ms)) continue;
        w.rows[w.n++] = facts_of(c, &k->rows[i], str_copy(c->arena, k->rows[i].cert));
        k->rows[i].stored_until_ms = k->rows[i].until_ms; /* a disk that fails now is tried with the next answer */
    }
    (void)pthread_mutex_unlock(&k->lock);
    return w.n ? db_atomic(c, write_rows, &w) : ST_OK;
}

enum status ocsp__load(struct call *c)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    DB_ROWS rows = db_run(c, &LIST_STATUS, db_int(c->now_ms), db_int(ROWS_MAX));
    while (db_next(&rows)) {
        struct status_times says;
        struct str answer = db_col_bytes(&rows, 2);
        if (ocsp_times(c, answer, &says.from_ms, &says.to_ms) != ST_OK) {
            call_clear(c); /* damaged: it is asked for anew */
            continue;
        }
        (void)pthread_mutex_lock(&k->lock);
        struct row *r = row_for(k, db_col_bytes(&rows, 1), db_col_text(&rows, 0), c->now_ms);
        heap_set(&r->answer, answer);
        r->says = says;
        r->fetched_ms = db_col_int(&rows, 3);
        r->until_ms = r->stored_until_ms = db_col_int(&rows, 4);
        (void)pthread_mutex_unlock(&k->lock);
    }
    return db_finish(&rows);
}
