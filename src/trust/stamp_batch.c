/* stamp_batch.c: one time-stamp for the signatures of many messages (x-road 5.3): each signature document is a leaf of a hash chain under the name that it has in a
 * container, and what is stamped is the chain's result. One message alone is a batch of one. */
#include "trust/stamp.h"

#include "trust/hash_chain_int.h"

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

enum status stamp_batch_chain(struct call *c, const struct str *digests, size_t n, size_t at, struct str *ret_xml)
{
    return hash_chain__write_one(c, messages_of(c, digests, n), n, at, ret_xml);
}

enum status stamp_batch_check(struct call *c, struct str result_xml, struct str chain_xml, struct str digest)
{
    const struct signed_part part = { leaf_name, DIGEST_SHA512, digest };
    return hash_chain_check(c, result_xml, chain_xml, &part, 1);
}
