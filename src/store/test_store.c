/* test_store.c: see test_store.h. */
#include "store/test_store.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static const struct schema *const *wanted;
static struct app app;
static bool has_pair; /* this program has its two databases on PostgreSQL: made for its first test, emptied after each, dropped at its end */

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "test_store: %s: %s\n", what, why);
    abort();
}

static const char *server(void) { return getenv("SEN_TEST_POSTGRES"); }

static struct str pair_name(struct call *c) { return str_print(c->arena, "sen_test_%d", (int)getpid()); }

static struct str url_of(struct call *c, struct str database, const char *ending)
{
    return str_print(c->arena, "%s/%.*s%s", server(), STR_ARG(database), ending);
}

static void tell(PGconn *pg, const char *sql)
{
    PGresult *r = PQexec(pg, sql);
    ExecStatusType st = PQresultStatus(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK) stop(sql, PQerrorMessage(pg));
    PQclear(r);
}

static const char *const ENDINGS[] = { "_node", "_log" };

/* on_pair: one statement for each of the two databases, told to the server's maintenance database. */
static void on_pair(struct call *c, const char *before, const char *after)
{
    PGconn *pg = PQconnectdb(url_of(c, STR("postgres"), "").p);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) tell(pg, str_print(c->arena, "%s%.*s%s%s", before, STR_ARG(pair_name(c)), ENDINGS[i], after).p);
    PQfinish(pg);
}

static void drop_pair(void)
{
    static const struct app none;
    struct call *c = call_open(&none);
    on_pair(c, "DROP DATABASE ", " WITH (FORCE)");
    call_close(c);
}

static void make_pair(struct call *c)
{
    if (has_pair) return;
    on_pair(c, "CREATE DATABASE ", " ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
    has_pair = true;
    (void)atexit(drop_pair);
}

/* empty_pair: to make and drop databases for each test costs many times what this does. Whoever is still connected, as after a test that failed, is cut off first. */
static void empty_pair(struct call *c)
{
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        PGconn *pg = PQconnectdb(url_of(c, pair_name(c), ENDINGS[i]).p);
        tell(pg, "SET client_min_messages TO error");
        tell(pg, "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        tell(pg, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        PQfinish(pg);
    }
}

static void prepare(struct call *c)
{
    enum status st;
    app = (struct app){ 0 };
    if (server()) {
        make_pair(c);
        st = store_open(c, url_of(c, pair_name(c), ""), wanted, &app.store);
    } else st = store_open_memory(c, wanted, &app.store);
    if (st != ST_OK) stop("no store", str_to_z(c->arena, call_sentence(c, st).sentence));
    c->app = &app;
}

static void finish(struct call *c)
{
    store_release(c);
    store_close(app.store);
    app.store = NULL;
    if (server()) empty_pair(c);
}

void test_store_schemas(const struct schema *const *schemas)
{
    wanted = schemas;
    log_least(LOG_WARN);
    test_prepare = prepare;
    test_finish = finish;
}

struct app *test_store_app(struct call *c)
{
    (void)c;
    return &app;
}

struct call *test_store_call(const struct call *c)
{
    struct call *other = call_open(c->app);
    other->now_ms = c->now_ms;
    return other;
}

void test_store_call_end(struct call *c)
{
    store_release(c);
    call_close(c);
}
