/* cert_cache_test.c: the same bytes give the same certificate, other bytes never; many threads at once. */
#include "trust/cert_cache.c"

#include "base/test.h"

/* A certificate with this number; unsigned, which is enough to be read. */
static struct str numbered(struct call *c, int number)
{
    OSSL(X509) x = X509_new();
    OSSL(EVP_PKEY) key = EVP_EC_gen("P-256");
    struct str der = STR("");
    CHECK(X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), number) && X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
          X509_gmtime_adj(X509_getm_notAfter(x), 60) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()) > 0);
    DER_BYTES out = NULL;
    int n = i2d_X509(x, &out);
    CHECK_OK(ossl__copy(c, "test", out, n, &der));
    return der;
}

static int64_t number_of(struct cert_cache *cache, struct str der)
{
    OSSL(X509) x = cert_cache_read(cache, der);
    return x ? ASN1_INTEGER_get(X509_get0_serialNumber(x)) : -1;
}

TEST(second_reading_is_the_same_object)
{
    struct cert_cache *cache = cert_cache_new();
    struct str der = numbered(c, 7);
    OSSL(X509) first = cert_cache_read(cache, der);
    OSSL(X509) second = cert_cache_read(cache, der);
    OSSL(X509) without = cert_cache_read(NULL, der);
    CHECK(first && first == second && without && without != first);
    cert_cache_free(cache);
    CHECK(ASN1_INTEGER_get(X509_get0_serialNumber(first)) == 7); /* outlives the cache */
}

TEST(what_is_no_certificate_is_not_kept)
{
    struct cert_cache *cache = cert_cache_new();
    struct str der = numbered(c, 7);
    CHECK(number_of(cache, STR("nonsense")) == -1 && number_of(cache, STR("")) == -1);
    CHECK(number_of(cache, str_join(c->arena, der, STR("x"), STR_END)) == -1 && number_of(cache, str_first(der, der.n - 1)) == -1);
    CHECK(number_of(cache, der) == 7 && number_of(cache, str_join(c->arena, der, STR("x"), STR_END)) == -1);
    cert_cache_free(cache);
}

TEST(two_of_one_slot_take_turns)
{
    struct cert_cache *cache = cert_cache_new();
    struct str one = numbered(c, 1), two = numbered(c, 2);
    uint8_t hash[32];
    CHECK(number_of(cache, one) == 1);
    trust_sha256(one, hash);
    slot_of(cache, hash)->hash[31] ^= 1; /* as if another certificate lay there */
    CHECK(number_of(cache, one) == 1 && number_of(cache, two) == 2 && number_of(cache, one) == 1);
    cert_cache_free(cache);
}

TEST(facts_are_kept_with_the_bytes_they_are_about)
{
    struct cert_cache *cache = cert_cache_new();
    struct str one = STR("one certificate"), two = STR("another");
    struct cert_info info = { .subject_cn = STR("cn"), .country = STR("VN"), .public_key = STR("key"), .from_ms = 1, .to_ms = 2, .is_sign = true }, got;
    CHECK(!cert_cache_info(cache, one, c->arena, &got) && !cert_cache_info(NULL, one, c->arena, &got));
    cert_cache_keep_info(cache, one, &info);
    CHECK(cert_cache_info(cache, one, c->arena, &got) && got.from_ms == 1 && got.to_ms == 2 && got.is_sign && !got.is_auth);
    CHECK_STR(got.subject_cn, STR("cn"));
    CHECK_STR(got.country, STR("VN"));
    CHECK_STR(got.public_key, STR("key"));
    CHECK(got.serial_decimal.n == 0 && !cert_cache_info(cache, two, c->arena, &got));
    info.subject_cn = STR("longer than before");
    cert_cache_keep_info(cache, one, &info);
    cert_cache_free(cache); /* frees what is kept now and what was kept before */
}

enum { THREADS = 8, ROUNDS = 200, CERTS = 4 };
struct reader { pthread_t thread; struct cert_cache *cache; const struct str *certs; int wrong; };

static void *read_all(void *arg)
{
    struct reader *r = arg;
    for (int i = 0; i < ROUNDS; i++) r->wrong += number_of(r->cache, r->certs[i % CERTS]) != i % CERTS;
    return NULL;
}

TEST(threads_read_what_they_asked_for)
{
    struct str certs[CERTS];
    struct reader readers[THREADS] = { 0 };
    struct cert_cache *cache = cert_cache_new();
    for (int i = 0; i < CERTS; i++) certs[i] = numbered(c, i);
    for (size_t i = 0; i < THREADS; i++) {
        readers[i].cache = cache;
        readers[i].certs = certs;
        CHECK(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(readers[i].thread, NULL);
        CHECK(readers[i].wrong == 0);
    }
    cert_cache_free(cache);
}
