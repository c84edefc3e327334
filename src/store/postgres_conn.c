/* postgres_conn.c: see postgres_conn.h. libpq waits for its socket only while it connects, outside; else strands do. */
#include "store/postgres_conn.h"

#include <poll.h>

#include "base/crowd.h"
#include "base/strand.h"
#include "store/postgres_url.h"

/* --- failures --- */

static enum status status_of(const char *state)
{
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strncmp(state, "23", 2) == 0) return ST_CONFLICT;
    if (strcmp(state, "22021") == 0) return ST_INVALID;    /* a text that is not UTF-8 */
    if (strcmp(state, "08P01") == 0) return ST_BROKEN;     /* values that do not match the parameters */
    if (strncmp(state, "54", 2) == 0) return ST_TOO_LARGE;
    static const char *const away[] = { "08", "53", "55", "57", "58" };
    for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
        if (strncmp(state, away[i], 2) == 0) return ST_UNAVAILABLE;
    return ST_BROKEN;
}

/* The server's message may hold values, so it is told only for classes that speak of names and servers. */
enum status postgres__failed(struct call *c, struct postgres_conn *conn, const PGresult *r, const char *sql)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = r ? PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME) : NULL;
    if (!state) conn->lost = true; /* every failure that the server tells has one */
    if (!state) state = "08006";
    bool tell = text && (strncmp(state, "42", 2) == 0 || strncmp(state, "25", 2) == 0 || status_of(state) == ST_UNAVAILABLE);
    conn->base.retry = strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
    if (!conn->base.retry) call_note(c, "store", "postgresql %s %s%s: %s", state, tell ? text : "", constraint ? constraint : "", sql);
    if (strcmp(state, "53100") == 0) return call_fail(c, ST_UNAVAILABLE, "", "The disk of the database is full. Make room on it and try again.");
    if (postgres__is_lost(conn) || status_of(state) == ST_UNAVAILABLE)
        return call_fail(c, ST_UNAVAILABLE, "", "The database server does not answer. Check that it runs and try again.");
    if (status_of(state) == ST_INVALID)
        return call_fail(c, ST_INVALID, "", "A text holds a character that cannot be kept. Write it without control characters.");
    return status_of(state);
}

bool postgres__is_good(const PGresult *r)
{
    ExecStatusType kind = PQresultStatus(r);
    return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK;
}

/* flush: what the socket did not take at once, of a large value or on a slow line. A server that speaks meanwhile is heard, else both would wait for each other; of a line that
 * broke the result tells. */
static void flush(const struct postgres_conn *conn)
{
    while (PQflush(conn->pg) > 0) {
        int events = strand_poll(PQsocket(conn->pg), POLLIN | POLLOUT, INT64_MAX);
        if (events < 0 || (events & ~POLLOUT && !PQconsumeInput(conn->pg))) return;
    }
}

PGresult *postgres__await(const struct postgres_conn *conn, int sent)
{
    PGresult *last = NULL;
    crowd_sleep();
    if (sent) flush(conn);
    for (PGresult *r; sent; last = r) {
        while (PQisBusy(conn->pg))
            if (strand_poll(PQsocket(conn->pg), POLLIN, INT64_MAX) < 0 || !PQconsumeInput(conn->pg)) break;
        if (!(r = PQgetResult(conn->pg))) break;
        PQclear(last);
    }
    crowd_wake();
    return last;
}

/* --- connections --- */

enum status postgres__script(struct call *c, struct db_conn *base, const char *sql)
{
    struct postgres_conn *conn = postgres__conn(base);
    PGresult *r = postgres__await(conn, PQsendQuery(conn->pg, sql));
    enum status st = postgres__is_good(r) ? ST_OK : postgres__failed(c, conn, r, sql);
    PQclear(r);
    return st;
}

static void forget_statements(struct postgres_conn *conn)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        for (struct cached *e = conn->cache.slots[i], *next; e; e = next) {
            next = e->next;
            heap_free(e);
        }
        conn->cache.slots[i] = NULL;
    }
}

void postgres__close(struct db_conn *base)
{
    struct postgres_conn *conn = postgres__conn(base);
    forget_statements(conn);
    PQfinish(conn->pg);
    heap_free(conn);
}

static void be_quiet(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

/* connect_as: NAME_node or NAME_log of a URL that ends with NAME. */
static PGconn *connect_as(struct call *c, struct str url, enum db_which in)
{
    struct str base = postgres__base(c, url);
    return postgres__connect(c, url, str_join(c->arena, base.n ? base : STR("sen"), in == NODE ? STR("_node") : STR("_log"), STR_END));
}

static enum status check_server(struct call *c, struct postgres_conn *conn)
{
    PGresult *r = postgres__await(conn, PQsendQuery(conn->pg, "SELECT 1 FROM pg_database WHERE datname = current_database() AND datcollate = 'C' AND pg_encoding_to_char(encoding) = 'UTF8'"));
    bool good = postgres__is_good(r) && PQntuples(r) == 1;
    PQclear(r);
    if (good) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "store.url", "Create the database with ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0: Sen sorts by bytes.");
}

/* set_up: a node that stands still within a transaction holds up the others of the cluster for less than these wait for their turn. */
static enum status set_up(struct call *c, struct postgres_conn *conn)
{
    (void)PQsetNoticeProcessor(conn->pg, be_quiet, NULL);
    if (PQsetnonblocking(conn->pg, 1) != 0) return postgres__failed(c, conn, NULL, "non-blocking"); /* else libpq itself would wait until all is sent */
    TRY(postgres__script(c, &conn->base, "SET client_min_messages TO warning; SET synchronous_commit TO on; SET standard_conforming_strings TO on;"
                               "SET lock_timeout TO '10s'; SET idle_in_transaction_session_timeout TO '5s'; SET jit TO off"));
    if (conn->base.role == CONN_WRITER) return check_server(c, conn);
    return postgres__script(c, &conn->base, "SET default_transaction_read_only TO on");
}

/* libpq looks names up and connects in its own way. */
struct connecting { struct call *call; struct postgres_conn *conn; };

static void connect_anew(void *arg)
{
    struct connecting *k = arg;
    k->conn->pg = connect_as(k->call, k->conn->base.store->place, k->conn->base.in);
}

static void connect_again(void *arg)
{
    struct connecting *k = arg;
    PQreset(k->conn->pg);
}

enum status postgres__open(struct call *c, struct store *s, enum db_which in, enum conn_role role, struct db_conn **ret)
{
    struct postgres_conn *conn = heap_new(struct postgres_conn);
    conn->base = (struct db_conn){ .driver = &store__postgres, .store = s, .in = in, .role = role };
    strand_outside(connect_anew, &(struct connecting){ c, conn });
    enum status st = ST_OK;
    if (PQstatus(conn->pg) != CONNECTION_OK) {
        call_note(c, "store", "postgresql: no connection to the database %s of store.url", in == NODE ? "node" : "log");
        st = call_fail(c, ST_UNAVAILABLE, "store.url", "The database server refuses or does not answer. Check store.url, that the server runs, and that both databases exist.");
    }
    if (st == ST_OK) st = set_up(c, conn);
    if (st != ST_OK) {
        postgres__close(&conn->base);
        return st;
    }
    *ret = &conn->base;
    return ST_OK;
}

enum status postgres__revive(struct call *c, struct postgres_conn *conn)
{
    forget_statements(conn);
    strand_outside(connect_again, &(struct connecting){ c, conn });
    conn->lost = false;
    if (PQstatus(conn->pg) != CONNECTION_OK) return postgres__failed(c, conn, NULL, "connect again");
    atomic_fetch_add(&conn->base.store->counts.revived, 1);
    return set_up(c, conn);
}
