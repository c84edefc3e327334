/* store.c: opening and closing both databases, the connections of workers, figures, and what the room tells the program about itself. */
#include "store/store_int.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

/* --- open, close --- */

static struct store *store_new(const struct driver *d, struct str place)
{
    struct store *s = heap_new(struct store);
    s->driver = d;
    s->place = heap_copy(place);
    s->grouped[LOG] = true;
    s->grouped[NODE] = d == &store__sqlite;
    (void)pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < DATABASES; i++) store__writer_init(&s->writers[i]);
    return s;
}

/* open_one: a WRITER migrates the database; it stays as the writer where there is only one. */
static enum status open_one(struct call *c, struct store *s, enum db_which in, const struct schema *const *schemas)
{
    struct db_conn *conn;
    TRY(s->driver->open(c, s, in, CONN_WRITER, &conn));
    enum status st = store__migrate(c, conn, schemas);
    if (s->grouped[in]) s->writers[in].conn = conn;
    else s->driver->close(conn);
    return st;
}

static enum status open_both(struct call *c, struct store *s, const struct schema *const *schemas, struct store **ret)
{
    enum status st = open_one(c, s, NODE, schemas);
    if (st == ST_OK) st = open_one(c, s, LOG, schemas);
    if (st != ST_OK) {
        store_close(s);
        return st;
    }
    *ret = s;
    return ST_OK;
}

enum status store_open(struct call *c, struct str url, const struct schema *const *schemas, struct store **ret)
{
    struct str lite = STR("sqlite:");
    if (str_starts(url, lite) && str_starts(str_skip(url, lite.n), STR("/")))
        return open_both(c, store_new(&store__sqlite, str_skip(url, lite.n)), schemas, ret);
    if (str_starts(url, STR("postgresql://")) || str_starts(url, STR("postgres://")))
        return open_both(c, store_new(&store__postgres, url), schemas, ret);
    return call_fail(c, ST_INVALID, "store.url", "Write the database as sqlite:/absolute/folder or postgresql://user@host/name.");
}

/* store_open_memory: real files, since SQLite's memory databases lock differently; in memory where the system has such a folder. */
enum status store_open_memory(struct call *c, const struct schema *const *schemas, struct store **ret)
{
    static const char *const places[] = { "/dev/shm/sen-test-XXXXXX", "/tmp/sen-test-XXXXXX" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *folder = str_to_z(c->arena, str_z(places[i]));
        if (!mkdtemp(folder)) continue;
        struct store *s = store_new(&store__sqlite, str_z(folder));
        s->fleeting = true;
        return open_both(c, s, schemas, ret);
    }
    return call_fail(c, ST_UNAVAILABLE, "", "No folder for a test database can be made in /dev/shm or /tmp.");
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) return;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.') (void)unlinkat(dirfd(dir), e->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(path);
}

static void free_names(struct topic *list)
{
    for (struct topic *t = list, *next; t; t = next) {
        next = t->next;
        turnstile_done(&t->one);
        heap_drop(t->name);
        heap_free(t);
    }
}

static void empty_pool(struct pool *p)
{
    while (p->n) {
        struct db_conn *conn = p->list[--p->n];
        conn->driver->close(conn);
    }
}

void store_close(struct store *s)
{
    if (!s) return;
    for (int i = 0; i < DATABASES; i++) {
        empty_pool(&s->readers[i]);
        store__writer_done(&s->writers[i]);
    }
    empty_pool(&s->workers);
    if (s->fleeting) remove_folder(s->place.p);
    for (struct made_query *q = s->queries, *next; q; q = next) {
        next = q->next;
        heap_free((char *)(uintptr_t)q->query.sql);
        heap_free(q);
    }
    free_names(s->topics);
    free_names(s->counters);
    (void)pthread_mutex_destroy(&s->lock);
    heap_drop(s->place);
    heap_free(s);
}

/* --- sessions --- */

enum status store__session(struct call *c, struct db_session **ret)
{
    if (!c->db) {
        if (!c->app || !c->app->store) {
            call_note(c, "store", "no database is open");
            return ST_BROKEN;
        }
        c->db = heap_new(struct db_session);
        c->db->store = c->app->store;
    }
    *ret = c->db;
    return ST_OK;
}

static struct db_conn *borrow(struct store *s, struct pool *p)
{
    (void)pthread_mutex_lock(&s->lock);
    struct db_conn *conn = p->n ? p->list[--p->n] : NULL;
    if (p->n < p->idle) p->idle = p->n;
    (void)pthread_mutex_unlock(&s->lock);
    return conn;
}

/* sweep: takes the connection that was lent longest ago out of the pool when some were idle for all of a period; one at a time. The lock is held. */
static struct db_conn *sweep(struct pool *p)
{
    enum { PERIOD_US = 2000000 };
    int64_t now = time_monotonic_us();
    if (now - p->swept_us < PERIOD_US) return NULL;
    struct db_conn *oldest = p->idle > LENT_LEAST ? p->list[0] : NULL;
    if (oldest) memmove(p->list, p->list + 1, --p->n * sizeof *p->list);
    if (!oldest || --p->idle <= LENT_LEAST) {
        p->swept_us = now;
        p->idle = p->n;
    }
    return oldest;
}

static void lend(struct store *s, struct pool *p, struct db_conn **conn)
{
    if (!*conn || (*conn)->open_cursors) return;
    (void)pthread_mutex_lock(&s->lock);
    bool kept = p->n < LENT_MAX;
    if (kept) p->list[p->n++] = *conn;
    struct db_conn *old = kept ? sweep(p) : *conn;
    (void)pthread_mutex_unlock(&s->lock);
    if (old) old->driver->close(old);
    *conn = NULL;
}

void store_rest(struct call *c)
{
    struct db_session *ses = c->db;
    if (!ses) return;
    for (int in = 0; in < DATABASES; in++)
        for (int i = 0; i < READERS_MAX; i++) lend(ses->store, &ses->store->readers[in], &ses->readers[in][i]);
    if (!ses->tx[NODE].open) lend(ses->store, &ses->store->workers, &ses->worker);
}

/* store__reader: one whose picture of the database is not older than this session's last commit: a loop over rows must not hide
 * from the statements inside it what they committed. */
enum status store__reader(struct call *c, struct db_session *ses, enum db_which in, struct db_conn **ret)
{
    for (int i = 0; i < READERS_MAX; i++) {
        struct db_conn **conn = &ses->readers[in][i];
        if (!*conn) *conn = borrow(ses->store, &ses->store->readers[in]);
        if (!*conn) TRY(ses->store->driver->open(c, ses->store, in, CONN_READER, conn));
        if ((*conn)->open_cursors && (*conn)->seen != ses->commits[in]) continue;
        *ret = *conn;
        return ST_OK;
    }
    call_note(c, "store", "more than %d loops over rows, each with a commit inside", READERS_MAX);
    return ST_BROKEN;
}

enum status store__worker(struct call *c, struct db_session *ses, struct db_conn **ret)
{
    if (!ses->worker) ses->worker = borrow(ses->store, &ses->store->workers);
    if (!ses->worker) TRY(ses->store->driver->open(c, ses->store, NODE, CONN_WORKER, &ses->worker));
    *ret = ses->worker;
    return ST_OK;
}

void store_release(struct call *c)
{
    struct db_session *ses = c->db;
    if (!ses) return;
    store_rest(c);
    const struct driver *d = ses->store->driver;
    for (int in = 0; in < DATABASES; in++)
        for (int i = 0; i < READERS_MAX; i++)
            if (ses->readers[in][i]) d->close(ses->readers[in][i]);
    if (ses->worker) d->close(ses->worker);
    heap_free(ses);
    c->db = NULL;
}

/* --- statements made at run time, names, checks --- */

const struct query *db_query_new(struct store *s, const char *room, enum db_which in, struct str sql)
{
    struct made_query *q = heap_new(struct made_query);
    q->query = (struct query){ room, heap_copy(sql).p, in };
    (void)pthread_mutex_lock(&s->lock);
    q->next = s->queries;
    s->queries = q;
    (void)pthread_mutex_unlock(&s->lock);
    return &q->query;
}

struct topic *store__known(struct store *s, struct topic **list, struct str name)
{
    (void)pthread_mutex_lock(&s->lock);
    struct topic *t = *list;
    while (t && !str_eq(t->name, name)) t = t->next;
    if (!t) {
        t = heap_new(struct topic);
        t->name = heap_copy(name);
        turnstile_init(&t->one, 1);
        t->next = *list;
        *list = t;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return t;
}

static bool has_word(struct str sql, struct str word) { return str_find(sql, word) != SIZE_MAX; }

static enum status check_one(struct call *c, struct db_session *ses, const struct query *q)
{
    struct db_conn *conn;
    struct str sql = str_z(q->sql);
    if (has_word(sql, STR("::")) || has_word(sql, STR(" LIKE "))) return ST_BROKEN;
    TRY(ses->store->grouped[q->in] ? store__reader(c, ses, q->in, &conn) : store__worker(c, ses, &conn));
    return conn->driver->check(c, conn, q);
}

enum status store_check(struct call *c, const struct query *const *queries)
{
    struct db_session *ses;
    TRY(store__session(c, &ses));
    enum status st = ST_OK;
    for (; *queries; queries++) {
        enum status one = check_one(c, ses, *queries);
        if (one == ST_OK) continue;
        st = call_fail(c, one, "", "A statement of the room %s does not fit the database: %s", str_z((*queries)->room), str_z((*queries)->sql));
    }
    return st;
}

struct store_figures store_figures(const struct store *s)
{
    const struct counts *n = &s->counts;
    return (struct store_figures){ atomic_load(&n->commits), atomic_load(&n->groups), atomic_load(&n->rows), atomic_load(&n->waits_us) };
}

static const struct setting settings[] = {
    { "store.url", SETTING_TEXT, "sqlite:data", "", "Where the two databases are: sqlite: and a folder (relative to the node's), or postgresql://user@host/name for name_node and name_log.", false },
    { 0 },
};

static const struct option create_options[] = { { OPTION_OPERAND, "URL", NULL, "postgresql://user@host/name: name_node and name_log are made.", true },
                                                { .kind = OPTION_END } };
static const struct command commands[] = {
    { "store create", "Makes the two databases of a node on a PostgreSQL server.", create_options, store__create, COMMAND_FREE },
    { 0 },
};

const struct module store_module = { .name = "store", .schema = &store_schema, .settings = settings, .commands = commands };
