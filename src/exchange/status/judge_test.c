/* judge_test.c: whom a certificate may speak for: by which authorities, with which answers about its status and that of every authority in between, and how long what was found is
 * believed. */
#include "exchange/status/judge.c"

#include "exchange/message/message.h"
#include "trust/test_trust.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_S = 3600, OTHER_AUTHORITY = 1 };
#define DAY_MS ((int64_t)86400 * 1000)

/* struct authority: a key with its certificate. struct nation: two authorities that the directory approves, one that it does not name, and a server that acts for one member. */
struct authority { const struct key *key; struct str cert; };
struct nation {
    struct test_trust t;
    struct exchange *ex;
    struct authority top, other, middle /* below top */;
    struct cert_anchor anchors[3];
    struct dir_ca cas[3];
    struct dir_member members[2];
    struct dir_server server;
    struct dir_hash hash;
    uint32_t hosted;
    struct directory d;
    struct str leaf; /* of the server's TLS key, issued by the one in the middle */
};
static const struct xid G01 = { .instance = STR_INIT("VN"), .class_ = STR_INIT("GOV"), .member = STR_INIT("G01") };
static const struct xid G02 = { .instance = STR_INIT("VN"), .class_ = STR_INIT("GOV"), .member = STR_INIT("G02") };

static struct authority open_authority(struct call *c, struct str name)
{
    const struct cert_subject s = { .country = STR_INIT("VN"), .cn = name };
    struct authority a = { .key = test_trust_key(c, KEY_CA, KEY_P256) };
    CHECK_OK(ca_self_signed(c, a.key, &s, CERT_CA, c->now_ms - MINUTE_MS, c->now_ms + 10 * DAY_MS, &a.cert));
    return a;
}

static struct str issue(struct call *c, const struct authority *by, const struct key *k, enum cert_kind kind, int64_t ms)
{
    const struct cert_subject s = { .country = STR_INIT("VN"), .cn = STR_INIT("Office"), .o = STR_INIT("Office"), .serial_number = STR_INIT("G01"), .business_category = STR_INIT("GOV") };
    static int64_t serial = 2;
    struct str csr, der;
    CHECK_OK(csr_make(c, k, &s, &csr));
    CHECK_OK(ca_issue(c, by->key, by->cert, csr, kind, serial++, c->now_ms - MINUTE_MS, c->now_ms + ms, &der));
    return der;
}

/* list: the directory names the server of this certificate. */
static void list(struct call *c, struct nation *n, struct str cert)
{
    n->hash = (struct dir_hash){ .hash = trust_digest(c->arena, DIGEST_SHA256, cert) };
}

static void open_nation(struct call *c, struct nation *n)
{
    *n = (struct nation){ 0 };
    test_trust_open(c, &n->t);
    n->ex = arena_new(c->arena, struct exchange);
    n->ex->judged = memo_new(64);
    n->t.app.exchange = n->ex;
    n->top = open_authority(c, STR("Top"));
    n->other = open_authority(c, STR("Other"));
    n->middle = (struct authority){ .key = test_trust_key(c, KEY_CA, KEY_P256) };
    n->middle.cert = issue(c, &n->top, n->middle.key, CERT_CA, 10 * DAY_MS);
    n->anchors[0] = (struct cert_anchor){ .der = n->top.cert, .is_top = true };
    n->anchors[1] = (struct cert_anchor){ .der = n->other.cert, .is_top = true };
    n->anchors[2] = (struct cert_anchor){ .der = n->middle.cert };
    for (size_t i = 0; i < 3; i++) n->cas[i] = (struct dir_ca){ .anchors = &n->anchors[i], .nanchors = 1 };
    n->members[0] = (struct dir_member){ .id = G01 };
    n->members[1] = (struct dir_member){ .id = G02 };
    n->server = (struct dir_server){ .clients = &n->hosted, .nclients = 1 };
    n->d = (struct directory){ .version = 6, .instance = STR("VN"), .version_digest = STR("first"), .ocsp_fresh_s = HOUR_S, .cas = n->cas, .ncas = 2, .members = n->members, .nmembers = 2,
                               .servers = &n->server, .nservers = 1, .hashes = &n->hash, .nhashes = 1 };
    n->leaf = issue(c, &n->middle, test_trust_key(c, KEY_TLS, KEY_P256), CERT_TLS, 10 * DAY_MS);
    list(c, n, n->leaf);
}

static void close_nation(struct call *c, struct nation *n)
{
    memo_free(n->ex->judged);
    test_trust_close(c, &n->t);
}

/* say_as: an answer about a certificate that issuer issued, given by who may be another one, from now on and for so long. */
static struct str say_as(struct call *c, const struct authority *by, const struct authority *issuer, struct str cert, enum cert_status status, int64_t ms)
{
    struct str question, answer;
    CHECK_OK(ocsp_request(c, cert, issuer->cert, &question));
    CHECK_OK(ocsp_answer(c, by->key, by->cert, issuer->cert, question, status, c->now_ms, c->now_ms, c->now_ms + ms, &answer));
    return answer;
}

static struct str say(struct call *c, const struct authority *by, struct str cert, enum cert_status status, int64_t ms) { return say_as(c, by, by, cert, status, ms); }

static struct str good(struct call *c, const struct authority *by, struct str cert) { return say(c, by, cert, CERT_GOOD, 10 * MINUTE_MS); }

/* peer: the leaf shows itself with the one in the middle and these answers. */
static enum status peer(struct call *c, const struct nation *n, const struct str *answers, size_t nanswers)
{
    call_clear(c);
    return judge__peer(c, &n->d, n->leaf, &n->middle.cert, 1, answers, nanswers, &G01);
}

static enum status alone(struct call *c, const struct nation *n, struct str cert, struct str answer, const struct xid *member)
{
    call_clear(c);
    return judge__peer(c, &n->d, cert, NULL, 0, &answer, 1, member);
}

/* signed_by: what a signature says that carries this certificate and this answer. */
static const struct signature_facts *signed_by(struct call *c, struct str cert, struct str answer)
{
    struct signature_facts *f = arena_new(c->arena, struct signature_facts);
    *f = (struct signature_facts){ .cert_der = cert, .ocsp = answer };
    return f;
}

static void check_fault(struct call *c, enum status st, const char *fault)
{
    CHECK(st != ST_OK);
    CHECK_STR(call_error(c)->fault, str_z(fault));
}

/* ---- by which authority ---- */

TEST(an_authority_for_authentication_only_lets_nobody_sign)
{
    struct nation n;
    struct cert_path path;
    open_nation(c, &n);
    const struct authority *by[] = { &n.top, &n.other };
    const struct key *sign = NULL;
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G01"), &sign));
    n.cas[OTHER_AUTHORITY].auth_only = true;
    for (size_t i = 0; i < 2; i++) {
        struct str cert = issue(c, by[i], sign, CERT_SIGN, DAY_MS);
        call_clear(c);
        enum status now = judge__signer(c, &n.d, signed_by(c, cert, good(c, by[i], cert)), &G01);
        if (i == OTHER_AUTHORITY) check_fault(c, now, "cannot_create_cert_path");
        else CHECK_OK(now);
        call_clear(c);
        enum status then = judge__signer_then(c, &n.d, signed_by(c, cert, STR("")), &G01, c->now_ms, &path);
        if (i == OTHER_AUTHORITY) check_fault(c, then, "cannot_create_cert_path");
        else CHECK_OK(then);
    }
    struct str tls = issue(c, &n.other, test_trust_key(c, KEY_TLS, KEY_P256), CERT_TLS, DAY_MS);
    list(c, &n, tls);
    CHECK_OK(alone(c, &n, tls, good(c, &n.other, tls), &G01)); /* that is what it is for */
    close_nation(c, &n);
}

TEST(a_member_is_read_by_the_profile_of_the_authority_that_issued_the_certificate)
{
    struct nation n;
    const struct xid by_name = { .instance = STR_INIT("VN"), .class_ = STR_INIT("Office"), .member = STR_INIT("Office") };
    const struct key *sign = NULL;
    open_nation(c, &n);
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G01"), &sign));
    n.cas[0].profile = STR("ee.ria.xroad.common.certificateprofile.impl.EjbcaCertificateProfileInfoProvider");
    n.cas[OTHER_AUTHORITY].profile = STR("ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider");
    struct str first = issue(c, &n.top, sign, CERT_SIGN, DAY_MS), second = issue(c, &n.other, sign, CERT_SIGN, DAY_MS);
    const struct signature_facts *of_first = signed_by(c, first, good(c, &n.top, first)), *of_second = signed_by(c, second, good(c, &n.other, second));
    CHECK_OK(judge__signer(c, &n.d, of_first, &by_name));
    CHECK_OK(judge__signer(c, &n.d, of_second, &G01));
    check_fault(c, judge__signer(c, &n.d, of_first, &G01), "incorrect_certificate");
    call_clear(c);
    check_fault(c, judge__signer(c, &n.d, of_second, &by_name), "incorrect_certificate");
    close_nation(c, &n);
}

/* ---- status of all that stand in between ---- */

TEST(an_authority_in_between_needs_a_good_answer_of_its_own)
{
    struct nation n;
    open_nation(c, &n);
    const struct str about_leaf = good(c, &n.middle, n.leaf), about_middle = good(c, &n.top, n.middle.cert);
    const struct str revoked[] = { about_leaf, say(c, &n.top, n.middle.cert, CERT_REVOKED, 10 * MINUTE_MS) }, twice[] = { about_leaf, about_leaf },
                     itself[] = { about_leaf, say_as(c, &n.middle, &n.top, n.middle.cert, CERT_GOOD, 10 * MINUTE_MS) }, right[] = { about_leaf, about_middle };
    check_fault(c, peer(c, &n, revoked, 2), "cert_validation");
    check_fault(c, peer(c, &n, revoked, 1), "incorrect_validation_info");
    check_fault(c, peer(c, &n, twice, 2), "incorrect_validation_info");
    check_fault(c, peer(c, &n, itself, 2), "incorrect_validation_info");
    CHECK_OK(peer(c, &n, right, 2));
    close_nation(c, &n);
}

/* The operator, who may take it out of the directory at any moment, vouches for it. */
TEST(one_that_the_directory_itself_names_needs_none)
{
    struct nation n;
    open_nation(c, &n);
    const struct str answer = good(c, &n.middle, n.leaf);
    n.d.ncas = 3;
    CHECK_OK(peer(c, &n, &answer, 1));
    const struct str revoked = say(c, &n.middle, n.leaf, CERT_REVOKED, 10 * MINUTE_MS);
    check_fault(c, peer(c, &n, &revoked, 1), "cert_validation");
    close_nation(c, &n);
}

/* ---- how long it is believed ---- */

/* is_remembered_for: a judgement is believed without the directory, which names the server no more, for so long and no longer. */
static void is_remembered_for(struct call *c, struct nation *n, const struct str *answers, int64_t ms)
{
    const int64_t began = c->now_ms;
    CHECK_OK(peer(c, n, answers, 2));
    n->d.nhashes = 0;
    c->now_ms = began + ms - 1;
    CHECK_OK(peer(c, n, answers, 2));
    c->now_ms = began + ms;
    CHECK(peer(c, n, answers, 2) != ST_OK);
    n->d.nhashes = 1;
    c->now_ms = began;
}

TEST(a_judgement_is_believed_until_the_first_status_behind_it_ends)
{
    struct nation n;
    open_nation(c, &n);
    const struct str first[] = { say(c, &n.middle, n.leaf, CERT_GOOD, 2 * MINUTE_MS), say(c, &n.top, n.middle.cert, CERT_GOOD, 10 * MINUTE_MS) },
                     second[] = { say(c, &n.middle, n.leaf, CERT_GOOD, 10 * MINUTE_MS), say(c, &n.top, n.middle.cert, CERT_GOOD, 3 * MINUTE_MS) },
                     fresh[] = { say(c, &n.middle, n.leaf, CERT_GOOD, DAY_MS), say(c, &n.top, n.middle.cert, CERT_GOOD, DAY_MS) };
    is_remembered_for(c, &n, first, 2 * MINUTE_MS);
    is_remembered_for(c, &n, second, 3 * MINUTE_MS);
    is_remembered_for(c, &n, fresh, (int64_t)HOUR_S * SECOND_MS);
    close_nation(c, &n);
}

TEST(a_judgement_is_believed_until_the_certificate_ends)
{
    struct nation n;
    open_nation(c, &n);
    n.leaf = issue(c, &n.middle, test_trust_key(c, KEY_TLS, KEY_P256), CERT_TLS, 5 * MINUTE_MS);
    list(c, &n, n.leaf);
    const struct str answers[] = { say(c, &n.middle, n.leaf, CERT_GOOD, DAY_MS), say(c, &n.top, n.middle.cert, CERT_GOOD, DAY_MS) };
    is_remembered_for(c, &n, answers, 5 * MINUTE_MS);
    close_nation(c, &n);
}

TEST(a_status_that_has_ended_is_asked_for_again_though_it_was_judged_before)
{
    struct nation n;
    const struct key *sign = NULL;
    open_nation(c, &n);
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G01"), &sign));
    struct str cert = issue(c, &n.top, sign, CERT_SIGN, DAY_MS), answer = good(c, &n.top, cert);
    CHECK_OK(judge__signer(c, &n.d, signed_by(c, cert, answer), &G01));
    c->now_ms += 11 * MINUTE_MS + 1; /* clocks may differ by a minute */
    check_fault(c, judge__signer(c, &n.d, signed_by(c, cert, answer), &G01), "incorrect_validation_info");
    close_nation(c, &n);
}

TEST(what_is_remembered_is_for_one_directory_one_party_and_one_use)
{
    struct nation n;
    open_nation(c, &n);
    struct str cert = issue(c, &n.top, test_trust_key(c, KEY_TLS, KEY_P256), CERT_TLS, DAY_MS), answer = good(c, &n.top, cert);
    list(c, &n, cert);
    CHECK_OK(alone(c, &n, cert, answer, &G01));
    check_fault(c, alone(c, &n, cert, answer, &G02), "incorrect_certificate");
    call_clear(c);
    check_fault(c, judge__signer(c, &n.d, signed_by(c, cert, answer), &G01), "incorrect_certificate");
    n.d.nhashes = 0;
    n.d.version_digest = STR("second");
    check_fault(c, alone(c, &n, cert, answer, &G01), "incorrect_certificate");
    close_nation(c, &n);
}
