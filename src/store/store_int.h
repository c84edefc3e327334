/* store_int.h: shared by the files of this room. A driver (sqlite.c, postgres.c) knows one database program; db.c, group.c and the rest know
 * none. A connection belongs to one thread at a time: a worker's session, or whoever holds the writer. */
#ifndef SEN_STORE_INT_H
#define SEN_STORE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/gate.h"
#include "store/db.h"

enum { DATABASES = 2, VALUES_MAX = 256, READERS_MAX = 4, LENT_MAX = 256, LENT_LEAST = 2 };

/* What a connection is for. READER refuses to write. WRITER: the only one that writes this database, with a savepoint for each transaction.
 * WORKER (PostgreSQL NODE): a worker's own, reads outside a transaction and writes SERIALIZABLE inside. */
enum conn_role { CONN_READER, CONN_WRITER, CONN_WORKER };

struct db_conn {
    const struct driver *driver;
    struct store *store;
    enum db_which in;
    enum conn_role role;
    int open_cursors;   /* statements that hold this connection's picture of the database */
    int64_t seen;       /* commits of the session when the first of them began */
    bool retry;         /* the last failure may go away when the whole transaction is run again */
};

/* A statement that runs; the driver's own struct starts with it. Lives in the call's arena. */
struct db_cursor { struct db_conn *conn; };

enum db_step { STEP_BEGIN, STEP_SAVE, STEP_RELEASE, STEP_UNDO, STEP_COMMIT, STEP_ROLLBACK, STEP_VIEW };

/* Every function that fails has told its cause by call_note; ST_UNAVAILABLE also has its sentence. */
struct driver {
    const char *id_column, *clustered, *blob;  /* what the tokens {id} {clustered} {blob} mean */
    enum status (*open)(struct call *c, struct store *s, enum db_which in, enum conn_role role, struct db_conn **ret);
    void (*close)(struct db_conn *conn);
    enum status (*script)(struct call *c, struct db_conn *conn, const char *sql);   /* several statements, no values, no rows */
    enum status (*step)(struct call *c, struct db_conn *conn, enum db_step step);
    bool (*has_tx)(struct db_conn *conn);      /* false when the database has thrown the transaction away by itself */
    enum status (*check)(struct call *c, struct db_conn *conn, const struct query *q);
    /* start runs the statement to its first row; next answers whether there is a row now (the first call: that first one). */
    enum status (*start)(struct call *c, struct db_conn *conn, const struct query *q, const struct db_value *values, size_t n, struct db_cursor **ret);
    enum status (*next)(struct call *c, struct db_cursor *cursor, bool *row);
    void (*done)(struct db_cursor *cursor);
    int64_t (*changed)(const struct db_cursor *cursor);
    int64_t (*col_int)(const struct db_cursor *cursor, int col);
    struct str (*col_text)(struct call *c, const struct db_cursor *cursor, int col);
    struct str (*col_bytes)(struct call *c, const struct db_cursor *cursor, int col);
    bool views;                                /* reads cost less inside STEP_VIEW .. STEP_ROLLBACK on a READER */
    void (*detach)(struct db_conn *conn);      /* the transaction ends: no statement may hold the connection longer; NULL where none does */
    void (*tidy)(struct db_conn *conn);        /* after a commit, when those who waited for it were told; NULL where nothing is to be done */
    enum status (*next_id)(struct call *c, struct db_conn *conn, const char *counter, int64_t *ret); /* NULL: count in the table */
};
extern const struct driver store__sqlite, store__postgres;

/* sqlite_wal.c: the name of a VFS that joins what is written to the -wal file; for a connection that syncs at every commit. Registered once, before the first of them. */
extern const char store__sqlite_wal[];
void store__sqlite_wal_register(void);
/* store__sqlite_wal_forget: what is not yet written of a transaction that was undone; before each transaction, after each that is undone, and before the connection ends. */
struct sqlite3;
void store__sqlite_wal_forget(struct sqlite3 *db);

/* sqlite_tidy.c: keeps the -wal file small. store__sqlite_tidy: after each commit of the writer, by who holds it; pages: in that file now. */
struct tidier;
struct tidier *store__sqlite_tidier_new(const char *path);
void store__sqlite_tidy(struct tidier *t, struct sqlite3 *writer, int pages);
void store__sqlite_tidier_free(struct tidier *t); /* before the writer's connection ends */

/* What to do when a transaction does not reach the disk; newest first, in the arena of its call. */
struct undo { struct undo *next; void (*run)(void *arg); void *arg; };
void store__undo(const struct undo *list);

/* A transaction that waits for the commit of its group, or a change that waits for somebody to run it; on the stack of the thread that sleeps. */
struct member {
    struct member *next;                             /* in the queue: the one that came after it */
    struct member *older;                            /* in the group */
    struct call *call; db_change *change; void *arg; /* of a change */
    const struct undo *undo;
    struct call_error error;                         /* of a change: as it was before it ran; of one that failed by itself: why */
    enum status result;
    bool settled, refused;                           /* refused: a change that was undone alone */
    struct gate wake;                                /* settled; or, before that: the writer is yours */
};

/* What the transactions of a group have in common (db_common); in use from the first transaction of a group that asks. saved: as it was before the savepoint that is open. */
struct common { struct common *next; const struct db_common_kind *kind; bool used, was_used; char *bytes, *saved; };

struct writer_turn { struct gate gate; struct writer_turn *next; };

/* The one writer of a database and the group of transactions that its next commit will carry (group.c). */
struct writer {
    pthread_mutex_t lock;            /* guards what follows */
    bool held;                       /* by a transaction or by the commit itself; the holder alone touches what stands below the queue */
    struct writer_turn *turns, **last_turn; /* transactions that wait for theirs, oldest first */
    struct member *queue, **last;    /* changes that wait to be run, oldest first */
    struct db_conn *conn;
    bool open;                       /* a group has begun */
    int64_t began_us;
    struct member *members;          /* newest first */
    struct common *commons;
};
void store__writer_init(struct writer *w);
void store__writer_done(struct writer *w);
/* store__commit: while it waits for the disk, others of this thread go on. */
NODISCARD enum status store__commit(struct call *c, struct db_conn *conn);
NODISCARD enum status store__group_enter(struct call *c, struct writer *w);
/* store__group_keep: the holder's transaction is complete; answers when the commit that holds it is on disk. store__group_undo: it is not. */
NODISCARD enum status store__group_keep(struct call *c, struct writer *w, const struct undo *undo);
void store__group_undo(struct call *c, struct writer *w, const struct undo *undo);
/* store__group_append: see db_append. store__change (db.c): run change as a transaction of the session of c; *undo also on failure. */
NODISCARD enum status store__group_append(struct call *c, struct writer *w, db_change *change, void *arg);
NODISCARD enum status store__change(struct call *c, enum db_which in, db_change *change, void *arg, const struct undo **undo);

/* common.c: by the holder of the writer. save and restore: at a savepoint and when it is undone. flush: before the commit. forget: the group is over. */
void *store__common(struct writer *w, const struct db_common_kind *kind, bool *ret_fresh);
void store__common_save(struct writer *w);
void store__common_restore(struct writer *w);
NODISCARD enum status store__common_flush(struct call *c, struct writer *w);
void store__common_forget(struct writer *w);
void store__common_done(struct writer *w);

/* Connections that nobody uses just now; the one that was used last is lent first: its statements and pages are warm. Those that nobody wanted for a while are closed:
 * idle counts how many were never lent since swept_us. */
struct pool { struct db_conn *list[LENT_MAX]; size_t n, idle; int64_t swept_us; };

struct counts { _Atomic int64_t commits, groups, rows, waits_us, revived; };

struct made_query { struct made_query *next; struct query query; };
struct topic { struct topic *next; struct str name; struct turnstile one; bool made; /* inside: its sequence stands in the database */ };

struct store {
    const struct driver *driver;
    struct str place;                 /* SQLite: the folder; PostgreSQL: the URL. NUL-terminated on the heap */
    bool fleeting;                    /* for tests: no waiting for the disk, removed at the end */
    bool grouped[DATABASES];          /* written through writers[]; else by each worker's own connection */
    struct writer writers[DATABASES];
    struct counts counts;
    pthread_mutex_t lock;             /* guards the pools and lists below */
    struct pool readers[DATABASES], workers;
    struct made_query *queries;
    struct topic *topics;
    struct topic *counters;           /* PostgreSQL sequences */
};

/* A session: what one worker holds; made at its first statement, kept over call_renew, given back by store_release. */
struct tx_state { bool open; enum status failed; struct undo *undo; };
struct gathered { struct gathered *next; db_change *change; void *arg; };   /* in the arena of the call */
struct db_session {
    struct store *store;
    struct db_conn *readers[DATABASES][READERS_MAX];
    struct db_conn *worker;           /* PostgreSQL NODE */
    struct tx_state tx[DATABASES];
    bool gathers;                     /* between db_gather and db_settle */
    struct gathered *gathered, **last;
    int64_t commits[DATABASES];       /* of this session; a reader's older picture is not used after one */
};

extern const struct schema store_schema;

NODISCARD enum status store__session(struct call *c, struct db_session **ret);
/* store__reader, store__worker: a connection of the session, opened when first needed. */
NODISCARD enum status store__reader(struct call *c, struct db_session *ses, enum db_which in, struct db_conn **ret);
NODISCARD enum status store__worker(struct call *c, struct db_session *ses, struct db_conn **ret);

/* store__run_on: as db_run_values on a given connection. */
struct db_rows store__run_on(struct call *c, struct db_conn *conn, const struct query *q, const struct db_value *values, size_t n);

/* store__migrate: brings one database to the newest version of every schema, all steps in one transaction. conn: a WRITER nobody else uses. */
NODISCARD enum status store__migrate(struct call *c, struct db_conn *conn, const struct schema *const *schemas);
/* store__fill_tokens: {id} {clustered} {blob} in the words of the driver; NUL-terminated. */
NODISCARD enum status store__fill_tokens(struct call *c, const struct driver *d, struct str sql, const char **ret);

/* store__known: the entry of this name in a list of the store, made when it is new. */
struct topic *store__known(struct store *s, struct topic **list, struct str name);

/* Prepared statements of one connection, found by the address of their query (cache.c). A driver's entry starts with it. */
struct cached { struct cached *next; const struct query *query; };
enum { CACHE_SLOTS = 256 };
struct cache { struct cached *slots[CACHE_SLOTS]; };
struct cached **store__cache_slot(struct cache *cache, const struct query *q);

/* store__create: the command `store create URL` (create.c). */
struct args;
NODISCARD enum status store__create(struct call *c, const struct args *args);

#endif
