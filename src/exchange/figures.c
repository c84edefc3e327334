/* figures.c: the exchange's own state as figures. Certificates are judged as another node would judge them, with what is at hand: who asks for our health does not
 * make us wait for the authority. */
#include "exchange/figures.h"

#include "base/config.h"
#include "base/time.h"
#include "exchange/directory/clock.h"
#include "exchange/message/message.h"
#include "exchange/operator/authority.h"
#include "exchange/status/status.h"
#include "trust/journal.h"

/* ---- certificates ---- */

static enum status read_times(struct call *c, struct exchange_certificate *x)
{
    struct cert_info info;
    TRY(cert_read(c, x->der, &info));
    x->there = true;
    x->serial = info.serial_decimal;
    x->from_ms = info.from_ms;
    x->to_ms = info.to_ms;
    return ST_OK;
}

static enum status judge_with(struct call *c, const struct exchange_certificate *x, struct str answer)
{
    struct exchange *ex = exchange__of(c);
    DIRECTORY d = NULL;
    TRY(directory__hold(c, &d));
    return x->use == OWN_SIGN ? judge__signer(c, d, &(struct signature_facts){ .cert_der = x->der, .ocsp = answer }, &ex->self) : judge__peer(c, d, x->der, NULL, 0, &answer, answer.n > 0, &ex->self);
}

static void judge_own(struct call *c, struct exchange_certificate *x)
{
    struct str answer = { 0 };
    struct status_times says = { 0 };
    x->has_status = ocsp__kept_times(c, x->der, &answer, &says) == ST_OK;
    x->status_ms = says.from_ms;
    x->status_to_ms = says.to_ms;
    call_clear(c);
    x->failing_since_ms = ocsp__failing(c, x->der, &x->failure);
    x->judged = judge_with(c, x, answer);
    if (x->judged != ST_OK) x->fault = str_copy(c->arena, c->error.fault);
    call_clear(c);
}

static void read_key_certificate(struct call *c, enum own_certificate use, enum key_purpose purpose, struct str owner, struct exchange_certificate *ret)
{
    const struct key *key;
    *ret = (struct exchange_certificate){ .use = use };
    if (trust_key(c, purpose, owner, &key) == ST_OK && key_certificate(c, key, &ret->der) == ST_OK && read_times(c, ret) == ST_OK) judge_own(c, ret);
    call_clear(c);
}

static enum status read_operator_certificate(struct call *c, enum own_certificate use, enum cert_kind kind, struct exchange_certificate *ret)
{
    struct operator_cert cert;
    *ret = (struct exchange_certificate){ .use = use };
    enum status st = operator__newest_cert(c, kind, &cert);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    ret->der = cert.der;
    return read_times(c, ret);
}

enum status exchange_certificates(struct call *c, const struct exchange_certificate **ret, size_t *n)
{
    static const struct { enum own_certificate use; enum cert_kind kind; } of_operator[] = { { OWN_CA, CERT_CA }, { OWN_OCSP, CERT_OCSP }, { OWN_CONF, CERT_CONF } };
    enum { OF_OPERATOR = sizeof of_operator / sizeof *of_operator };
    struct exchange_certificate *list = arena_array(c->arena, struct exchange_certificate, 2 + OF_OPERATOR);
    read_key_certificate(c, OWN_TLS, KEY_TLS, STR(""), &list[0]);
    read_key_certificate(c, OWN_SIGN, KEY_SIGN, config_text(c->app->config, "member"), &list[1]);
    *n = 2;
    for (size_t i = 0; config_flag(c->app->config, "exchange.operator") && i < OF_OPERATOR; i++)
        TRY(read_operator_certificate(c, of_operator[i].use, of_operator[i].kind, &list[(*n)++]));
    *ret = list;
    return ST_OK;
}

/* ---- directory ---- */

static void copy_sync(struct call *c, struct exchange *ex, struct exchange_directory_state *ret)
{
    (void)pthread_mutex_lock(&ex->lock);
    const struct sync_state *s = &ex->pictures.sync;
    ret->fetched_ms = s->fetched_ms;
    ret->failing_since_ms = s->failing_since_ms;
    ret->reason = s->reason;
    ret->where = str_copy(c->arena, str_of(s->where, s->nwhere));
    ret->has_clock = s->has_clock;
    ret->ahead_ms = s->ahead_ms;
    (void)pthread_mutex_unlock(&ex->lock);
}

void exchange_directory_state(struct call *c, struct exchange_directory_state *ret)
{
    struct exchange *ex = exchange__of(c);
    DIRECTORY d = directory__hold_any(ex);
    *ret = (struct exchange_directory_state){ .has_anchor = ex->has_anchor, .there = d != NULL };
    copy_sync(c, ex, ret);
    if (!d) return;
    ret->expires_ms = d->expires_ms;
    ret->members = (int64_t)d->nmembers;
    ret->servers = (int64_t)d->nservers;
    const struct dir_server *self = directory__find_server(d, &ex->self);
    ret->lists_us = self != NULL;
    ret->lists_cert = self && ex->tls_cert.n && directory__server_of_cert(d, ex->tls_cert) == self;
}

bool exchange_knows_time(struct call *c)
{
    DIRECTORY d = directory__hold_any(exchange__of(c));
    struct str by;
    return d && d->expires_ms > c->now_ms && !clock__is_wrong(c, &by);
}

size_t exchange_list_directories(struct call *c, struct exchange_directory_info ret[static EXCHANGE_DIRECTORIES_MAX])
{
    struct exchange *ex = exchange__of(c);
    size_t n = 0;
    _Static_assert(EXCHANGE_DIRECTORIES_MAX == FOREIGN_MAX + 1, "our own and the others");
    (void)pthread_mutex_lock(&ex->lock);
    if (ex->has_anchor) ret[n++] = (struct exchange_directory_info){ ex->instance, ex->pictures.own ? ex->pictures.own->expires_ms : 0, ex->pictures.sync.failing_since_ms };
    for (size_t i = 0; i < ex->pictures.nforeign; i++) {
        const struct foreign *f = &ex->pictures.foreign[i];
        ret[n++] = (struct exchange_directory_info){ str_copy(c->arena, str_of(f->instance, f->n)), f->directory ? f->directory->expires_ms : 0, f->sync.failing_since_ms };
    }
    (void)pthread_mutex_unlock(&ex->lock);
    return n;
}

enum status exchange_try_directory(struct call *c) { return directory__try(c); }

enum status exchange_list_servers(struct call *c, const struct exchange_server_info **ret, size_t *n)
{
    DIRECTORY d = NULL;
    TRY(directory__hold(c, &d));
    struct exchange_server_info *list = arena_array(c->arena, struct exchange_server_info, d->nservers);
    for (size_t i = 0; i < d->nservers; i++) {
        const struct dir_server *s = &d->servers[i];
        struct xid owner = s->id;
        owner.server = STR("");
        const struct dir_member *m = directory__find_member(d, &owner);
        list[i] = (struct exchange_server_info){ xid__format_server(c->arena, &s->id), xid_member(c->arena, &s->id), m ? str_copy(c->arena, m->name) : STR(""),
                                                 str_copy(c->arena, s->address), s->maintenance };
    }
    *ret = list;
    *n = d->nservers;
    return ST_OK;
}

/* ---- what the operator's authority knows of the servers ---- */

static const struct query LIST_ADMITTED = { "exchange",
    "SELECT s.class, s.code, s.server, c.ends_ms, c.revoked_ms FROM exchange_server_cert s JOIN exchange_cert c ON c.der = s.der ORDER BY s.class, s.code, s.server, c.serial LIMIT $1", NODE };

enum status exchange_list_admitted(struct call *c, const struct exchange_admitted **ret, size_t *n)
{
    enum { ADMITTED_MAX = 10000 };
    struct exchange *ex = exchange__of(c);
    *n = 0;
    *ret = NULL;
    if (!config_flag(c->app->config, "exchange.operator")) return ST_OK;
    struct exchange_admitted *list = arena_array(c->arena, struct exchange_admitted, ADMITTED_MAX);
    DB_ROWS rows = db_run(c, &LIST_ADMITTED, db_int(ADMITTED_MAX));
    while (db_next(&rows)) {
        struct xid id = { .instance = ex->instance, .class_ = db_col_text(&rows, 0), .member = db_col_text(&rows, 1), .server = db_col_text(&rows, 2) };
        list[(*n)++] = (struct exchange_admitted){ xid__format_server(c->arena, &id), db_col_int(&rows, 3), db_col_int(&rows, 4) };
    }
    *ret = list;
    return db_finish(&rows);
}
