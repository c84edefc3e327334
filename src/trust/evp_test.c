/* evp_test.c: OpenSSL's own TLS, both sides in this process over memory, with the server's and the client's key in the key holder. */
#include "trust/evp.c"

#include <openssl/ssl.h>

#include "trust/cert.h"
#include "trust/test_trust.h"
#include "trust/trust_int.h"

OSSL_TYPE(SSL_CTX, SSL_CTX_free)
OSSL_TYPE(SSL, SSL_free)

enum { STEPS = 50 };
static const struct cert_subject name = { .country = STR_INIT("VN"), .cn = STR_INIT("hn1.h26.vn") };

static SSL_CTX *tls_with(struct call *c, const struct key *k, int version)
{
    struct str cert;
    void *pkey;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CHECK_OK(ca_self_signed(c, k, &name, CERT_TLS, c->now_ms - 1000, c->now_ms + 3600000, &cert));
    CHECK_OK(key_evp(c, k, KEY_TLS, &pkey));
    OSSL(X509) x = trust__cert(c, cert);
    OSSL(EVP_PKEY) key = pkey;
    CHECK(ctx && SSL_CTX_set_min_proto_version(ctx, version) == 1 && SSL_CTX_set_max_proto_version(ctx, version) == 1);
    CHECK(SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1);
    return ctx;
}

static int take_any(int good, X509_STORE_CTX *ctx)
{
    (void)good, (void)ctx;
    return 1;
}

static bool shakes_hands(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
    BIO *a = NULL, *b = NULL;
    OSSL(SSL) server = SSL_new(server_ctx);
    OSSL(SSL) client = SSL_new(client_ctx);
    CHECK(server && client && BIO_new_bio_pair(&a, 0, &b, 0) == 1);
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    SSL_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any);
    int done = 0;
    for (int i = 0; i < STEPS && done != 2; i++) done = (SSL_do_handshake(client) == 1) + (SSL_do_handshake(server) == 1);
    ossl__forget();
    return done == 2;
}

TEST(tls_with_both_keys_in_the_holder)
{
    int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *server = test_trust_key(c, KEY_TLS, KEY_P256), *client = test_trust_key(c, KEY_TLS, KEY_P256);
    for (size_t i = 0; i < 2; i++) {
        OSSL(SSL_CTX) server_ctx = tls_with(c, server, versions[i]);
        OSSL(SSL_CTX) client_ctx = tls_with(c, client, versions[i]);
        CHECK(shakes_hands(server_ctx, client_ctx));
    }
    test_trust_close(c, &t);
}

TEST(tls_fails_while_the_holder_is_gone)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_TLS, KEY_P256);
    OSSL(SSL_CTX) ctx = tls_with(c, k, TLS1_3_VERSION);
    t.app.trust->ask_ms = 500;
    test_trust_kill(&t);
    CHECK(!shakes_hands(ctx, ctx));
    test_trust_close(c, &t);
}

TEST(rsa_key_does_nothing_but_sign_digests)
{
    struct test_trust t = { 0 };
    unsigned char out[256];
    size_t n = sizeof out;
    void *pkey;
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_RSA2048);
    CHECK_OK(key_evp(c, k, KEY_SIGN, &pkey));
    OSSL(EVP_PKEY) key = pkey;
    OSSL(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new(key, NULL);
    CHECK(EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_decrypt(ctx, out, &n, out, sizeof out) != 1);
    OSSL(EVP_PKEY_CTX) sign = EVP_PKEY_CTX_new(key, NULL);
    n = sizeof out;
    CHECK(EVP_PKEY_sign_init(sign) == 1 && EVP_PKEY_CTX_set_rsa_padding(sign, RSA_NO_PADDING) == 1 && EVP_PKEY_sign(sign, out, &n, out, sizeof out) != 1);
    ossl__forget();
    test_trust_close(c, &t);
}

TEST(head_key_gets_no_bridge)
{
    struct test_trust t = { 0 };
    void *pkey = NULL;
    test_trust_open(c, &t);
    CHECK(key_evp(c, test_trust_key(c, KEY_HEAD, KEY_ED25519), KEY_HEAD, &pkey) == ST_INVALID && !pkey && call_error(c)->sentence.n > 0);
    test_trust_close(c, &t);
}
