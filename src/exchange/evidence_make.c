/* evidence_make.c: the containers of this node's own messages (x-road 5.4), out of the message log and its time-stamps. */
#include "base/url.h"
#include "exchange/evidence.h"
#include "exchange/stamp_int.h"

enum { NAME_MOST = 226 }; /* of the message id in a file name */

/* add_stamp: the token of the row, if there is one: into the signature document, or beside it with the chain that leads there. */
static enum status add_stamp(struct call *c, int64_t seq, struct asic_message *m, bool *ret)
{
    struct stamp_row row;
    const struct str *digests;
    size_t n, at = SIZE_MAX;
    enum status st = stamp__next(c, seq, &row);
    if (st == ST_OK) st = stamp__digests(c, &row, seq, &digests, &n, &at);
    if (st == ST_NOT_FOUND || (st == ST_OK && at == SIZE_MAX)) return call_clear(c), *ret = false, ST_OK;
    TRY(st);
    m->at_ms = row.at_ms;
    *ret = true;
    if (!stamp_is_batch(row.result)) return stamp_put_token(c, m->signature, row.token, &m->signature);
    m->stamp = row.token;
    m->stamp_result = row.result;
    return stamp_batch_chain(c, digests, n, at, &m->stamp_chain);
}

/* has_attachment: a body that is empty is signed too, and leaves no bytes in the log. */
static bool has_attachment(const struct signature_doc *s)
{
    struct str uri = STR("URI=\"/attachment1\"");
    return str_find(s->chain, uri) != SIZE_MAX || str_find(s->xml, uri) != SIZE_MAX;
}

/* file_name: <message id>-request-<number>.asice; the number keeps the two sides of an exchange on one node apart. */
static struct str file_name(struct call *c, const struct message_parts *p)
{
    struct buf b = buf_in(c->arena, 4 * NAME_MOST);
    struct sender s;
    struct str id = sender__read(c, p->head, &s) == ST_OK && s.message_id.n ? s.message_id : p->request_id;
    call_clear(c);
    url_encode_to(&b, id);
    return str_print(c->arena, "%.*s-%s-%lld.asice", STR_ARG(str_first(buf_str(&b), NAME_MOST)), p->kind == MESSAGE_QUESTION ? "request" : "response", (long long)p->seq);
}

enum status evidence__of_parts(struct call *c, const struct message_parts *p, struct made_container *ret)
{
    struct asic_message m = { .message = p->head, .signature = p->signature.xml, .chain_result = p->signature.chain_result, .chain = p->signature.chain, .attachments = &p->body };
    struct made_container made = { .name = file_name(c, p) };
    if (!p->signature.xml.n) return call_fail(c, ST_NOT_FOUND, "ID", "This message stayed inside one member and was not signed: the journal proves what was read.");
    if (!p->is_whole) return call_fail(c, ST_NOT_FOUND, "ID", "Only the metadata of this message is kept, so nothing can prove it.");
    m.nattachments = has_attachment(&p->signature);
    TRY(add_stamp(c, p->seq, &m, &made.is_stamped));
    TRY(asic_write(c, &m, &made.zip));
    *ret = made;
    return ST_OK;
}

enum status evidence__make(struct call *c, int64_t seq, struct made_container *ret)
{
    struct message_parts parts;
    TRY(message__open(c, seq, &parts));
    return evidence__of_parts(c, &parts, ret);
}
