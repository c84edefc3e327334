/* postgres_test.c: what only PostgreSQL can be made to do: connections that are cut, at rest, inside a transaction and under the writer of LOG.
 * Each test is skipped where SEN_TEST_POSTGRES names no server. */
#include "store/postgres.c"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
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
    CHECK_OK(open_conn(c, c->app->store, in, CONN_WRITER, &conn));
    CHECK_OK(script(c, conn, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"));
    close_conn(conn);
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
    CHECK_OK(open_conn(c, c->app->store, in, CONN_WRITER, &conn));
    PGresult *r = PQexec(conn_of(conn)->pg, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1");
    int64_t pid = 0;
    bool found = PQntuples(r) == 1 && str_int(str_z(PQgetvalue(r, 0, 0)), &pid);
    PQclear(r);
    close_conn(conn);
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
