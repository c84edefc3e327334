/* judge.c: is this certificate one that the directory lets speak for that server or member, now? Authentication certificates by x-road 3.5, signing
 * certificates by 3.6 and the profile of their authority (3.7, profile.c). A good judgement is remembered until the status answer behind it ends or the directory changes. */
#include "exchange/status/status.h"

#include "base/memo.h"
#include "base/time.h"

enum { CHAIN_MOST = 8, PARTY = 4, PIECES = 4 + PARTY + CHAIN_MOST + WIRE_OCSP_MAX };

/* Which judgement: it tells them apart in what is remembered. */
static const struct str AS_PEER = STR_INIT("peer"), AS_SIGNER = STR_INIT("signer");

/* What a judgement rests on: the directory, for whom the certificate is to speak, the certificate and all that came with it. What came with more is judged each time. */
struct basis { struct str pieces[PIECES]; size_t n; };

static bool make_basis(const struct directory *d, struct str as, const struct xid *party, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                       struct basis *ret)
{
    static const char counts[] = "012345678"; /* how many pieces are the chain's */
    if (nchain > CHAIN_MOST || nocsp > WIRE_OCSP_MAX) return false;
    *ret = (struct basis){ .pieces = { d->version_digest, as, party->instance, party->class_, party->member, party->subsystem, str_of(&counts[nchain], 1), cert }, .n = 4 + PARTY };
    for (size_t i = 0; i < nchain; i++) ret->pieces[ret->n++] = chain[i];
    for (size_t i = 0; i < nocsp; i++) ret->pieces[ret->n++] = ocsp[i];
    return true;
}

static bool is_remembered(struct call *c, const struct basis *b)
{
    struct str value;
    int64_t until_ms;
    if (!memo_find(exchange__of(c)->judged, c->arena, b->pieces, b->n, &value)) return false;
    memcpy(&until_ms, value.p, sizeof until_ms);
    return until_ms > c->now_ms;
}

static void remember(struct call *c, const struct basis *b, int64_t until_ms)
{
    memo_keep(exchange__of(c)->judged, b->pieces, b->n, str_of(&until_ms, sizeof until_ms));
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

/* answer_for: the one about this certificate of the path; where none is, the one at its place, so that the refusal says what is wrong with it. */
static struct str answer_for(struct call *c, const struct cert_path *path, size_t at, const struct str *ocsp, size_t nocsp)
{
    for (size_t i = 0; nocsp > 1 && i < nocsp; i++)
        if (ocsp_is_about(c, ocsp[i], path->certs[at], path->certs[at + 1])) return ocsp[i];
    return ocsp[at < nocsp ? at : nocsp - 1];
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
        struct str answer = answer_for(c, path, i, ocsp, nocsp);
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

/* end_of: the moment the first certificate of the path ends. */
static enum status end_of(struct call *c, const struct cert_path *path, int64_t *ret)
{
    *ret = TIME_FAR;
    for (size_t i = 0; i < path->n; i++) {
        struct cert_info info;
        TRY(cert_read(c, path->certs[i], &info));
        if (info.to_ms < *ret) *ret = info.to_ms;
    }
    return ST_OK;
}

/* check_path_and_status: *until: how long what was found holds. */
static enum status check_path_and_status(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                                         bool sign, int64_t *until)
{
    struct cert_path path;
    const struct cert_anchor *anchors;
    size_t nanchors = collect_anchors(c, d, sign, &anchors);
    TRY(cert_check_path(c, cert, chain, nchain, anchors, nanchors, c->now_ms, &path));
    TRY(end_of(c, &path, until));
    return check_status(c, d, &path, ocsp, nocsp, c->now_ms, until);
}

static enum status check_peer(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                              const struct xid *hosted, int64_t *until)
{
    struct cert_info info;
    TRY(cert_read(c, cert, &info));
    if (!info.is_auth) return wrong_certificate(c, "it is not for authentication");
    TRY(check_path_and_status(c, d, cert, chain, nchain, ocsp, nocsp, false, until));
    const struct dir_server *server = directory__server_of_cert(d, cert);
    if (!server) return wrong_certificate(c, "the directory knows no server with it");
    return directory__hosts(d, server, hosted) ? ST_OK : wrong_certificate(c, "its server does not act for this agency");
}

size_t judge__between(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, struct str ret[static WIRE_OCSP_MAX])
{
    struct cert_path path;
    const struct cert_anchor *anchors;
    size_t nanchors = nchain ? collect_anchors(c, d, false, &anchors) : 0, n = 0;
    if (!nchain) return 0;
    if (cert_check_path(c, cert, chain, nchain, anchors, nanchors, c->now_ms, &path) != ST_OK) return call_clear(c), 0; /* whoever judges it says why */
    for (size_t i = 1; i + 1 < path.n && !path.anchor[i] && n < WIRE_OCSP_MAX - 1; i++) ret[n++] = path.certs[i];
    return n;
}

enum status judge__peer(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp, const struct xid *hosted)
{
    struct basis basis;
    int64_t until;
    bool known = make_basis(d, AS_PEER, hosted, cert, chain, nchain, ocsp, nocsp, &basis);
    if (known && is_remembered(c, &basis)) return ST_OK;
    TRY(check_peer(c, d, cert, chain, nchain, ocsp, nocsp, hosted, &until));
    if (known) remember(c, &basis, until);
    return ST_OK;
}

static enum status check_owner(struct call *c, const struct directory *d, const struct cert_info *info, const struct xid *member)
{
    struct xid owner;
    if (!info->is_sign) return wrong_certificate(c, "it is not for signing");
    if (!profile__owner(c, d, info, &owner)) return wrong_certificate(c, "its authority names members in a way that is not known here");
    return xid__same_member(&owner, member) ? ST_OK : wrong_certificate(c, "it belongs to another member");
}

/* answers_of: the status answers that a signature carries. */
static size_t answers_of(const struct signature_facts *by, struct str ret[static WIRE_OCSP_MAX])
{
    size_t n = 0;
    if (by->ocsp.n) ret[n++] = by->ocsp;
    for (size_t i = 0; i < by->nmore_ocsp && n < WIRE_OCSP_MAX; i++) ret[n++] = by->more_ocsp[i];
    return n;
}

enum status judge__signer(struct call *c, const struct directory *d, const struct signature_facts *by, const struct xid *member)
{
    const struct xid party = { .instance = member->instance, .class_ = member->class_, .member = member->member }; /* the same for all its subsystems */
    struct cert_info info;
    struct basis basis;
    int64_t until;
    struct str ocsp[WIRE_OCSP_MAX];
    size_t nocsp = answers_of(by, ocsp);
    bool known = make_basis(d, AS_SIGNER, &party, by->cert_der, by->chain, by->nchain, ocsp, nocsp, &basis);
    if (known && is_remembered(c, &basis)) return ST_OK;
    TRY(cert_read(c, by->cert_der, &info));
    TRY(check_owner(c, d, &info, member));
    TRY(check_path_and_status(c, d, by->cert_der, by->chain, by->nchain, ocsp, nocsp, true, &until));
    if (known) remember(c, &basis, until);
    return ST_OK;
}

enum status judge__signer_then(struct call *c, const struct directory *d, const struct signature_facts *by, const struct xid *member, int64_t at_ms, struct cert_path *ret)
{
    struct cert_info info;
    const struct cert_anchor *anchors;
    size_t nanchors = collect_anchors(c, d, true, &anchors);
    TRY(cert_read(c, by->cert_der, &info));
    TRY(check_owner(c, d, &info, member));
    return cert_check_path(c, by->cert_der, by->chain, by->nchain, anchors, nanchors, at_ms, ret);
}

enum status judge__status_then(struct call *c, const struct directory *d, const struct cert_path *path, const struct signature_facts *by, int64_t at_ms)
{
    int64_t until = TIME_FAR;
    struct str ocsp[WIRE_OCSP_MAX];
    size_t nocsp = answers_of(by, ocsp);
    return check_status(c, d, path, ocsp, nocsp, at_ms, &until);
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
    return judge__signer(c, d, &(struct signature_facts){ .cert_der = cert, .ocsp = ocsp }, &id);
}
