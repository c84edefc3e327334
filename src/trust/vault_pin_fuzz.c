/* vault_pin_fuzz.c: what an envelope of a key says of itself: any bytes are read or refused, and a scheme that is ours reads the same when it is made anew from what was read. The
 * dear part, scrypt, is left out. */
#include "trust/vault_pin.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok) abort();
}

static void check_scheme(const X509_ALGOR *alg)
{
    uint8_t salt[SALT_BYTES], iv[IV_BYTES], salt_again[SALT_BYTES], iv_again[IV_BYTES];
    if (!read_scheme(alg, salt, iv)) return;
    X509_ALGOR *again = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, SALT_BYTES, iv, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    need(again && read_scheme(again, salt_again, iv_again) && memcmp(salt, salt_again, SALT_BYTES) == 0 && memcmp(iv, iv_again, IV_BYTES) == 0);
    X509_ALGOR_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char *at = data;
    OSSL(X509_SIG) envelope = size < 65536 ? d2i_X509_SIG(NULL, &at, (long)size) : NULL;
    const X509_ALGOR *alg;
    if (envelope) {
        X509_SIG_get0(envelope, &alg, NULL);
        check_scheme(alg);
    }
    ossl__forget();
    return 0;
}
