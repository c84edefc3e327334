/* judge.c: is this certificate one that the directory lets speak for that server or member, now? Authentication certificates by x-road 3.5, signing
 * certificates by 3.6 and the profile of their authority (3.7, profile.c). A good judgement is remembered until the status answer behind it ends or the directory changes. */
#include "exchange/exchange_int.h"

#include "base/time.h"
#include "exchange/evidence.h"

enum { CACHE_SLOTS = 1024, KEY_BYTES = 32 };

struct slot { uint8_t key[KEY_BYTES]; int64_t until_ms; };
struct judge_cache { pthread_mutex_t lock; struct slot slots[CACHE_SLOTS]; };

struct judge_cache *judge__cache_new(void)
{
    struct judge_cache *k = heap_new(struct judge_cache);
    (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

void judge__cache_free(struct judge_cache *k)
{
    if (!k) return;
    (void)pthread_mutex_destroy(&k->lock);
    heap_free(k);
}

static struct slot *slot_of(struct judge_cache *k, const uint8_t key[static KEY_BYTES])
{
    return &k->slots[(size_t)(key[0] | key[1] << 8) % CACHE_SLOTS];
}

static bool is_remembered(struct judge_cache *k, const uint8_t key[static KEY_BYTES], int64_t now_ms)
{
    (void)pthread_mutex_lock(&k->lock);
    const struct slot *s = slot_of(k, key);
    bool found = memcmp(s->key, key, KEY_BYTES) == 0 && s->until_ms > now_ms;
    (void)pthread_mutex_unlock(&k->lock);
    return found;
}

static void remember(struct judge_cache *k, const uint8_t key[static KEY_BYTES], int64_t until_ms)
{
    (void)pthread_mutex_lock(&k->lock);
    struct slot *s = slot_of(k, key);
    memcpy(s->key, key, KEY_BYTES);
    s->until_ms = until_ms;
    (void)pthread_mutex_unlock(&k->lock);
}

/* cache_key: the certificate, what came with it, and the directory by which it was judged; each length goes in too. */
static void cache_key(struct call *c, const struct directory *d, struct str cert, const struct str *more, size_t nmore, const struct str *ocsp, size_t nocsp, bool sign,
                      uint8_t ret[static KEY_BYTES])
{
    struct buf b = buf_in(c->arena, EXCHANGE_WIRE_MAX);
    buf_print(&b, "%d.%zu.%zu.%zu.", sign, cert.n, nmore, nocsp);
    buf_put(&b, d->version_digest);
    buf_put(&b, cert);
    for (size_t i = 0; i < nmore; i++) buf_put(&b, trust_digest(c->arena, DIGEST_SHA256, more[i]));
    for (size_t i = 0; i < nocsp; i++) buf_put(&b, trust_digest(c->arena, DIGEST_SHA256, ocsp[i]));
    trust_sha256(buf_str(&b), ret);
}

static size_t collect_anchors(struct call *c, const struct directory *d, bool sign, const struct cert_anchor **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < d->ncas; i++) n += d->cas[i].nanchors;
    struct cert_anchor *anchors = arena_array(c->arena, struct cert_anchor, n);
    n = 0;
    for (size_t i = 0; i < d->ncas; i++)
        for (size_t k = 0; k < d->cas[i].nanchors && !(sign && d->cas[i].auth_only); k++) anchors[n++] = d->cas[i].anchors[k];
    *ret = anchors;
    return n;
}

/* check_status: each certificate below the anchor needs a good answer; *until is the moment the first of them ends. */
static enum status check_status(struct call *c, const struct directory *d, const struct cert_path *path, const struct str *ocsp, size_t nocsp, int64_t at_ms, int64_t *until)
{
    if (nocsp == 0)
        return call_fault(c, call_fail(c, ST_DENIED, "", "The other side sent no status of its certificate. Check that its node reaches the certificate authority."), STR("missing_validation_info"));
    for (size_t i = 0; i + 1 < path->n; i++) {
        const struct cert_anchor *issuer = path->anchor[i + 1];
        int64_t from_ms, to_ms;
        if (i > 0 && path->anchor[i]) break; /* an approved intermediate: the directory itself speaks for it */
        struct str answer = ocsp[i < nocsp ? i : nocsp - 1];
        TRY(ocsp_check(c, answer, path->certs[i], path->certs[i + 1], issuer ? issuer->responders : NULL, issuer ? issuer->nresponders : 0, at_ms, d->ocsp_fresh_s));
        TRY(ocsp_times(c, answer, &from_ms, &to_ms));
        if (from_ms + d->ocsp_fresh_s * 1000 < to_ms) to_ms = from_ms + d->ocsp_fresh_s * 1000;
        if (to_ms < *until) *until = to_ms;
    }
    return ST_OK;
}

static enum status wrong_certificate(struct call *c, const char *why)
{
    return call_fault(c, call_fail(c, ST_DENIED, "", "The certificate is not one for this use (%s). Tell your administrator.", str_z(why)), STR("incorrect_certificate"));
}

/* check_path_and_status: the dear part of both judgements, remembered. */
static enum status check_path_and_status(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                                         bool sign, const struct cert_info *info)
{
    struct judge_cache *cache = exchange__of(c)->judged;
    uint8_t key[KEY_BYTES];
    struct cert_path path;
    const struct cert_anchor *anchors;
    cache_key(c, d, cert, chain, nchain, ocsp, nocsp, sign, key);
    if (is_remembered(cache, key, c->now_ms)) return ST_OK;
    size_t nanchors = collect_anchors(c, d, sign, &anchors);
    int64_t until = info->to_ms;
    TRY(cert_check_path(c, cert, chain, nchain, anchors, nanchors, c->now_ms, &path));
    TRY(check_status(c, d, &path, ocsp, nocsp, c->now_ms, &until));
    remember(cache, key, until);
    return ST_OK;
}

enum status judge__peer(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp, const struct xid *hosted)
{
    struct cert_info info;
    TRY(cert_read(c, cert, &info));
    if (!info.is_auth) return wrong_certificate(c, "it is not for authentication");
    TRY(check_path_and_status(c, d, cert, chain, nchain, ocsp, nocsp, false, &info));
    const struct dir_server *server = directory__server_of_cert(d, cert);
    if (!server) return wrong_certificate(c, "the directory knows no server with it");
    if (!directory__hosts(d, server, hosted)) return wrong_certificate(c, "its server does not act for this agency");
    return ST_OK;
}

static enum status check_owner(struct call *c, const struct directory *d, const struct cert_info *info, const struct xid *member)
{
    struct xid owner;
    if (!info->is_sign) return wrong_certificate(c, "it is not for signing");
    if (!profile__owner(c, d, info, &owner)) return wrong_certificate(c, "its authority names members in a way that is not known here");
    return xid__same_member(&owner, member) ? ST_OK : wrong_certificate(c, "it belongs to another member");
}

enum status judge__signer(struct call *c, const struct directory *d, struct str cert, struct str ocsp, const struct xid *member)
{
    struct cert_info info;
    TRY(cert_read(c, cert, &info));
    TRY(check_owner(c, d, &info, member));
    return check_path_and_status(c, d, cert, NULL, 0, &ocsp, ocsp.n > 0, true, &info);
}

enum status judge__signer_then(struct call *c, const struct directory *d, struct str cert, const struct xid *member, int64_t at_ms, struct cert_path *ret)
{
    struct cert_info info;
    const struct cert_anchor *anchors;
    size_t nanchors = collect_anchors(c, d, true, &anchors);
    TRY(cert_read(c, cert, &info));
    TRY(check_owner(c, d, &info, member));
    return cert_check_path(c, cert, NULL, 0, anchors, nanchors, at_ms, ret);
}

enum status judge__status_then(struct call *c, const struct directory *d, const struct cert_path *path, struct str ocsp, int64_t at_ms)
{
    int64_t until = TIME_FAR;
    return check_status(c, d, path, &ocsp, ocsp.n > 0, at_ms, &until);
}

static enum status find_path(struct call *c, const struct directory *d, struct str cert, struct cert_path *ret)
{
    const struct cert_anchor *anchors;
    size_t nanchors = collect_anchors(c, d, false, &anchors);
    TRY(cert_check_path(c, cert, NULL, 0, anchors, nanchors, c->now_ms, ret));
    return ret->n < 2 ? wrong_certificate(c, "it has no issuer") : ST_OK;
}

enum status judge__issuer(struct call *c, const struct directory *d, struct str cert, struct judge_source *ret)
{
    struct cert_path path;
    TRY(find_path(c, d, cert, &path));
    for (size_t i = 0; i < d->ncas; i++)
        for (size_t k = 0; k < d->cas[i].nanchors; k++)
            if (str_eq(d->cas[i].anchors[k].der, path.certs[1]) && d->cas[i].nurls)
                return *ret = (struct judge_source){ path.certs[1], d->cas[i].ocsp_urls, d->cas[i].nurls }, ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The directory names no status service for this certificate. Tell the operator.");
}

enum status judge__answer(struct call *c, const struct directory *d, struct str cert, struct str answer, bool *ret_revoked)
{
    struct cert_path path;
    *ret_revoked = false;
    if (find_path(c, d, cert, &path) != ST_OK) return call_clear(c), ST_OK; /* those in between are known in the handshake only: it is judged there */
    const struct cert_anchor *issuer = path.anchor[1];
    enum status st = ocsp_check(c, answer, path.certs[0], path.certs[1], issuer ? issuer->responders : NULL, issuer ? issuer->nresponders : 0, c->now_ms, d->ocsp_fresh_s);
    *ret_revoked = st != ST_OK && str_eq(c->error.fault, STR("cert_validation"));
    if (!*ret_revoked) return st;
    call_clear(c);
    return ST_OK;
}

enum status exchange_judge_member_cert(struct call *c, struct str cert, struct str ocsp, struct str member)
{
    DIRECTORY d = NULL;
    struct xid id;
    if (!xid__parse_member(c->arena, member, &id)) return call_fail(c, ST_INVALID, "", "Write a member as INSTANCE/CLASS/CODE, for example VN/GOV/G01.");
    TRY(directory__hold_of(c, id.instance, &d));
    return judge__signer(c, d, cert, ocsp, &id);
}
