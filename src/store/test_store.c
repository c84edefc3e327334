/* test_store.c: see test_store.h. */
#include "store/test_store.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static const struct schema *const *wanted;
static struct app app;
static int counter;      /* tests so far: each gets a pair of databases of its own */

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "test_store: %s: %s\n", what, why);
    abort();
}

static const char *server(void) { return getenv("SEN_TEST_POSTGRES"); }

static struct str url_of(struct call *c, struct str database)
{
    return str_z(str_to_z(c->arena, str_join(c->arena, str_z(server()), STR("/"), database, STR_END)));
}

static struct str pair_name(struct call *c) { return str_print(c->arena, "sen_test_%d_%d", (int)getpid(), counter); }

/* on_pair: one statement for each of the two databases, told to the server's maintenance database. */
static void on_pair(struct call *c, const char *before, const char *after)
{
    PGconn *pg = PQconnectdb(url_of(c, STR("postgres")).p);
    static const char *const suffixes[] = { "_node", "_log" };
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct str sql = str_join(c->arena, str_z(before), pair_name(c), str_z(suffixes[i]), str_z(after), STR_END);
        PGresult *r = PQexec(pg, str_to_z(c->arena, sql));
        if (PQresultStatus(r) != PGRES_COMMAND_OK) stop(before, PQerrorMessage(pg));
        PQclear(r);
    }
    PQfinish(pg);
}

static void prepare(struct call *c)
{
    enum status st;
    counter++;
    app = (struct app){ 0 };
    if (server()) {
        on_pair(c, "CREATE DATABASE ", " ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
        st = store_open(c, url_of(c, pair_name(c)), wanted, &app.store);
    } else st = store_open_memory(c, wanted, &app.store);
    if (st != ST_OK) stop("no store", str_to_z(c->arena, call_sentence(c, st).sentence));
    c->app = &app;
}

static void finish(struct call *c)
{
    store_release(c);
    store_close(app.store);
    app.store = NULL;
    if (server()) on_pair(c, "DROP DATABASE ", " WITH (FORCE)");
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
