/* client_tls.c: the client side of mutual TLS, in the objects libcurl lends us: our certificate with a key that lives in the key holder, and the other side's
 * certificates given to the request's own judge instead of a list of CAs and a host name. */
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "trust/trust.h"
#include "web/client_int.h"

void client__forget(struct client_seen *s)
{
    for (size_t i = 0; i < s->n; i++) heap_free((char *)s->chain[i].p);
    *s = (struct client_seen){ 0 };
}

/* ---- a judged connection after its handshake ---- */

bool client__take_over(const struct client_seen *s, int fd) { return SSL_set_fd(s->ssl, fd) == 1; }

/* how_it_went: of a read or write that moved nothing. */
static int how_it_went(const struct client_seen *s, int rc, int otherwise)
{
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return CURLE_AGAIN;
    case SSL_ERROR_ZERO_RETURN: return CURLE_OK;
    default: return otherwise;
    }
}

/* forget_errors: what is left of other work of this thread would count as ours. */
static void forget_errors(void)
{
    if (ERR_peek_error()) ERR_clear_error();
}

int client__put(const struct client_seen *s, struct str bytes, size_t *ret)
{
    *ret = 0;
    forget_errors();
    int rc = SSL_write_ex(s->ssl, bytes.p, bytes.n, ret);
    if (rc == 1) return CURLE_OK;
    return how_it_went(s, rc, CURLE_SEND_ERROR) == CURLE_AGAIN ? CURLE_AGAIN : CURLE_SEND_ERROR;
}

int client__get(const struct client_seen *s, char *to, size_t max, size_t *ret)
{
    *ret = 0;
    forget_errors();
    int rc = SSL_read_ex(s->ssl, to, max, ret);
    return rc == 1 ? CURLE_OK : how_it_went(s, rc, CURLE_RECV_ERROR);
}

bool client__holds_bytes(const struct client_seen *s) { return SSL_has_pending(s->ssl); }

/* ---- the handshake ---- */

static bool keep_certificate(struct client_seen *seen, X509 *cert)
{
    int n = cert ? i2d_X509(cert, NULL) : -1;
    if (n <= 0 || seen->n == CLIENT_CHAIN_MAX) return false;
    char *der = heap_alloc((size_t)n, 1);
    unsigned char *end = (unsigned char *)der;
    (void)i2d_X509(cert, &end);
    seen->chain[seen->n++] = (struct str){ der, (size_t)n };
    return true;
}

/* keep_chain: leaf first, then what came with it. */
static bool keep_chain(struct client_seen *seen, X509_STORE_CTX *ctx)
{
    client__forget(seen);
    seen->ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    if (!keep_certificate(seen, leaf)) return false;
    STACK_OF(X509) *rest = X509_STORE_CTX_get0_untrusted(ctx);
    for (int i = 0; i < sk_X509_num(rest); i++) {
        X509 *cert = sk_X509_value(rest, i);
        if (X509_cmp(cert, leaf) != 0 && !keep_certificate(seen, cert)) return false;
    }
    return true;
}

/* judge: instead of OpenSSL's own verification. 1 accepts. */
static int judge(X509_STORE_CTX *ctx, void *arg)
{
    struct client_tls *t = arg;
    if (!keep_chain(t->seen, ctx)) {
        t->verdict = call_fail(t->call, ST_INVALID, "", "The other side sent no certificate, or too many.");
    } else {
        t->verdict = t->rq->judge(t->call, t->seen->chain, t->seen->n, t->rq->judge_arg);
    }
    if (t->verdict == ST_OK) return 1;
    client__forget(t->seen);
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static X509 *read_certificate(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.p;
    return d2i_X509(NULL, &at, (long)der.n);
}

static bool add_own_chain(struct client_tls *t, SSL_CTX *ssl)
{
    struct app *app = t->call->app->web->app;
    for (size_t i = 0; i < CLIENT_CHAIN_MAX; i++) {
        struct str der = t->own->chain(app, t->call->arena, i);
        if (str_is_empty(der)) return i > 0;
        X509 *cert = read_certificate(der);
        if (!cert) return false;
        bool added = i == 0 ? SSL_CTX_use_certificate(ssl, cert) == 1 : SSL_CTX_add1_chain_cert(ssl, cert) == 1;
        X509_free(cert);
        if (!added) return false;
    }
    return true;
}

static bool add_own_key(struct client_tls *t, SSL_CTX *ssl)
{
    void *pkey = NULL;
    enum status st = key_evp(t->call, t->own->key, KEY_TLS, &pkey);
    if (st != ST_OK) {
        t->verdict = st;
        return false;
    }
    bool used = SSL_CTX_use_PrivateKey(ssl, pkey) == 1;
    EVP_PKEY_free(pkey);
    return used;
}

/* has_own: a node without a TLS certificate can still ask whom the system's CAs judge; the other side decides whether it wants one. */
static bool has_own(const struct client_tls *t)
{
    if (!t->own) return false;
    return t->rq->judge || !str_is_empty(t->own->chain(t->call->app->web->app, t->call->arena, 0));
}

static CURLcode prepare(CURL *easy, void *ssl_ctx, void *arg)
{
    struct client_tls *t = arg;
    SSL_CTX *ssl = ssl_ctx;
    (void)easy;
    if (has_own(t) && (!add_own_chain(t, ssl) || !add_own_key(t, ssl))) {
        call_note(t->call, "web", "own TLS key or certificate: %s", ERR_reason_error_string(ERR_peek_last_error()));
        if (t->verdict == ST_OK) t->verdict = call_fail(t->call, ST_BROKEN, "", "The TLS key or its certificate cannot be used. Check keys/ and the certificates in the node's folder.");
        return CURLE_SSL_CERTPROBLEM;
    }
    if (t->rq->judge) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(ssl, judge, t);
    }
    (void)SSL_CTX_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);       /* libcurl's way: two pieces of 17 KiB taken and given back for each message; a kept connection keeps them */
    SSL_CTX_set_read_ahead(ssl, 1); /* one read a record instead of two: who waits for the socket has always read until there was no more */
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* a resumed session would not be judged */
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);       /* t is gone when this request is done */
    return CURLE_OK;
}

void client__set_tls(void *easy, struct client_tls *t)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, t->rq->judge ? 0L : 1L); /* a judge decides instead, see prepare */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, t->rq->judge ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, prepare);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
}
