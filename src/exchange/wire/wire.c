/* wire.c: a signed message as the multipart body that travels between two servers (x-road 3.3), and its signature: made with the member's key, judged so
 * that every received part is covered. Reading and judging are separate: nothing of a message is used before wire__check_signature said yes. */
#include "exchange/wire/wire.h"

#include "exchange/status/status.h"

enum { SMALL_PART_MAX = 4 * 1024 * 1024 /* of every part but the body */ };
static const struct str HEAD_TYPE[2] = { STR_INIT("application/x-road-rest-response"), STR_INIT("application/x-road-rest-request") };

static void put_behind_body(struct buf *b, struct str boundary, const struct wire *w)
{
    if (w->signature.chain.n) {
        multipart__put(b, boundary, STR("application/hash-chain-result"), w->signature.chain_result);
        multipart__put(b, boundary, STR("application/hash-chain"), w->signature.chain);
    }
    multipart__put(b, boundary, STR("signature/bdoc-1.0/ts"), w->signature.xml);
    multipart__end(b, boundary);
}

/* room_for: enough for all parts and what stands between them; 0, and the buffer grows or fails by itself, for what may be too large. */
static size_t room_for(const struct wire *w)
{
    enum { BETWEEN = 160 };
    size_t n = w->head.n + w->signature.xml.n + w->signature.chain.n + w->signature.chain_result.n + (6 + w->nocsp) * BETWEEN;
    for (size_t i = 0; i < w->nocsp; i++) n += w->ocsp[i].n;
    if (w->has_body) n += w->body.n;
    return n < EXCHANGE_WIRE_MAX ? n : 0;
}

enum status wire__write(struct call *c, const struct wire *w, bool is_request, struct wire_bytes *ret)
{
    struct str boundary = multipart__boundary(c->arena, "xtop");
    struct buf b = buf_in(c->arena, EXCHANGE_WIRE_MAX);
    (void)buf_room(&b, room_for(w));
    for (size_t i = 0; i < w->nocsp; i++) multipart__put(&b, boundary, STR("application/ocsp-response"), w->ocsp[i]);
    multipart__put(&b, boundary, HEAD_TYPE[is_request], w->head);
    if (w->has_body) multipart__put(&b, boundary, STR("application/x-road-rest-body"), w->body);
    size_t before = b.n;
    put_behind_body(&b, boundary, w);
    if (b.failed)
        return call_fault(c, call_fail(c, ST_TOO_LARGE, "body", "The message is over 10 MiB. Send it in smaller pieces."), STR("bad_request"));
    struct str all = buf_str(&b);
    *ret = (struct wire_bytes){ .type = str_join(c->arena, STR("multipart/mixed; charset=UTF-8; boundary="), boundary, STR_END), .before = all, .large = w->large };
    if (w->large.spool) ret->before = str_first(all, before), ret->behind = str_skip(all, before);
    return ST_OK;
}

static enum status out_of_order(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The message holds parts that do not belong there, or in the wrong order. Check the software that made it."), STR("invalid_message"));
}

/* The order of parts (3.3): status answers, head, body, chain result, chain, signature. A fault may come at any point and ends the message. */
enum stage { AT_OCSP, AT_HEAD, AT_BODY, AT_CHAIN_RESULT, AT_CHAIN, AT_SIGNATURE };

static bool stage_of(struct str type, bool is_request, enum stage *ret)
{
    static const struct { struct str type; enum stage stage; } kinds[] = {
        { STR_INIT("application/ocsp-response"), AT_OCSP }, { STR_INIT("application/x-road-rest-body"), AT_BODY }, { STR_INIT("application/hash-chain-result"), AT_CHAIN_RESULT },
        { STR_INIT("application/hash-chain"), AT_CHAIN }, { STR_INIT("signature/bdoc-1.0/ts"), AT_SIGNATURE } };
    if (str_eq_nocase(type, HEAD_TYPE[is_request])) return *ret = AT_HEAD, true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq_nocase(type, kinds[i].type)) return *ret = kinds[i].stage, true;
    return false;
}

static enum status take_part(struct call *c, struct wire *w, enum stage stage, const struct part *p)
{
    struct str body = p->body;
    if (p->large.spool && stage != AT_BODY && extent_load(c, &p->large, SMALL_PART_MAX, &body) != ST_OK) return call_clear(c), out_of_order(c);
    switch (stage) {
    case AT_OCSP:
        if (w->nocsp == WIRE_OCSP_MAX) return out_of_order(c);
        w->ocsp[w->nocsp++] = body;
        return ST_OK;
    case AT_HEAD: w->head = body; return ST_OK;
    case AT_BODY: w->has_body = true; w->body = body; w->large = p->large; return ST_OK;
    case AT_CHAIN_RESULT: w->signature.chain_result = body; return ST_OK;
    case AT_CHAIN: w->signature.chain = body; return ST_OK;
    case AT_SIGNATURE: w->signature.xml = body; return ST_OK;
    }
    return ST_OK;
}

static enum status check_parts(struct call *c, const struct wire *w)
{
    if (w->head.n == 0) return call_fault(c, call_fail(c, ST_INVALID, "", "The message part is missing. Check the software that made it."), STR("missing_rest"));
    return (w->signature.chain.n == 0) == (w->signature.chain_result.n == 0) ? ST_OK : out_of_order(c);
}

enum status wire__check_signed(struct call *c, const struct wire *w)
{
    if (w->signature.xml.n) return ST_OK;
    return call_fault(c, call_fail(c, ST_DENIED, "", "The message is not signed. Check the software that made it."), STR("missing_signature"));
}

enum status wire__read(struct call *c, struct str content_type, struct str bytes, const struct extent *large, bool is_request, struct wire *ret)
{
    struct wire w = { 0 };
    struct multipart m;
    struct part p;
    bool more;
    int reached = -1;
    TRY(large->spool ? multipart__open_extent(c, content_type, large, &m) : multipart__open(c, content_type, bytes, &m));
    for (;;) {
        TRY(multipart__next(c, &m, &p, &more));
        if (!more) break;
        struct str type = multipart__type(part__header(&p, "content-type"));
        enum stage stage;
        if (str_eq_nocase(type, STR("text/xml"))) {
            TRY(fault__read_soap(c, p.body, &w.fault));
            w.has_fault = true;
            *ret = w;
            return ST_OK;
        }
        if (!stage_of(type, is_request, &stage) || (int)stage < reached || ((int)stage == reached && stage != AT_OCSP) || (stage == AT_OCSP && !is_request))
            return out_of_order(c);
        reached = (int)stage;
        TRY(take_part(c, &w, stage, &p));
    }
    if (m.rest.n && !str_eq(m.rest, STR("\r\n"))) return out_of_order(c); /* nothing follows the signature, not even outside the parts */
    TRY(check_parts(c, &w));
    *ret = w;
    return ST_OK;
}

enum status wire__digest(struct call *c, struct wire *w)
{
    w->head_digest = trust_digest(c->arena, DIGEST_SHA512, w->head);
    if (w->large.spool) return trust_digest_extent(c, DIGEST_SHA512, &w->large, &w->body_digest);
    if (w->has_body) w->body_digest = trust_digest(c->arena, DIGEST_SHA512, w->body);
    return ST_OK;
}

/* parts_of: what the signature covers, or must cover: every part. */
static size_t parts_of(const struct wire *w, struct signed_part parts[static 2])
{
    parts[0] = (struct signed_part){ STR("/message.xml"), DIGEST_SHA512, w->head_digest };
    parts[1] = (struct signed_part){ STR("/attachment1"), DIGEST_SHA512, w->body_digest };
    return w->has_body ? 2 : 1;
}

enum status wire__sign(struct call *c, struct sign_turn *turn, struct str member, struct wire *w)
{
    const struct key *key;
    struct str cert, ocsp;
    struct signed_part parts[2];
    enum status st = wire__digest(c, w);
    if (st == ST_OK) st = trust_key(c, KEY_SIGN, member, &key);
    if (st == ST_OK) st = key_certificate(c, key, &cert);
    if (st == ST_OK) st = ocsp__own(c, cert, &ocsp);
    if (st == ST_OK) st = sign__message(c, turn, key, cert, ocsp, parts, parts_of(w, parts), &w->signature);
    return st == ST_OK ? ST_OK : fault__wrap(c, st, STR("cannot_create_signature"));
}

enum status wire__check_signature(struct call *c, const struct directory *d, struct wire *w, const struct xid *signer)
{
    struct signed_part parts[2];
    struct signature_facts facts;
    TRY(wire__digest(c, w));
    enum status st = signature_check(c, &w->signature, parts, parts_of(w, parts), &facts);
    if (st == ST_OK) st = judge__signer(c, d, &facts, signer);
    if (st == ST_OK) return ST_OK;
    if (str_is_empty(c->error.fault)) return call_fault(c, st, STR("signature_verification"));
    return st;
}
