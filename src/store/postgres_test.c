/* postgres_test.c: what only PostgreSQL can be made to do: connections that are cut, at rest, inside a transaction and under the writer of LOG.
 * Each test is skipped where SEN_TEST_POSTGRES names no server. */
#include "store/postgres.c"
#include "store/postgres_conn.c"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/test_store.h"

static const struct migration table[] = { { 1, NODE, "CREATE TABLE t (id {id});" }, { 1, LOG, "CREATE TABLE l (id {id});" } };
static const struct schema schema = { "t", table, 2 };
TEST_STORE(&schema);

static const struct query ADD[] = { { "test", "INSERT INTO t (id) VALUES ($1)", NODE }, { "test", "INSERT INTO l (id) VALUES ($1)", LOG } };
static const struct query COUNT[] = { { "test", "SELECT count(*) FROM t", NODE }, { "test", "SELECT count(*) FROM l", LOG } };

static int64_t count(struct call *c, enum db_which in)
{
    DB_ROWS rows = db_run(c, &COUNT[in]);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

static void need_server(void)
{
    if (!getenv("SEN_TEST_POSTGRES")) skip();
}

/* cut: the server ends every other connection to this database, as a restart or a failover does. */
static void cut(struct call *c, enum db_which in)
{
    struct db_conn *conn;
    CHECK_OK(postgres__open(c, c->app->store, in, CONN_WRITER, &conn));
    CHECK_OK(postgres__script(c, conn, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"));
    postgres__close(conn);
}

TEST(a_connection_cut_at_rest_is_made_again_unseen)
{
    need_server();
    for (enum db_which in = NODE; in <= LOG; in++) {
        CHECK(count(c, in) == 0);
        cut(c, in);
        CHECK(count(c, in) == 0 && call_error(c)->status == ST_OK);
        cut(c, in);
        int64_t revived = db_revived(c);
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, in, &tx));
        CHECK(db_revived(c) == revived + 1);
        CHECK_OK(db_exec(c, &ADD[in], db_int(1)));
        CHECK_OK(db_commit(&tx));
        CHECK(count(c, in) == 1 && call_error(c)->status == ST_OK);
    }
}

static void note_undo(void *arg) { ++*(int *)arg; }

TEST(a_connection_cut_inside_a_transaction_undoes_it)
{
    need_server();
    for (enum db_which in = NODE; in <= LOG; in++) {
        for (int before_statement = 0; before_statement < 2; before_statement++) {
            int undone = 0;
            DB_TX tx = { 0 };
            CHECK_OK(db_begin(c, in, &tx));
            db_on_rollback(&tx, note_undo, &undone);
            CHECK_OK(db_exec(c, &ADD[in], db_int(7)));
            cut(c, in);
            if (before_statement) CHECK(db_exec(c, &ADD[in], db_int(8)) == ST_UNAVAILABLE);
            CHECK(db_commit(&tx) == ST_UNAVAILABLE && undone == 1 && !c->in_tx);
            CHECK(!str_is_empty(call_error(c)->sentence));
            call_clear(c);
            CHECK(count(c, in) == 0);
        }
    }
}

/* crash: SIGKILL to one of the server's processes for this database: the server then drops every connection without a word and recovers from its log. */
static bool crash(struct call *c, enum db_which in)
{
    struct db_conn *conn;
    CHECK_OK(postgres__open(c, c->app->store, in, CONN_WRITER, &conn));
    PGresult *r = PQexec(postgres__conn(conn)->pg, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1");
    int64_t pid = 0;
    bool found = PQntuples(r) == 1 && str_int(str_z(PQgetvalue(r, 0, 0)), &pid);
    PQclear(r);
    postgres__close(conn);
    return found && pid > 1 && kill((pid_t)pid, SIGKILL) == 0;
}

TEST(a_server_that_crashed_is_unavailable_until_it_is_back)
{
    need_server();
    for (enum db_which in = NODE; in <= LOG; in++) {
        enum status st = ST_UNAVAILABLE;
        CHECK(count(c, in) == 0);
        if (!crash(c, in)) skip(); /* a server of another user or machine */
        for (int waited = 0; waited < 15000 && st != ST_OK; waited += 50) {
            (void)poll(NULL, 0, 50);
            call_clear(c);
            DB_ROWS rows = db_run(c, &COUNT[in]);
            st = db_one(&rows);
            CHECK(st == ST_OK || st == ST_UNAVAILABLE);
        }
        CHECK_OK(st);
    }
}

/* A line to the server that stands still when it has taken `most` bytes, until it is told to go on, or has waited for that in vain. */
struct line { int near, far; size_t most; _Atomic bool full, goes_on, in_vain; };

static bool pass_on(int from, int to, size_t *ret)
{
    char bytes[16384];
    ssize_t n = read(from, bytes, sizeof bytes);
    if (n <= 0) return false;
    for (ssize_t done = 0, w; done < n; done += w)
        if ((w = write(to, bytes + done, (size_t)(n - done))) < 0) {
            if (errno != EAGAIN) return false;
            w = 0;
            (void)poll(&(struct pollfd){ .fd = to, .events = POLLOUT }, 1, -1);
        }
    *ret += (size_t)n;
    return true;
}

static void stand_still(struct line *l)
{
    atomic_store(&l->full, true);
    for (int waited = 0; !atomic_load(&l->goes_on); waited += 10) {
        if (waited >= 20000) {
            atomic_store(&l->in_vain, true);
            return;
        }
        (void)poll(NULL, 0, 10);
    }
}

static void *carry_bytes(void *arg)
{
    struct line *l = arg;
    size_t taken = 0, given = 0;
    for (bool open = true; open;) {
        struct pollfd both[] = { { .fd = l->near, .events = POLLIN }, { .fd = l->far, .events = POLLIN } };
        (void)poll(both, 2, -1);
        if (both[1].revents) open = pass_on(l->far, l->near, &given);
        if (open && both[0].revents) open = pass_on(l->near, l->far, &taken);
        if (taken >= l->most && !atomic_load(&l->full)) stand_still(l);
    }
    (void)close(l->near);
    (void)close(l->far);
    return NULL;
}

/* lay_line: libpq keeps the number of its socket and does not see that another one bears it. */
static void lay_line(const struct postgres_conn *conn, struct line *l, pthread_t *thread)
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    l->far = dup(PQsocket(conn->pg));
    CHECK(dup2(ends[0], PQsocket(conn->pg)) >= 0);
    (void)close(ends[0]);
    l->near = ends[1];
    CHECK(pthread_create(thread, NULL, carry_bytes, l) == 0);
}

struct sender { struct call *call; struct postgres_conn *conn; struct str value; int64_t arrived; };

static void send_large(void *arg)
{
    static const struct query LENGTH = { "test", "SELECT octet_length(CAST($1 AS BYTEA))", NODE };
    struct sender *s = arg;
    PGresult *r = NULL;
    if (run(s->call, s->conn, &LENGTH, (struct db_value[]){ db_bytes(s->value) }, 1, &r) == ST_OK) (void)str_int(str_z(PQgetvalue(r, 0, 0)), &s->arrived);
    PQclear(r);
}

static void let_go_on(void *arg)
{
    struct line *l = arg;
    while (!atomic_load(&l->full)) strand_sleep(1000);
    atomic_store(&l->goes_on, true);
}

TEST(a_large_value_on_a_line_that_stands_still_holds_up_nobody_else)
{
    need_server();
    enum { LARGE = 8 << 20 };
    struct db_conn *conn;
    CHECK_OK(postgres__open(c, c->app->store, NODE, CONN_WRITER, &conn));
    struct line line = { .most = 100000 };
    pthread_t thread;
    lay_line(postgres__conn(conn), &line, &thread);
    char *value = heap_alloc(1, LARGE);
    memset(value, 'x', LARGE);
    struct sender sender = { test_store_call(c), postgres__conn(conn), str_of(value, LARGE), 0 };
    struct strand_loop *l = strand_loop_start(2, NULL, NULL);
    CHECK(l != NULL);
    strand_begin(l, &(struct strand_job){ .run = send_large, .arg = &sender });
    strand_begin(l, &(struct strand_job){ .run = let_go_on, .arg = &line });
    strand_loop_end(l);
    CHECK(!atomic_load(&line.in_vain) && sender.arrived == LARGE);
    test_store_call_end(sender.call);
    postgres__close(conn);
    (void)pthread_join(thread, NULL);
    heap_free(value);
}

/* number_of: what the server says of itself. */
static int64_t number_of(struct db_conn *conn, const char *sql)
{
    int64_t n = -1;
    PGresult *r = PQexec(postgres__conn(conn)->pg, sql);
    CHECK(PQntuples(r) == 1 && str_int(str_z(PQgetvalue(r, 0, 0)), &n));
    PQclear(r);
    return n;
}

#define SETTING(name) "SELECT setting FROM pg_settings WHERE name = '" name "'"

TEST(a_node_that_stands_still_within_a_transaction_loses_its_turn)
{
    need_server();
    struct db_conn *still;
    CHECK_OK(postgres__open(c, c->app->store, LOG, CONN_WRITER, &still));
    int64_t most_ms = number_of(still, SETTING("idle_in_transaction_session_timeout"));
    CHECK(most_ms > 0 && most_ms < number_of(still, SETTING("lock_timeout")));
    CHECK_OK(postgres__script(c, still, "SET idle_in_transaction_session_timeout TO '100ms'")); /* sooner, for this test */
    CHECK_OK(tx_step(c, still, STEP_BEGIN));
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &ADD[LOG], db_int(1)));
    CHECK_OK(db_commit(&tx));
    CHECK(postgres__script(c, still, "INSERT INTO l (id) VALUES (2)") == ST_UNAVAILABLE);
    call_clear(c);
    postgres__close(still);
    CHECK(count(c, LOG) == 1);
}

/* option_of: of a connection, made or not. */
static struct str option_of(struct call *c, PGconn *pg, const char *name)
{
    struct str value = STR("");
    PQconninfoOption *all = PQconninfo(pg);
    for (const PQconninfoOption *o = all; o && o->keyword; o++)
        if (o->val && strcmp(o->keyword, name) == 0) value = str_copy(c->arena, str_z(o->val));
    PQconninfoFree(all);
    return value;
}

TEST(a_server_whose_machine_is_gone_is_not_waited_for_long_unless_the_url_says_so)
{
    static const char *const urls[] = { "postgresql://sen@%2Fnowhere/a", "postgresql://sen@%2Fnowhere/a?keepalives_idle=600&dbname=other" };
    static const char *const idle[] = { "10", "600" };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        PGconn *pg = postgres__connect(c, str_z(urls[i]), STR("a_log"));
        CHECK_STR(option_of(c, pg, "keepalives_idle"), str_z(idle[i]));
        CHECK_STR(option_of(c, pg, "tcp_user_timeout"), STR("20000"));
        CHECK_STR(option_of(c, pg, "dbname"), STR("a_log"));
        PQfinish(pg);
    }
}

TEST(a_database_that_sorts_by_locale_is_refused)
{
    need_server();
    struct store *s = NULL;
    const struct schema *const none[] = { NULL };
    struct str base = str_print(c->arena, "%s/sen_locale_%d", getenv("SEN_TEST_POSTGRES"), (int)getpid());
    PGconn *pg = PQconnectdb(str_to_z(c->arena, str_join(c->arena, str_z(getenv("SEN_TEST_POSTGRES")), STR("/postgres"), STR_END)));
    struct str name = str_print(c->arena, "sen_locale_%d_node", (int)getpid());
    PQclear(PQexec(pg, str_to_z(c->arena, str_join(c->arena, STR("CREATE DATABASE "), name, STR(" ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"), STR_END))));
    CHECK(store_open(c, str_z(str_to_z(c->arena, base)), none, &s) == ST_UNAVAILABLE && s == NULL);
    CHECK_STR(call_error(c)->field, STR("store.url"));
    PQclear(PQexec(pg, str_to_z(c->arena, str_join(c->arena, STR("DROP DATABASE "), name, STR(" WITH (FORCE)"), STR_END))));
    PQfinish(pg);
}

TEST(parameters_are_counted_outside_quotes)
{
    CHECK(count_params(STR("SELECT $2, $1 FROM t WHERE x = '$9' AND y = $12")) == 12);
    CHECK(count_params(STR("SELECT '$'")) == 0 && count_params(STR("$")) == 0);
}

TEST(names_of_counters_become_names_of_sequences)
{
    CHECK_STR(sequence_of(c, "journal.entry"), STR("store_seq_journal_entry"));
    CHECK_STR(sequence_of(c, "a\"; DROP"), STR("store_seq_a_______"));
}

TEST(states_of_the_server_have_one_status_each)
{
    static const struct { const char *state; enum status st; } known[] = {
        { "23505", ST_CONFLICT }, { "40001", ST_CONFLICT }, { "40P01", ST_CONFLICT }, { "53100", ST_UNAVAILABLE }, { "57P01", ST_UNAVAILABLE },
        { "08006", ST_UNAVAILABLE }, { "22021", ST_INVALID }, { "54000", ST_TOO_LARGE }, { "42601", ST_BROKEN }, { "25006", ST_BROKEN }, { "08P01", ST_BROKEN },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) CHECK(status_of(known[i].state) == known[i].st);
}
