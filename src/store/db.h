/* db.h: one SQL API over SQLite and PostgreSQL. Statements are constants, prepared once a connection, with values bound by type.
 * A node has two databases: NODE holds what is true, LOG is append-only (design 4). The contract for SQL that runs on both:
 * BIGINT, TEXT, BYTEA; parameters $1 bound by name; no `::`, no LIKE, no reliance on NULL order; an open end is TIME_FAR, never NULL. */
#ifndef SEN_STORE_DB_H
#define SEN_STORE_DB_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"

enum db_which { NODE, LOG };

/* A statement: the room it belongs to (tools/floors checks that it names only that room's tables), its database, its text. */
struct query { const char *room; const char *sql; enum db_which in; };

struct db_value { enum { DB_INT, DB_TEXT, DB_BYTES, DB_NULL } kind; int64_t number; struct str bytes; };
static inline struct db_value db_int(int64_t v) { return (struct db_value){ DB_INT, v, { NULL, 0 } }; }
static inline struct db_value db_text(struct str v) { return (struct db_value){ DB_TEXT, 0, v }; }
static inline struct db_value db_bytes(struct str v) { return (struct db_value){ DB_BYTES, 0, v }; }

struct db_rows { struct call *call; const struct query *query; void *cursor; enum status status; int64_t changed; bool open; };
#define DB_ROWS __attribute__((cleanup(db_rows_done))) struct db_rows
void db_rows_done(struct db_rows *r);

/* db_run: start a statement. Nothing is checked here; the first failure stands in the rows and comes out of db_next/db_finish.
 *   DB_ROWS rows = db_run(c, &FIND_PARCEL, db_text(number));
 *   while (db_next(&rows)) use(db_col_int(&rows, 0), db_col_text(&rows, 1));
 *   TRY(db_finish(&rows));
 * Outside a transaction NODE and LOG are read on a reader connection; a statement that writes needs db_begin first (ST_BROKEN else).
 * A failed constraint is ST_CONFLICT (silently: the room knows the sentence), a full disk or lost connection ST_UNAVAILABLE, a wrong statement
 * ST_BROKEN, a text that is not UTF-8 or holds a NUL ST_INVALID. After a failure in a transaction every further statement and db_commit answer the
 * same failure: it can only be undone. The statement runs at once; bytes bound to it need not live longer than this line. */
#define db_run(c, q, ...) db_run_(c, q, (const struct db_value[]){ { 0 }, __VA_ARGS__ }, sizeof((const struct db_value[]){ { 0 }, __VA_ARGS__ }) / sizeof(struct db_value) - 1)
struct db_rows db_run_(struct call *c, const struct query *q, const struct db_value *values_from_1, size_t n);
/* db_run_values: as db_run with values counted at run time: values[0] is $1. */
struct db_rows db_run_values(struct call *c, const struct query *q, const struct db_value *values, size_t n);
bool db_next(struct db_rows *r);
/* Columns count from 0. Text and bytes are copied into the call's arena. NULL reads as 0 or an empty view (p NULL). */
int64_t db_col_int(const struct db_rows *r, int col);
struct str db_col_text(const struct db_rows *r, int col);
struct str db_col_bytes(const struct db_rows *r, int col);
NODISCARD enum status db_finish(struct db_rows *r);   /* runs what is left of it, closes, and tells the first failure */
int64_t db_changed(const struct db_rows *r);          /* rows changed, after db_finish */
/* db_one: the first row of what db_run started, ST_NOT_FOUND (silently) when there is none; the rows
 * stay on that row until the closing brace:
 *   DB_ROWS rows = db_run(c, &FIND_PARCEL, db_text(number));
 *   TRY(db_one(&rows)); */
NODISCARD enum status db_one(struct db_rows *r);
/* db_exec: run to the end, rows ignored. */
#define db_exec(c, q, ...) db_exec_(c, q, (const struct db_value[]){ { 0 }, __VA_ARGS__ }, sizeof((const struct db_value[]){ { 0 }, __VA_ARGS__ }) / sizeof(struct db_value) - 1)
NODISCARD enum status db_exec_(struct call *c, const struct query *q, const struct db_value *values_from_1, size_t n);

/* Transactions. db_begin takes the writer (SQLite: one writer a database behind a mutex, a savepoint; PostgreSQL NODE: this worker's connection,
 * SERIALIZABLE; PostgreSQL LOG: the one appender behind a mutex). db_commit answers when the change is on disk (group commit). Without
 * db_commit the closing brace undoes it. A transaction on NODE may hold one on LOG inside, never the other way round; no nesting in the same database. */
struct db_tx { struct call *call; enum db_which in; bool open; };
#define DB_TX __attribute__((cleanup(db_end_tx))) struct db_tx
NODISCARD enum status db_begin(struct call *c, enum db_which in, struct db_tx *tx);
NODISCARD enum status db_commit(struct db_tx *tx);
void db_end_tx(struct db_tx *tx);

/* db_view: several reads of one database as one: until the closing brace they see it as it is at the first of them (SQLite, where a statement by itself begins and ends a
 * transaction of its own, and that is half of its cost); on PostgreSQL, and in a transaction, nothing changes. What this call commits meanwhile it sees. Not across a wait:
 * neither db_append nor a peer.
 *   DB_VIEW view = { 0 };
 *   TRY(db_view(c, NODE, &view)); */
struct db_conn;
struct db_view { struct call *call; struct db_conn *conn; };
#define DB_VIEW __attribute__((cleanup(db_end_view))) struct db_view
NODISCARD enum status db_view(struct call *c, enum db_which in, struct db_view *view);
void db_end_view(struct db_view *view);

/* db_atomic: run change inside a transaction on NODE and commit; a serialization failure is retried three times (then ST_CONFLICT).
 * change must have no effect outside the database; the arena keeps growing over the tries. */
NODISCARD enum status db_atomic(struct call *c, enum status (*change)(struct call *c, struct db_tx *tx, void *arg), void *arg);

/* db_on_rollback: called once if this transaction (or the group commit that holds it) does not reach the disk; for caches in memory
 * (the journal's edge). Runs with the writer held. */
void db_on_rollback(struct db_tx *tx, void (*undo)(void *arg), void *arg);

/* db_revived: rises whenever a lost connection to a database server was made again, so before the first transaction after that: a server that took over may lack what was committed
 * before. A cache in memory of what stands in the database holds no longer. */
int64_t db_revived(const struct call *c);

/* db_append: run change inside a transaction on LOG and answer when it is on disk: what db_begin .. db_commit do, at a fraction of the cost in a crowd, for
 * a thread that holds the writer runs the changes of all that wait. So change may run in another thread while this one sleeps: it uses tx, tx->call and
 * arg only, and nothing but LOG. It may run a second time, after its first run was undone because somebody else's change failed: what it keeps in arg it sets anew.
 * What takes long (digests, sealing) is done before. */
typedef enum status db_change(struct db_tx *tx, void *arg);
NODISCARD enum status db_append(struct call *c, db_change *change, void *arg);
/* db_gather: from here on db_append of this call only keeps the change (arg lives as long as the call) and answers ST_OK. db_settle runs all that was kept, in
 * order, as one transaction: all of it is on disk or nothing. Whoever gathers settles before anything leaves that rests on those changes. db_settle
 * without db_gather does nothing. */
NODISCARD enum status db_gather(struct call *c);
NODISCARD enum status db_settle(struct call *c);

/* db_common: a row that every transaction on LOG changes (a counter, the edge of a tree) is read once and written once for all that share a commit. kind->n bytes, the same for
 * every transaction of the group that names this kind (a constant: it is known by its address); *ret_fresh: it is the first, they are zeros, read the row. kind->flush gets them
 * inside the last transaction of the group and writes the row; NULL: there is nothing to write. They are valid until the end of tx; a transaction that is undone leaves them as it
 * found them. */
struct db_common_kind { size_t n; db_change *flush; };
void *db_common(struct db_tx *tx, const struct db_common_kind *kind, bool *ret_fresh);

/* db_next_id: the next number of a counter ("journal.entry"), from 1, for columns that are {id}: unlike SQLite, PostgreSQL fills none in by itself.
 * Numbers rise but may have gaps on PostgreSQL NODE, where transactions run side by side; in LOG, and in SQLite, a transaction that is undone
 * gives its numbers back. A table that is filled by db_next_id is filled by nothing else. */
NODISCARD enum status db_next_id(struct db_tx *tx, const char *counter, int64_t *ret);
/* db_next_row: the number after the one that `last` answers: the highest that a table in LOG has or ever had. It is asked once for all that share a commit, and nothing is written:
 * who takes a number inserts its row at once. For tables that every message grows; only on LOG. */
NODISCARD enum status db_next_row(struct db_tx *tx, const struct query *last, int64_t *ret);

/* Tables of a room: its .sql file, turned into steps by tools/sql_embed at build time. A file has sections
 *   -- migration 1 node        -- migration 1 log       -- migration 2 node ...
 * with the tokens {id} {clustered} {blob} (tables.md). store keeps the versions in `meta` and applies what is missing at start. */
struct migration { int version; enum db_which in; const char *sql; };
struct schema { const char *room; const struct migration *steps; size_t nsteps; };

/* db_apply: run DDL made at run time (the registry's tables from a register file) with the same tokens, inside a transaction on NODE. */
NODISCARD enum status db_apply(struct db_tx *tx, const char *ddl);

/* Run-time statements of engines whose SQL comes from country files (registry): made once at start from checked names, kept until stop.
 * Everything else writes `static const struct query`. */
const struct query *db_query_new(struct store *s, const char *room, enum db_which in, struct str sql);

/* store_open: url "sqlite:" + folder (absolute; node.db and log.db in it) or "postgresql://..." (databases <name>_node and <name>_log,
 * which must exist). Opens, migrates every schema (NULL at the end), replays nothing. ST_UNAVAILABLE with what to do. */
NODISCARD enum status store_open(struct call *c, struct str url, const struct schema *const *schemas, struct store **ret);
/* store_open_memory: two private SQLite databases for tests, in memory where the system allows; gone at store_close. */
NODISCARD enum status store_open_memory(struct call *c, const struct schema *const *schemas, struct store **ret);
void store_close(struct store *s);
/* store_check: prepare every statement given (NULL at the end) on this store (sen check; tests on both drivers); ST_BROKEN names the first that
 * does not fit, the log all of them. */
NODISCARD enum status store_check(struct call *c, const struct query *const *queries);
/* store_release: before the call is closed: its connections are lent to others, or closed. store_rest: lend them to others while this thread has nothing to ask: between two
 * requests, before a long wait. Connections in the middle of rows or of a transaction stay. */
void store_release(struct call *c);
void store_rest(struct call *c);
/* store_figures: for /metrics: transactions committed, commits on disk that carried them, rows read, microseconds waited for a writer. */
struct store_figures { int64_t commits, groups, rows, waits_us; };
struct store_figures store_figures(const struct store *s);

/* The outbox: what must happen after a change, written in the same transaction on NODE, carried out in order by the room that owns the topic. */
NODISCARD enum status outbox_put(struct db_tx *tx, struct str topic, struct str uid, struct str bytes);
/* outbox_drain: hand each pending entry of the topic to carry, oldest first; delete it when carry answers ST_OK; stop at the first failure. carry must
 * accept the same uid twice. */
NODISCARD enum status outbox_drain(struct call *c, struct str topic, enum status (*carry)(struct call *c, struct str uid, struct str bytes, void *arg), void *arg);
/* outbox_drain_many: the same for a room that carries many at once (one commit instead of n): carry gets up to 100 entries and says in *ret_done how
 * many of them, from the first, are carried; those are deleted also when it answers a failure. */
struct outbox_entry { int64_t id; struct str uid, bytes; };
NODISCARD enum status outbox_drain_many(struct call *c, struct str topic,
    enum status (*carry)(struct call *c, const struct outbox_entry *entries, size_t n, size_t *ret_done, void *arg), void *arg);

extern const struct module store_module;

#endif
