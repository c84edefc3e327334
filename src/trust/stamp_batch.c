/* stamp_batch.c: what is stamped (x-road 5.3). Of many messages: each signature document is a leaf of a hash chain under the name that it has in a container, and the
 * chain's result is stamped. Of one message alone: the value of its signature, and the token goes into the document. */
#include "trust/stamp.h"

#include "base/buf.h"
#include "base/encode.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_int.h"

static const struct str leaf_name = STR_INIT("/META-INF/signatures.xml"), result_uri = STR_INIT("/ts-hashchain.xml#STEP0");

static const struct signed_message *messages_of(struct call *c, const struct str *digests, size_t n)
{
    struct signed_part *parts = arena_array(c->arena, struct signed_part, n);
    struct signed_message *messages = arena_array(c->arena, struct signed_message, n);
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct signed_part){ leaf_name, DIGEST_SHA512, digests[i] };
        messages[i] = (struct signed_message){ &parts[i], 1 };
    }
    return messages;
}

enum status stamp_batch_result(struct call *c, const struct str *digests, size_t n, struct str *ret_xml)
{
    return hash_chain__write_result(c, messages_of(c, digests, n), n, result_uri, ret_xml);
}

const struct hash_tree *stamp_batch_grow(struct call *c, const struct str *digests, size_t n) { return hash_chain__grow(c->arena, messages_of(c, digests, n), n); }

enum status stamp_batch_way(struct call *c, const struct hash_tree *t, size_t at, struct str *ret_xml) { return hash_chain__write_one(c, t, at, ret_xml); }

enum status stamp_batch_chain(struct call *c, const struct str *digests, size_t n, size_t at, struct str *ret_xml)
{
    return stamp_batch_way(c, stamp_batch_grow(c, digests, n), at, ret_xml);
}

enum status stamp_batch_check(struct call *c, struct str result_xml, struct str chain_xml, struct str digest)
{
    const struct signed_part part = { leaf_name, DIGEST_SHA512, digest };
    return hash_chain_check(c, result_xml, chain_xml, &part, 1);
}

bool stamp_is_batch(struct str stamped) { return str_starts(stamped, STR(HASH_CHAIN_RESULT_HEAD)); }

/* ---- one signature ---- */

#define PLACE "<xades:UnsignedSignatureProperties>" /* the token is the first thing in it */

bool stamp_single_value(struct call *c, struct str signature_xml, struct str *ret_value)
{
    struct str value, token, rest = signature_xml, before;
    bool has_place = str_cut_at(&rest, STR(PLACE), &before) && str_find(rest, STR(PLACE)) == SIZE_MAX;
    if (has_place && signature_read_stamp(c, signature_xml, &value, &token) == ST_OK && !token.n) return *ret_value = value, true;
    call_clear(c);
    return false;
}

enum status stamp_put_token(struct call *c, struct str signature_xml, struct str token, struct str *ret_xml)
{
    struct str rest = signature_xml, before;
    struct buf b = buf_in(c->arena, XADES_MAX);
    if (!str_cut_at(&rest, STR(PLACE), &before)) return call_fail(c, ST_INVALID, "stamp", "The signature document has no place for a time-stamp.");
    buf_put(&b, before);
    buf_put_z(&b, PLACE "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>");
    encode_base64_to(&b, token);
    buf_put_z(&b, "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>");
    buf_put(&b, rest);
    return buf_finish(&b, ret_xml);
}
