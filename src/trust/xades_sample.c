/* xades_sample.c: writes signature documents of ours into a folder, for judges that we did not write (test/trust/xmlsec.test.mjs):
 * xades_sample DIR. Four documents: P-256 and RSA, one part and a message with an attachment. */
#include <stdio.h>

#include "base/app.h"
#include "base/file.h"
#include "trust/signature.h"
#include "trust/test_signing.h"
#include "trust/xades_int.h"

#define MESSAGE STR("POST\r\n/r1/VN/GOV/G01/population/person\r\n")
#define ATTACHMENT STR("{\"key\":\"pin\"}")

static enum status put(struct call *c, struct str folder, const char *name, struct str text)
{
    return file_write(c, file_path(c->arena, folder, str_z(name)), text, 0600);
}

static enum status put_documents(struct call *c, struct str folder, enum key_algorithm algorithm, const char *prefix)
{
    struct key k = test_signing_key(algorithm);
    struct str cert = test_signing_cert(c, k.evp);
    struct signed_part parts[] = { { STR(XADES_MESSAGE), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, MESSAGE) },
                                   { STR("/attachment1"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, ATTACHMENT) } };
    struct signature_doc one, two;
    TRY(signature_make(c, &k, cert, STR("ocsp"), parts, 1, &one));
    TRY(signature_make(c, &k, cert, STR("ocsp"), parts, 2, &two));
    EVP_PKEY_free(k.evp);
    TRY(put(c, folder, str_to_z(c->arena, str_join(c->arena, str_z(prefix), STR(".cert.pem"), STR_END)), cert_to_pem(c->arena, cert)));
    TRY(put(c, folder, str_to_z(c->arena, str_join(c->arena, str_z(prefix), STR("-one.xml"), STR_END)), one.xml));
    TRY(put(c, folder, str_to_z(c->arena, str_join(c->arena, str_z(prefix), STR("-two.xml"), STR_END)), two.xml));
    return put(c, folder, str_to_z(c->arena, str_join(c->arena, str_z(prefix), STR("-two.result.xml"), STR_END)), two.chain_result);
}

static enum status put_all(struct call *c, struct str folder)
{
    TRY(put(c, folder, "message.xml", MESSAGE));
    TRY(put_documents(c, folder, KEY_P256, "p256"));
    return put_documents(c, folder, KEY_RSA2048, "rsa");
}

int main(int argc, char **argv)
{
    static const struct app app;
    if (argc != 2) {
        fprintf(stderr, "usage: xades_sample DIR\n");
        return 64;
    }
    struct call *c = call_open(&app);
    enum status st = put_all(c, str_z(argv[1]));
    if (st != ST_OK) fprintf(stderr, "%.*s\n", STR_ARG(call_sentence(c, st).sentence));
    call_close(c);
    return status_exit(st);
}
