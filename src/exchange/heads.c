/* heads.c: journal heads between members. Every node sends its newest signed head to the operator's directory service, which checks signature and consistency with
 * what it holds, keeps it and so publishes it: proofs shown to people stand against a published head, and a node that rewrites its journal is caught. Why a head was not taken
 * is kept too, for who looks after the node. */
#include "exchange/exchange_int.h"

#include "base/config.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "exchange/figures.h"
#include "trust/journal.h"

enum { HASH_BYTES = 32, PATH_MOST = 128, KEY_TEXT_MAX = 1024, CHECKPOINT_MAX = 4096, MESSAGE_MAX = 32 * 1024, WORDS_MAX = 300 };

static const struct query FIND_HEAD = { "exchange", "SELECT size, verifier_key, checkpoint FROM exchange_head WHERE server = $1", NODE };
static const struct query INSERT_HEAD = { "exchange", "INSERT INTO exchange_head (server, size, verifier_key, checkpoint, at_ms) VALUES ($1, $2, $3, $4, $5)", NODE };
static const struct query UPDATE_HEAD = { "exchange", "UPDATE exchange_head SET size = $2, checkpoint = $3, at_ms = $4 WHERE server = $1", NODE };

struct kept { bool found; int64_t size; struct str verifier_key, checkpoint; };

static enum status find_kept(struct call *c, struct str server, struct kept *ret)
{
    DB_ROWS rows = db_run(c, &FIND_HEAD, db_text(server));
    if (db_next(&rows)) *ret = (struct kept){ true, db_col_int(&rows, 0), db_col_text(&rows, 1), db_col_text(&rows, 2) };
    return db_finish(&rows);
}

/* judged: the size of the published head that this one was found to continue; or none was there, or (our own head, taken by the operator) it does not matter. */
enum { JUDGED_NONE = -1, JUDGED_ANY = -2 };
struct keeping { struct str server, verifier_key; const struct journal_head *head; int64_t judged; };

/* keep_in: what is there is asked again inside the transaction. Two heads that come together may both continue the one that was published and yet not each other;
 * and on the operator's node the service has just written the one that the job comes to write. */
static enum status keep_in(struct call *c, struct db_tx *tx, void *arg)
{
    const struct keeping *k = arg;
    struct kept before = { 0 };
    (void)tx;
    TRY(find_kept(c, k->server, &before));
    if (k->judged != JUDGED_ANY && k->judged != (before.found ? before.size : JUDGED_NONE))
        return call_fail(c, ST_CONFLICT, "checkpoint", "Another head of this journal came at the same moment. Send the newest one again.");
    if (!before.found)
        return db_exec(c, &INSERT_HEAD, db_text(k->server), db_int(k->head->size), db_text(k->verifier_key), db_text(k->head->checkpoint), db_int(c->now_ms));
    return db_exec(c, &UPDATE_HEAD, db_text(k->server), db_int(k->head->size), db_text(k->head->checkpoint), db_int(c->now_ms));
}

enum status exchange_published_head(struct call *c, struct str server, struct str *verifier_key, struct str *checkpoint)
{
    struct kept k = { 0 };
    TRY(find_kept(c, server, &k));
    if (!k.found) return ST_NOT_FOUND;
    *verifier_key = k.verifier_key;
    *checkpoint = k.checkpoint;
    return ST_OK;
}

/* ---- operator: take one ---- */

static enum status bad_head(struct call *c) { return call_fail(c, ST_INVALID, "checkpoint", "Send the newest signed head of the journal and its verifier key."); }

/* server_of_key: "VN/GOV/H26/hn1/journal+hash+key" names the server; it must be one of the client's own that the directory knows, so that nobody fills the table. */
static enum status server_of_key(struct call *c, const struct xid *client, struct str verifier_key, struct str *ret)
{
    DIRECTORY d = NULL;
    static const struct str tail = STR_INIT("/journal");
    struct str origin, rest = verifier_key;
    struct xid id;
    if (verifier_key.n > KEY_TEXT_MAX || !str_cut(&rest, '+', &origin) || !str_ends(origin, tail)) return bad_head(c);
    *ret = str_first(origin, origin.n - tail.n);
    if (!xid__parse_server(c->arena, *ret, &id)) return bad_head(c);
    TRY(directory__hold(c, &d));
    return xid__same_member(&id, client) && directory__find_server(d, &id) ? ST_OK : call_fail(c, ST_DENIED, "checkpoint", "A member publishes the heads of its own servers only.");
}

static enum status read_path(struct call *c, const struct json *list, uint8_t (**ret)[HASH_BYTES], size_t *n)
{
    uint8_t(*path)[HASH_BYTES] = arena_alloc_array(c->arena, PATH_MOST, HASH_BYTES, 1);
    struct str hash;
    *n = 0;
    for (const struct json *e = list ? json_first(list) : NULL; e; e = json_next(e)) {
        if (*n == PATH_MOST || !decode_hex(c->arena, json_text(e, STR("")), &hash) || hash.n != HASH_BYTES) return bad_head(c);
        memcpy(path[(*n)++], hash.p, HASH_BYTES);
    }
    *ret = path;
    return ST_OK;
}

static enum status refuse_fork(struct call *c)
{
    call_note(c, "exchange", "a journal head does not grow out of the one that is published");
    return call_fail(c, ST_CONFLICT, "checkpoint", "This head does not continue the one that is published. The journal was changed: ask the member for an explanation.");
}

/* check_growth: same key, no smaller, and the old tree is the beginning of the new one. */
static enum status check_growth(struct call *c, const struct kept *k, const struct json *j, const struct journal_head *head, struct str verifier_key)
{
    struct journal_head old;
    uint8_t(*path)[HASH_BYTES];
    size_t n;
    if (!str_eq(k->verifier_key, verifier_key)) return call_fail(c, ST_CONFLICT, "key", "This server's heads are signed with another key. Ask the operator to change it.");
    TRY(journal_read_checkpoint(c, k->checkpoint, verifier_key, &old));
    if (head->size < old.size) return refuse_fork(c);
    TRY(read_path(c, json_get(j, "consistency"), &path, &n));
    bool grows = head->size == old.size ? memcmp(head->root, old.root, HASH_BYTES) == 0
                                        : old.size == 0 || journal_check_consistency(old.size, old.root, head->size, head->root, (const uint8_t(*)[HASH_BYTES])path, n);
    return grows ? ST_OK : refuse_fork(c);
}

static void put_held(struct call *c, struct service_reply *rp, int status, int64_t size)
{
    struct buf b = buf_in(c->arena, 256);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_int_at(&o, "size", size);
    json_close(&o);
    *rp = (struct service_reply){ .status = status, .content_type = STR("application/json"), .body = buf_str(&b) };
}

enum status heads__take(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    const struct json *j;
    struct str checkpoint, key, server;
    struct journal_head head;
    struct kept k = { 0 };
    int64_t from = -1;
    if (rq->body.n > MESSAGE_MAX) return bad_head(c);
    TRY(json_parse(c, rq->body, &j));
    TRY(json_need(c, j, "checkpoint", &checkpoint));
    TRY(json_need(c, j, "key", &key));
    if (checkpoint.n > CHECKPOINT_MAX) return bad_head(c);
    TRY(server_of_key(c, &rq->client, key, &server));
    TRY(journal_read_checkpoint(c, checkpoint, key, &head));
    head.checkpoint = checkpoint;
    TRY(find_kept(c, server, &k));
    (void)json_int(json_get(j, "from"), &from);
    /* The sender may not know what is held here: it is told, and proves from there the next time. */
    if (k.found && from != k.size && head.size > k.size) return put_held(c, rp, 409, k.size), ST_OK;
    if (k.found) TRY(check_growth(c, &k, j, &head, key));
    struct keeping keeping = { server, key, &head, k.found ? k.size : JUDGED_NONE };
    TRY(db_atomic(c, keep_in, &keeping));
    put_held(c, rp, 200, head.size);
    return ST_OK;
}

/* ---- member: send the newest ---- */

/* find_operator: see heads__operator. */
static bool find_operator(struct call *c, const struct directory *d, struct xid *ret)
{
    struct str named = config_text(c->app->config, "exchange.heads");
    if (named.n) return xid_parse_client(c->arena, named, ret) && ret->subsystem.n;
    for (size_t i = 0; i < d->nmembers; i++)
        if (str_eq(d->members[i].id.subsystem, STR("directory"))) return *ret = xid__copy(c->arena, &d->members[i].id), true;
    return false;
}

bool heads__operator(struct call *c, struct xid *ret)
{
    DIRECTORY d = NULL;
    if (!exchange__of(c)->has_anchor) return false;
    if (directory__hold(c, &d) != ST_OK) return call_clear(c), false; /* told by the job of the directory */
    return find_operator(c, d, ret);
}

static struct str first_subsystem(struct call *c)
{
    const struct yaml *list = config_tree(c->app->config, "exchange.subsystems");
    return yaml_text(list ? list->first : NULL, "code", STR(""));
}

enum status exchange_tell_operator(struct call *c, struct str service, struct str json, struct exchange_answer *ret)
{
    struct exchange_request rq = { .client_subsystem = first_subsystem(c), .method = STR("POST"), .content_type = STR("application/json"), .body = json, .role = STR("node") };
    if (!heads__operator(c, &rq.service)) return ST_NOT_FOUND;
    rq.service.service = service;
    return exchange_call(c, &rq, ret);
}

static enum status put_message(struct call *c, const struct journal_head *head, struct str key, int64_t from, struct str *ret)
{
    struct buf b = buf_in(c->arena, MESSAGE_MAX);
    struct json_out o = json_to(&b);
    const uint8_t(*path)[HASH_BYTES];
    size_t n = 0;
    if (from > 0 && from < head->size) TRY(journal_prove_consistency(c, from, head->size, &path, &n));
    json_open(&o, '{');
    json_text_at(&o, "checkpoint", head->checkpoint);
    json_text_at(&o, "key", key);
    json_int_at(&o, "from", from);
    json_name(&o, STR("consistency"));
    json_open(&o, '[');
    for (size_t i = 0; i < n; i++) json_put_text(&o, encode_hex(c->arena, str_of(path[i], HASH_BYTES)));
    json_close(&o);
    json_close(&o);
    return buf_finish(&b, ret);
}

static enum status send_head(struct call *c, const struct journal_head *head, struct str key, int64_t from, struct exchange_answer *ret)
{
    struct str message;
    TRY(put_message(c, head, key, from, &message));
    return exchange_tell_operator(c, STR("heads"), message, ret);
}

static bool held_size(struct call *c, struct str body, int64_t *ret)
{
    const struct json *j;
    if (json_parse(c, body, &j) != ST_OK) return call_clear(c), false;
    return json_int(json_get(j, "size"), ret) && *ret >= 0;
}

/* refused: the operator's own words, where it gave some that fit into a line. Plain ones: they go into a column of text, and into lines whose parts tabs divide. */
static enum status refused(struct call *c, const struct exchange_answer *answer)
{
    const struct json *j;
    struct str words = STR("");
    if (json_parse(c, answer->body, &j) == ST_OK) words = json_text(json_get(j, "detail"), STR(""));
    call_clear(c);
    call_note(c, "exchange", "the operator answered the head of the journal with %d", answer->status);
    if (words.n && words.n <= WORDS_MAX && text_is_plain(words)) return call_fail(c, ST_CONFLICT, "", "The operator did not take the head of the journal. It says: %s", words);
    return call_fail(c, ST_CONFLICT, "", "The operator did not take the head of the journal. Compare it with the published one, then tell the operator.");
}

static enum status deliver(struct call *c, const struct journal_head *head, struct str key, const struct kept *before)
{
    struct exchange_answer answer;
    int64_t from = before->found ? before->size : 0;
    TRY(send_head(c, head, key, from, &answer));
    /* The operator holds another head than the one that we know was taken: prove from that one. */
    if (answer.status == 409 && held_size(c, answer.body, &from) && from <= head->size) TRY(send_head(c, head, key, from, &answer));
    if (answer.status != 200) return refused(c, &answer);
    struct keeping keeping = { exchange_server(c), key, head, JUDGED_ANY };
    return db_atomic(c, keep_in, &keeping);
}

static enum status send_newest(struct call *c)
{
    struct journal_head head;
    struct kept before = { 0 };
    struct xid operator;
    struct str key;
    if (!heads__operator(c, &operator)) return ST_OK;
    enum status st = journal_latest_head(c, &head);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    TRY(find_kept(c, exchange_server(c), &before));
    if (before.found && before.size == head.size) return ST_OK;
    TRY(journal_verifier_key(c, &key));
    return deliver(c, &head, key, &before);
}

/* ---- how it goes ---- */

static const struct query FIND_TROUBLE = { "exchange", "SELECT reason, with_values FROM exchange_head_trouble WHERE id = 1", NODE };
static const struct query SET_TROUBLE = { "exchange", "UPDATE exchange_head_trouble SET reason = $1, with_values = $2 WHERE id = 1", NODE };

struct trouble { struct str reason, values; };

static enum status find_trouble(struct call *c, struct trouble *ret)
{
    struct trouble t = { 0 };
    DB_ROWS rows = db_run(c, &FIND_TROUBLE);
    if (db_next(&rows)) t = (struct trouble){ db_col_text(&rows, 0), db_col_text(&rows, 1) };
    TRY(db_finish(&rows));
    *ret = t;
    return ST_OK;
}

static enum status set_trouble(struct call *c, struct db_tx *tx, void *arg)
{
    const struct trouble *t = arg;
    (void)tx;
    return db_exec(c, &SET_TROUBLE, db_text(t->reason), db_text(t->values));
}

static struct trouble trouble_of(struct call *c, const struct call_error *e)
{
    struct trouble t = { .reason = e->key };
    for (size_t i = 0; i < e->nargs; i++) t.values = str_join(c->arena, t.values, i ? STR("\t") : STR(""), e->args[i], STR_END);
    return t;
}

/* note_outcome: written only where it changes, for the job comes round every few seconds. */
static enum status note_outcome(struct call *c, enum status st)
{
    struct trouble before, now = { 0 };
    struct call_error told = { 0 };
    if (st != ST_OK) {
        told = call_sentence(c, st);
        now = trouble_of(c, &told);
        call_clear(c);
    }
    TRY(find_trouble(c, &before));
    if (!str_eq(before.reason, now.reason) || !str_eq(before.values, now.values)) TRY(db_atomic(c, set_trouble, &now));
    c->error = told;
    return st;
}

enum status heads__send(struct call *c) { return note_outcome(c, send_newest(c)); }

/* waits_since: the moment of the newest head would not tell it: where much is read, there is a newer one every second. */
static enum status waits_since(struct call *c, const struct journal_head *newest, int64_t *ret)
{
    struct kept published = { 0 };
    struct journal_head oldest;
    TRY(find_kept(c, exchange_server(c), &published));
    if (published.size > newest->size) { /* the journal lost leaves: it is not taken again before it has as many, and then it is another one */
        *ret = newest->at_ms;
        return ST_OK;
    }
    enum status st = journal_head_beyond(c, published.size, &oldest);
    *ret = st == ST_OK ? oldest.at_ms : 0;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status exchange_heads_state(struct call *c, struct exchange_heads_state *ret)
{
    struct journal_head newest;
    struct exchange_heads_state s = { 0 };
    struct trouble t;
    TRY(journal_latest_head(c, &newest));
    TRY(waits_since(c, &newest, &s.waiting_ms));
    TRY(find_trouble(c, &t));
    s.reason = t.reason;
    s.values = t.values;
    *ret = s;
    return ST_OK;
}
