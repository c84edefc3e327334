/* stamp_fuzz.c: bytes taken for a question to our time-stamp service always get a well-formed answer, and bytes taken for a token or an answer are believed only when
 * the key below has signed them: then they say what the one seed says. The first input byte says which of the three is tried. */
#include "trust/stamp_answer.c"

#include <stdlib.h>

#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key pair for this test alone, and its certificate for time-stamps. */
static const char cert_base64[] =
    "MIIBgzCCASigAwIBAgIUULbhzFVWV1n7mL9aa3mOacTECV4wCgYIKoZIzj0EAwIwFjEUMBIGA1UEAwwLRnV6eiBzdGFtcHMwHhcNMjYxMTIyMDgwOTQzWhcNMzYx"
    "MTE5MDgwOTQzWjAWMRQwEgYDVQQDDAtGdXp6IHN0YW1wczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIdzGbb7V+9kSn7xPxYLDjx/+7fIUbG+UBDLSehccprS"
    "OVpGxnHq4FaYdC9eQ84kf0dblrdFIiGbxefZ3gj8YqGjVDBSMAkGA1UdEwQCMAAwDgYDVR0PAQH/BAQDAgeAMBYGA1UdJQEB/wQMMAoGCCsGAQUFBwMIMB0GA1Ud"
    "DgQWBBTvI/VdeFvlU74Nnh3qektRQXAyJjAKBggqhkjOPQQDAgNJADBGAiEA6SnSoDdbzd30PT2wLKqxWJIo0pGzAHssCnlwtXxnyRoCIQC1qFPjZ4CQI6PwYBT6"
    "v5SXAOcg2mdz2DLxn60IfbOqgw==";
static const char key_base64[] =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0vKbbkKM3RR6NRPhpj0Nv7e/sAv/heKKgSlWKRALlamhRANCAASHcxm2+1fvZEp+8T8WCw48f/u3"
    "yFGxvlAQy0noXHKa0jlaRsZx6uBWmHQvXkPOJH9HW5a3RSIhm8Xn2d4I/GKh";

static enum status serial_9(struct call *c, int64_t *ret)
{
    (void)c;
    *ret = 9;
    return ST_OK;
}

static void try_question(struct call *c, struct str cert, struct str bytes)
{
    struct str key_der, answer, token;
    struct stamp_question other;
    struct stamp_facts facts;
    if (!decode_base64(c->arena, str_z(key_base64), &key_der)) abort();
    const unsigned char *p = ossl__bytes(key_der);
    OSSL(EVP_PKEY) key = d2i_AutoPrivateKey(NULL, &p, (long)key_der.n);
    const struct stamp_service service = { .cert = cert, .at_ms = c->now_ms, .next_serial = serial_9 };
    if (!key || answer_with(c, &service, key, bytes, &answer) != ST_OK) abort();
    if (stamp_ask(c, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("other")), &other) != ST_OK) abort();
    if (stamp_take(c, answer, &other, &cert, 1, c->now_ms, &token, &facts) == ST_OK) abort(); /* it answers another question */
    if (str_find(call_error(c)->sentence, STR("cannot be read")) != SIZE_MAX) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = call_open(NULL);
    struct str cert, token, bytes = str_skip(str_of(data, size), 1), digest = trust_digest(c->arena, DIGEST_SHA512, STR("hello"));
    struct stamp_question q = { .alg = DIGEST_SHA512, .digest = digest, .nonce = STR_INIT("12345678") };
    struct stamp_facts facts;
    if (size == 0 || !decode_base64(c->arena, str_z(cert_base64), &cert)) {
        if (size) abort();
    } else if (data[0] % 3 == 0) {
        try_question(c, cert, bytes);
    } else if (data[0] % 3 == 1) {
        if (stamp_check(c, bytes, DIGEST_SHA512, digest, &cert, 1, &facts) == ST_OK && !str_eq(facts.serial, STR("2"))) abort();
    } else if (stamp_take(c, bytes, &q, &cert, 1, c->now_ms, &token, &facts) == ST_OK || call_error(c)->sentence.n == 0) {
        abort();
    }
    call_close(c);
    return 0;
}
