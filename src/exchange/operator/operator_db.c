/* operator_db.c: every SQL statement of the operator's part: certificates, members, servers, publications. */
#include "exchange/operator/operator_int.h"

#include "base/encode.h"
#include "base/time.h"

enum { LIST_MOST = 20000 };

/* ---- certificates ---- */

#define CERT_COLUMNS "SELECT serial, kind, subject, der, issued_ms, ends_ms, revoked_ms FROM exchange_cert "
static const struct query NEWEST_CERT = { "exchange", CERT_COLUMNS "WHERE kind = $1 AND revoked_ms = $2 ORDER BY serial DESC LIMIT 1", NODE };
static const struct query FIND_CERT = { "exchange", CERT_COLUMNS "WHERE serial = $1", NODE };
static const struct query LIST_CERTS = { "exchange", CERT_COLUMNS "ORDER BY serial LIMIT $1", NODE };
static const struct query LIST_KIND = { "exchange", CERT_COLUMNS "WHERE kind = $1 AND revoked_ms = $2 ORDER BY serial LIMIT $3", NODE };
static const struct query INSERT_CERT = { "exchange",
    "INSERT INTO exchange_cert (serial, kind, subject, der, issued_ms, ends_ms, revoked_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)", NODE };
static const struct query REVOKE_CERT = { "exchange", "UPDATE exchange_cert SET revoked_ms = $2 WHERE serial = $1 AND revoked_ms = $3", NODE };

static void read_cert(const struct db_rows *r, struct operator_cert *ret)
{
    *ret = (struct operator_cert){ db_col_int(r, 0), (enum cert_kind)db_col_int(r, 1), db_col_text(r, 2), db_col_bytes(r, 3), db_col_int(r, 4), db_col_int(r, 5), db_col_int(r, 6) };
}

enum status operator__newest_cert(struct call *c, enum cert_kind kind, struct operator_cert *ret)
{
    DB_ROWS rows = db_run(c, &NEWEST_CERT, db_int(kind), db_int(TIME_FAR));
    TRY(db_one(&rows));
    read_cert(&rows, ret);
    return ST_OK;
}

enum status operator__find_cert(struct call *c, int64_t serial, struct operator_cert *ret)
{
    DB_ROWS rows = db_run(c, &FIND_CERT, db_int(serial));
    TRY(db_one(&rows));
    read_cert(&rows, ret);
    return ST_OK;
}

enum status operator__list_certs(struct call *c, const struct operator_cert **ret, size_t *n)
{
    struct operator_cert *list = arena_array(c->arena, struct operator_cert, LIST_MOST);
    DB_ROWS rows = db_run(c, &LIST_CERTS, db_int(LIST_MOST));
    *n = 0;
    while (db_next(&rows)) read_cert(&rows, &list[(*n)++]);
    *ret = list;
    return db_finish(&rows);
}

enum status operator__list_kind(struct call *c, enum cert_kind kind, struct operator_cert *ret, size_t most, size_t *n)
{
    DB_ROWS rows = db_run(c, &LIST_KIND, db_int(kind), db_int(TIME_FAR), db_int((int64_t)most));
    *n = 0;
    while (db_next(&rows)) read_cert(&rows, &ret[(*n)++]);
    return db_finish(&rows);
}

static enum status take_serial(struct call *c, struct db_tx *tx, void *arg)
{
    (void)c;
    return db_next_id(tx, "exchange.serial", arg);
}

enum status operator__next_serial(struct call *c, int64_t *ret) { return db_atomic(c, take_serial, ret); }

static enum status take_stamp_serial(struct call *c, struct db_tx *tx, void *arg)
{
    (void)c;
    return db_next_id(tx, "exchange.stamp", arg);
}

enum status operator__next_stamp_serial(struct call *c, int64_t *ret) { return db_atomic(c, take_stamp_serial, ret); }

static enum status insert_cert(struct call *c, struct db_tx *tx, void *arg)
{
    const struct operator_cert *cert = arg;
    int64_t serial = cert->serial;
    if (!serial) TRY(db_next_id(tx, "exchange.serial", &serial));
    return db_exec(c, &INSERT_CERT, db_int(serial), db_int(cert->kind), db_text(cert->subject), db_bytes(cert->der), db_int(c->now_ms), db_int(cert->ends_ms), db_int(TIME_FAR));
}

enum status operator__insert_cert(struct call *c, const struct operator_cert *cert)
{
    struct operator_cert copy = *cert;
    return db_atomic(c, insert_cert, &copy);
}

static enum status revoke_cert(struct call *c, struct db_tx *tx, void *arg)
{
    const int64_t *serial = arg;
    (void)tx;
    DB_ROWS rows = db_run(c, &REVOKE_CERT, db_int(*serial), db_int(c->now_ms), db_int(TIME_FAR));
    TRY(db_finish(&rows));
    if (db_changed(&rows) == 1) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "SERIAL", "No good certificate has this serial number. List them with `sen ca list`.");
}

enum status operator__revoke_cert(struct call *c, int64_t serial) { return db_atomic(c, revoke_cert, &serial); }

/* ---- admission: written so that a second time changes names and addresses and adds what is new ---- */

static const struct query DROP_MEMBER = { "exchange", "DELETE FROM exchange_member WHERE class = $1 AND code = $2 AND subsystem = $3", NODE };
static const struct query INSERT_MEMBER = { "exchange", "INSERT INTO exchange_member (class, code, subsystem, name) VALUES ($1, $2, $3, $4)", NODE };
static const struct query DROP_SERVER = { "exchange", "DELETE FROM exchange_server WHERE class = $1 AND code = $2 AND server = $3", NODE };
static const struct query INSERT_SERVER = { "exchange", "INSERT INTO exchange_server (class, code, server, address) VALUES ($1, $2, $3, $4)", NODE };
static const struct query DROP_AUTH = { "exchange", "DELETE FROM exchange_server_cert WHERE class = $1 AND code = $2 AND server = $3 AND hash = $4", NODE };
static const struct query INSERT_AUTH = { "exchange", "INSERT INTO exchange_server_cert (class, code, server, hash, der) VALUES ($1, $2, $3, $4, $5)", NODE };
static const struct query DROP_CLIENT = { "exchange", "DELETE FROM exchange_client WHERE class = $1 AND code = $2 AND server = $3 AND subsystem = $4", NODE };
static const struct query INSERT_CLIENT = { "exchange", "INSERT INTO exchange_client (class, code, server, subsystem) VALUES ($1, $2, $3, $4)", NODE };

struct admitting { const struct xid *id; const struct operator_admission *a; };

static enum status put_member(struct call *c, const struct xid *id, struct str subsystem, struct str name)
{
    TRY(db_exec(c, &DROP_MEMBER, db_text(id->class_), db_text(id->member), db_text(subsystem)));
    return db_exec(c, &INSERT_MEMBER, db_text(id->class_), db_text(id->member), db_text(subsystem), db_text(name));
}

static enum status put_client(struct call *c, const struct xid *id, struct str subsystem)
{
    TRY(db_exec(c, &DROP_CLIENT, db_text(id->class_), db_text(id->member), db_text(id->server), db_text(subsystem)));
    return db_exec(c, &INSERT_CLIENT, db_text(id->class_), db_text(id->member), db_text(id->server), db_text(subsystem));
}

static enum status put_server(struct call *c, const struct xid *id, const struct operator_admission *a)
{
    TRY(db_exec(c, &DROP_SERVER, db_text(id->class_), db_text(id->member), db_text(id->server)));
    TRY(db_exec(c, &INSERT_SERVER, db_text(id->class_), db_text(id->member), db_text(id->server), db_text(a->address)));
    if (!a->auth_cert.n) return ST_OK;
    struct str hash = encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, a->auth_cert));
    TRY(db_exec(c, &DROP_AUTH, db_text(id->class_), db_text(id->member), db_text(id->server), db_text(hash)));
    return db_exec(c, &INSERT_AUTH, db_text(id->class_), db_text(id->member), db_text(id->server), db_text(hash), db_bytes(a->auth_cert));
}

static enum status admit(struct call *c, struct db_tx *tx, void *arg)
{
    const struct admitting *m = arg;
    (void)tx;
    TRY(put_member(c, m->id, STR(""), m->a->name));
    TRY(put_server(c, m->id, m->a));
    for (size_t i = 0; i < m->a->nsubsystems; i++) {
        const struct operator_subsystem *s = &m->a->subsystems[i];
        TRY(put_member(c, m->id, s->code, s->name.n ? s->name : m->a->name));
        TRY(put_client(c, m->id, s->code));
    }
    return ST_OK;
}

enum status operator__store_admission(struct call *c, const struct xid *id, const struct operator_admission *a)
{
    struct admitting m = { id, a };
    return db_atomic(c, admit, &m);
}

/* ---- the directory as it is now ---- */

static const struct query LIST_MEMBERS = { "exchange", "SELECT class, code, subsystem, name FROM exchange_member ORDER BY class, code, subsystem LIMIT $1", NODE };
static const struct query LIST_SERVERS = { "exchange", "SELECT class, code, server, address FROM exchange_server ORDER BY class, code, server LIMIT $1", NODE };
static const struct query LIST_AUTH = { "exchange", "SELECT der FROM exchange_server_cert WHERE class = $1 AND code = $2 AND server = $3 ORDER BY hash LIMIT $4", NODE };
static const struct query LIST_CLIENTS = { "exchange", "SELECT subsystem FROM exchange_client WHERE class = $1 AND code = $2 AND server = $3 ORDER BY subsystem LIMIT $4", NODE };

enum { PER_SERVER_MOST = 1000 };

static enum status read_auth(struct call *c, struct write_server *s)
{
    struct str *certs = arena_array(c->arena, struct str, PER_SERVER_MOST);
    DB_ROWS rows = db_run(c, &LIST_AUTH, db_text(s->id.class_), db_text(s->id.member), db_text(s->id.server), db_int(PER_SERVER_MOST));
    while (db_next(&rows)) certs[s->ncerts++] = db_col_bytes(&rows, 0);
    s->auth_certs = certs;
    return db_finish(&rows);
}

static enum status read_clients(struct call *c, struct write_server *s)
{
    struct xid *clients = arena_array(c->arena, struct xid, PER_SERVER_MOST);
    DB_ROWS rows = db_run(c, &LIST_CLIENTS, db_text(s->id.class_), db_text(s->id.member), db_text(s->id.server), db_int(PER_SERVER_MOST));
    while (db_next(&rows)) {
        clients[s->nclients] = s->id;
        clients[s->nclients].server = STR("");
        clients[s->nclients++].subsystem = db_col_text(&rows, 0);
    }
    s->clients = clients;
    return db_finish(&rows);
}

static enum status read_members(struct call *c, struct write_params *p)
{
    struct write_member *members = arena_array(c->arena, struct write_member, LIST_MOST);
    DB_ROWS rows = db_run(c, &LIST_MEMBERS, db_int(LIST_MOST));
    while (db_next(&rows)) {
        struct xid id = { .instance = p->instance, .class_ = db_col_text(&rows, 0), .member = db_col_text(&rows, 1), .subsystem = db_col_text(&rows, 2) };
        members[p->nmembers++] = (struct write_member){ id, db_col_text(&rows, 3) };
    }
    p->members = members;
    return db_finish(&rows);
}

enum status operator__read_members(struct call *c, struct write_params *ret)
{
    struct write_server *servers = arena_array(c->arena, struct write_server, LIST_MOST);
    TRY(read_members(c, ret));
    {
        DB_ROWS rows = db_run(c, &LIST_SERVERS, db_int(LIST_MOST));
        while (db_next(&rows)) {
            struct xid id = { .instance = ret->instance, .class_ = db_col_text(&rows, 0), .member = db_col_text(&rows, 1), .server = db_col_text(&rows, 2) };
            servers[ret->nservers++] = (struct write_server){ .id = id, .address = db_col_text(&rows, 3) };
        }
        TRY(db_finish(&rows));
    }
    for (size_t i = 0; i < ret->nservers; i++) {
        TRY(read_auth(c, &servers[i]));
        TRY(read_clients(c, &servers[i]));
    }
    ret->servers = servers;
    return ST_OK;
}

/* ---- publications: kept a while, because members fetch document and parameters one after the other ---- */

static const struct query DROP_OLD = { "exchange", "DELETE FROM exchange_publication WHERE at_ms < $1", NODE };
static const struct query DROP_PUBLICATION = { "exchange", "DELETE FROM exchange_publication WHERE path = $1", NODE };
static const struct query INSERT_PUBLICATION = { "exchange", "INSERT INTO exchange_publication (path, at_ms, bytes) VALUES ($1, $2, $3)", NODE };
static const struct query FIND_PUBLICATION = { "exchange", "SELECT bytes FROM exchange_publication WHERE path = $1", NODE };

struct publishing { const struct publication *list; size_t n; int64_t drop_before_ms; };

static enum status publish(struct call *c, struct db_tx *tx, void *arg)
{
    const struct publishing *p = arg;
    (void)tx;
    TRY(db_exec(c, &DROP_OLD, db_int(p->drop_before_ms)));
    for (size_t i = 0; i < p->n; i++) {
        TRY(db_exec(c, &DROP_PUBLICATION, db_text(p->list[i].path)));
        TRY(db_exec(c, &INSERT_PUBLICATION, db_text(p->list[i].path), db_int(c->now_ms), db_bytes(p->list[i].bytes)));
    }
    return ST_OK;
}

enum status operator__store_publications(struct call *c, const struct publication *list, size_t n, int64_t drop_before_ms)
{
    struct publishing p = { list, n, drop_before_ms };
    return db_atomic(c, publish, &p);
}

enum status operator__find_publication(struct call *c, struct str path, struct str *ret)
{
    DB_ROWS rows = db_run(c, &FIND_PUBLICATION, db_text(path));
    enum status st = db_one(&rows);
    if (st == ST_NOT_FOUND) return call_fail(c, ST_NOT_FOUND, "", "Nothing is published here. Ask for /internalconf?version=6.");
    TRY(st);
    *ret = db_col_bytes(&rows, 0);
    return ST_OK;
}
