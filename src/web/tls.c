/* tls.c: the server side of TLS with GnuTLS, as libmicrohttpd wants it. The private key stays in the key holder: GnuTLS asks us to sign, and we ask trust.
 * A peer must show a certificate that the exchange accepts; a member's own system may show one, and the exchange judges it with the call. */
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "trust/trust.h"
#include "web/web_int.h"

enum { CHAIN_MAX = 8 };

/* Made once when the door opens; used by the door's one thread or strand only, so the call needs no lock. */
struct door_tls {
    struct app *app;
    const struct key *key;
    bool (*accept)(struct app *app, struct str cert_der);
    struct call *call;
    gnutls_privkey_t privkey;
    gnutls_pcert_st certs[CHAIN_MAX];
    unsigned ncerts;
};

/* TLS 1.2 with the CBC suites that X-Road 7 still offers, and 1.3. */
const char tls__priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+SHA384:+SHA256:%SERVER_PRECEDENCE";

/* The group ffdhe2048 of RFC 7919, for the DHE suites of clients that do not name a group. */
const char tls__dh_params[] =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIIBDAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz\n"
    "+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a\n"
    "87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7\n"
    "YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi\n"
    "7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD\n"
    "ssbzSibBsu/6iGtCOGEoXJf//////////wIBAgICAQA=\n"
    "-----END DH PARAMETERS-----\n";

/* ---- the key ---- */

static bool digest_of_size(unsigned size, enum digest *ret)
{
    static const enum digest all[] = { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (digest_size(all[i]) != size) continue;
        *ret = all[i];
        return true;
    }
    return false;
}

static int sign_hash(gnutls_privkey_t privkey, gnutls_sign_algorithm_t algorithm, void *arg, unsigned flags, const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
    struct door_tls *t = arg;
    enum digest alg;
    struct str made;
    (void)privkey;
    (void)algorithm;
    (void)flags;
    if (!digest_of_size(hash->size, &alg)) return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
    call_renew(t->call);
    enum status st = trust_sign(t->call, t->key, KEY_TLS, alg, str_of(hash->data, hash->size), &made);
    if (st != ST_OK) {
        call_note(t->call, "web", "TLS key did not sign: %s: %.*s", status_name(st), STR_ARG(t->call->error.sentence));
        return GNUTLS_E_PK_SIGN_FAILED;
    }
    signature->data = gnutls_malloc(made.n);
    if (!signature->data) return GNUTLS_E_MEMORY_ERROR;
    memcpy(signature->data, made.p, made.n);
    signature->size = (unsigned)made.n;
    return 0;
}

static int key_info(gnutls_privkey_t privkey, unsigned flags, void *arg)
{
    (void)privkey;
    (void)arg;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) return GNUTLS_PK_ECDSA;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) return 256;
    if (flags & GNUTLS_PRIVKEY_INFO_SIGN_ALGO) return GNUTLS_SIGN_ECDSA_SHA256;
    if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) {
        gnutls_sign_algorithm_t algorithm = GNUTLS_FLAGS_TO_SIGN_ALGO(flags);
        return gnutls_sign_supports_pk_algorithm(algorithm, GNUTLS_PK_ECDSA) ? 1 : 0;
    }
    return -1;
}

static enum status gnutls_failed(struct call *c, int why, const char *what)
{
    call_note(c, "web", "%s: %s", what, gnutls_strerror(why));
    return call_fail(c, ST_BROKEN, "", "The TLS key or its certificate cannot be used. Check keys/ and the certificates in the node's folder.");
}

static enum status take_chain(struct call *c, const struct peer_tls *own, struct door_tls *t)
{
    for (; t->ncerts < CHAIN_MAX; t->ncerts++) {
        struct str der = own->chain(t->app, c->arena, t->ncerts);
        if (str_is_empty(der)) break;
        gnutls_datum_t datum = { (unsigned char *)(uintptr_t)der.p, (unsigned)der.n };
        int rc = gnutls_pcert_import_x509_raw(&t->certs[t->ncerts], &datum, GNUTLS_X509_FMT_DER, 0);
        if (rc != 0) return gnutls_failed(c, rc, "certificate of the TLS key");
    }
    if (t->ncerts == 0) return call_fail(c, ST_NOT_FOUND, "", "The TLS key has no certificate yet. Put the certificate into the node's folder and start again.");
    return ST_OK;
}

static enum status take_key(struct call *c, struct door_tls *t)
{
    int rc = gnutls_privkey_init(&t->privkey);
    if (rc != 0) return gnutls_failed(c, rc, "TLS key");
    rc = gnutls_privkey_import_ext4(t->privkey, t, NULL, sign_hash, NULL, NULL, key_info, 0);
    return rc == 0 ? ST_OK : gnutls_failed(c, rc, "TLS key");
}

enum status tls__new(struct call *c, struct app *app, const struct peer_tls *own, struct door_tls **ret)
{
    if (!own || !own->key || !own->chain) return call_fail(c, ST_NOT_FOUND, "", "This node has no TLS key yet. Run sen node init first, or leave web.peers and web.systems_tls out.");
    if (key_algorithm(own->key) != KEY_P256) return call_fail(c, ST_INVALID, "", "The TLS key must be a P-256 key. Make a new one with sen node init.");
    struct door_tls *t = heap_new(struct door_tls);
    *t = (struct door_tls){ .app = app, .key = own->key, .accept = own->accept, .call = call_open(app) };
    enum status st = take_chain(c, own, t);
    if (st == ST_OK) st = take_key(c, t);
    if (st != ST_OK) {
        tls__free(t);
        return st;
    }
    *ret = t;
    return ST_OK;
}

void tls__free(struct door_tls *t)
{
    if (!t) return;
    for (unsigned i = 0; i < t->ncerts; i++) gnutls_pcert_deinit(&t->certs[i]);
    if (t->privkey) gnutls_privkey_deinit(t->privkey);
    call_close(t->call);
    heap_free(t);
}

/* ---- in the handshake ---- */

static int give_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **certs, unsigned *ncerts, gnutls_ocsp_data_st **ocsp,
                            unsigned *nocsp, gnutls_privkey_t *privkey, unsigned *flags)
{
    const struct door *d = gnutls_session_get_ptr(session);
    (void)info;
    strand_yield(); /* a handshake takes as long as several messages: many of them do not keep a loop */
    *certs = d->secrets->certs;
    *ncerts = d->secrets->ncerts;
    *privkey = d->secrets->privkey;
    *ocsp = NULL;
    *nocsp = 0;
    *flags = 0; /* ours: not to be released with the session */
    return 0;
}

void *tls__certificate_callback(void)
{
    gnutls_certificate_retrieve_function3 *give = give_certificate;
    void *as_option; /* libmicrohttpd takes options as data pointers; POSIX lets functions travel so */
    memcpy(&as_option, &give, sizeof as_option);
    return as_option;
}

/* judge_peer: fast and local: is this certificate one of a member's in the directory? Path and status are the exchange's, with the message. */
static int judge_peer(gnutls_session_t session)
{
    const struct door *d = gnutls_session_get_ptr(session);
    unsigned n = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(session, &n);
    if (!certs || n == 0) return GNUTLS_E_NO_CERTIFICATE_FOUND;
    const struct door_tls *t = d->secrets;
    return t->accept && t->accept(t->app, str_of(certs[0].data, certs[0].size)) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? (gnutls_session_t)info->tls_session : NULL;
}

struct tls_pipe *tls__connection_started(struct MHD_Connection *connection, struct door *d)
{
    gnutls_session_t session = session_of(connection);
    if (!session) return NULL;
    gnutls_session_set_ptr(session, d);
    bool peers = d->port == PORT_PEERS;
    gnutls_certificate_server_set_request(session, peers ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    if (peers) gnutls_session_set_verify_function(session, judge_peer);
    return tls_pipe__new(session);
}

size_t tls__peer_chain(struct arena *a, struct MHD_Connection *connection, const struct str **ret)
{
    unsigned n = 0;
    gnutls_session_t session = session_of(connection);
    const gnutls_datum_t *certs = session ? gnutls_certificate_get_peers(session, &n) : NULL;
    if (!certs || n == 0) return 0;
    struct str *chain = arena_array(a, struct str, n);
    for (unsigned i = 0; i < n; i++) chain[i] = str_of(certs[i].data, certs[i].size); /* the session's, which does nothing while a worker answers */
    *ret = chain;
    return n;
}
