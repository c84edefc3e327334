/* evidence_make.c: the containers of this node's own messages (x-road 5.4), out of the message log and its time-stamps. */
#include "base/url.h"
#include "exchange/evidence/evidence.h"

enum status evidence__read_stamp(struct call *c, int64_t seq, struct evidence_stamp *ret, size_t *at)
{
    struct evidence_stamp s = { 0 };
    const struct str *digests;
    size_t n;
    TRY(stamp__next(c, seq, &s.row));
    TRY(stamp__digests(c, &s.row, seq, &digests, &n, at));
    if (stamp_is_batch(s.row.result)) s.tree = stamp_batch_grow(c, digests, n);
    *ret = s;
    return ST_OK;
}

/* put_stamp: the token: into the signature document, or beside it with the chain that leads there. */
static enum status put_stamp(struct call *c, const struct evidence_stamp *s, size_t at, struct asic_message *m)
{
    m->at_ms = s->row.at_ms;
    if (!s->tree) return stamp_put_token(c, m->signature, s->row.token, &m->signature);
    m->stamp = s->row.token;
    m->stamp_result = s->row.result;
    return stamp_batch_way(c, s->tree, at, &m->stamp_chain);
}

/* has_attachment: a body that is empty is signed too, and leaves no bytes in the log. */
static bool has_attachment(const struct signature_doc *s)
{
    struct str uri = STR("URI=\"/attachment1\"");
    return str_find(s->chain, uri) != SIZE_MAX || str_find(s->xml, uri) != SIZE_MAX;
}

struct str evidence__name_of(struct call *c, struct str id)
{
    enum { NAME_MOST = 226 };
    return str_first(url_encode(c->arena, str_first(id, NAME_MOST)), NAME_MOST);
}

/* file_name: <message id>-request-<number>.asice; the number keeps the two sides of an exchange on one node apart. */
static struct str file_name(struct call *c, const struct message_parts *p)
{
    struct sender s;
    struct str id = sender__read(c, p->head, &s) == ST_OK && s.message_id.n ? s.message_id : p->request_id;
    call_clear(c);
    return str_print(c->arena, "%.*s-%s-%lld.asice", STR_ARG(evidence__name_of(c, id)), p->kind == MESSAGE_QUESTION ? "request" : "response", (long long)p->seq);
}

enum status evidence__under_stamp(struct call *c, const struct message_parts *p, const struct evidence_stamp *s, size_t at, struct made_container *ret)
{
    struct asic_message m = { .message = p->head, .signature = p->signature.xml, .chain_result = p->signature.chain_result, .chain = p->signature.chain, .attachments = &p->body };
    struct made_container made = { .name = file_name(c, p), .is_stamped = s != NULL };
    if (!p->signature.xml.n) return call_fail(c, ST_NOT_FOUND, "ID", "This message stayed inside one member and was not signed: the journal proves what was read.");
    if (!p->is_whole) return call_fail(c, ST_NOT_FOUND, "ID", "Only the metadata of this message is kept, so nothing can prove it.");
    m.nattachments = has_attachment(&p->signature);
    if (s) TRY(put_stamp(c, s, at, &m));
    TRY(asic_write(c, &m, &made.zip));
    *ret = made;
    return ST_OK;
}

enum status evidence__of_parts(struct call *c, const struct message_parts *p, struct made_container *ret)
{
    struct evidence_stamp s;
    size_t at = SIZE_MAX;
    enum status st = evidence__read_stamp(c, p->seq, &s, &at);
    bool is_stamped = st == ST_OK && at != SIZE_MAX;
    if (st == ST_NOT_FOUND) call_clear(c);
    else TRY(st);
    return evidence__under_stamp(c, p, is_stamped ? &s : NULL, at, ret);
}

enum status evidence__make(struct call *c, int64_t seq, struct made_container *ret)
{
    struct message_parts parts;
    TRY(message__open(c, seq, &parts));
    return evidence__of_parts(c, &parts, ret);
}
