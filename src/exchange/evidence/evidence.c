/* evidence.c: judges a container by the rules of x-road 5.5, part by part: the files, what the signature refers to, the time-stamp, the sender, the signature, its
 * certificate and the certificate's status. The moment of the time-stamp is the moment at which certificate and status must have been good. */
#include "exchange/evidence/evidence.h"

#include "base/encode.h"
#include "base/time.h"
#include "exchange/status/status.h"
#include "trust/stamp.h"

/* What is found out on the way. */
struct judging {
    struct call *c;
    const struct evidence_trust *by;
    struct evidence *e;
    struct asic files;
    struct str value, stamp;              /* of the signature document */
    struct container_signature signature;
    bool is_signed;                       /* signature was judged and is right */
    struct cert_path path;
};

static struct str moment(struct call *c, int64_t ms)
{
    char text[TIME_TEXT];
    time_format_ms(ms, text);
    return str_copy(c->arena, str_z(text));
}

/* ---- the report ---- */

static struct evidence_part *add(struct judging *j, struct str name, enum evidence_state state, struct str detail)
{
    struct evidence_part *p = &j->e->parts[j->e->n++];
    *p = (struct evidence_part){ .name = name, .state = state, .detail = detail };
    return p;
}

/* told: the outcome of a part; a failure moves from the call into the report, and the first of all is the container's. */
static bool told(struct judging *j, const char *name, enum status st, struct str detail)
{
    struct evidence_part *p = add(j, str_z(name), st == ST_OK ? EVIDENCE_GOOD : EVIDENCE_BROKEN, detail);
    if (st == ST_OK) return true;
    struct call_error err = call_sentence(j->c, st);
    p->fault = err.fault;
    p->sentence = err.sentence;
    if (!j->e->fault.n) {
        j->e->fault = p->fault.n ? p->fault : STR("internal_error");
        j->e->sentence = p->sentence;
    }
    call_clear(j->c);
    return false;
}

static void not_reached(struct judging *j, const char *name) { (void)add(j, str_z(name), EVIDENCE_UNKNOWN, STR("")); }

/* ---- the time-stamp (rule 3) ---- */

static struct str file(const struct judging *j, const char *name)
{
    const struct asic_entry *e = asic_find(&j->files, str_z(name));
    return e ? e->bytes : STR("");
}

static size_t believed(struct judging *j, const struct str **ret)
{
    size_t n = j->by->nmore;
    for (size_t i = 0; i < j->by->n; i++) n += j->by->list[i]->ntsas;
    struct str *certs = arena_array(j->c->arena, struct str, n);
    n = 0;
    for (size_t i = 0; i < j->by->nmore; i++) certs[n++] = j->by->more_stamps[i];
    for (size_t i = 0; i < j->by->n; i++)
        for (size_t k = 0; k < j->by->list[i]->ntsas; k++) certs[n++] = j->by->list[i]->tsas[k].cert;
    *ret = certs;
    return n;
}

static bool is_stamped_with_others(const struct judging *j) { return file(j, ASIC_STAMP_CHAIN_RESULT).n > 0; }

/* find_stamp: the token and the bytes that it stamps: the result of a chain that leads to the signature document, or the value of the signature. */
static enum status find_stamp(struct judging *j, struct str *ret_token, struct str *ret_bytes)
{
    struct call *c = j->c;
    struct covered *covered = arena_new(c->arena, struct covered);
    struct str result = file(j, ASIC_STAMP_CHAIN_RESULT), token = file(j, ASIC_STAMP);
    if (!result.n && j->stamp.n) return *ret_token = j->stamp, *ret_bytes = j->value, ST_OK;
    if (!token.n)
        return call_fault(c, call_fail(c, ST_INVALID, "stamp", "The container holds no time-stamp, so nothing proves when the message was signed. Ask for one that was made after the message was time-stamped."), STR("asic_timestamp_not_found"));
    if (!result.n) return call_fault(c, call_fail(c, ST_INVALID, "stamp", "The container holds a time-stamp, but nothing that ties it to the signature."), STR("asic_hash_chain_result_not_found"));
    covered->needed = STR("/" ASIC_SIGNATURES);
    enum status st = hash_chain_check_files(c, result, &j->files, covered);
    if (st != ST_OK) {
        struct str why = call_sentence(c, st).sentence;
        call_clear(c);
        return call_fault(c, call_fail(c, ST_INVALID, "stamp", "The time-stamp is not for this signature: %s", why), STR("malformed_signature"));
    }
    *ret_token = token;
    *ret_bytes = result;
    return ST_OK;
}

static enum status check_stamp(struct judging *j, struct str *ret_detail)
{
    struct str token, bytes;
    struct stamp_facts facts;
    struct cert_info by = { 0 };
    const struct str *certs;
    TRY(find_stamp(j, &token, &bytes));
    size_t n = believed(j, &certs);
    enum status st = stamp_check(j->c, token, DIGEST_SHA512, trust_digest(j->c->arena, DIGEST_SHA512, bytes), certs, n, &facts);
    if (st != ST_OK) return call_fault(j->c, st, STR("malformed_signature"));
    TRY(cert_read(j->c, facts.cert, &by));
    j->e->stamped_ms = facts.at_ms;
    *ret_detail = str_join(j->c->arena, moment(j->c, facts.at_ms), STR(" by "), by.subject_rfc4514, STR_END);
    return ST_OK;
}

/* ---- the message and its signature (rules 2, 4, 5) ---- */

static void tell_sender(struct judging *j)
{
    struct sender *s = &j->e->sender;
    enum status st = sender__read(j->c, file(j, ASIC_MESSAGE), s);
    struct str detail = st == ST_OK ? str_join(j->c->arena, s->is_answer ? STR("answer of ") : STR("request of "), xid_format(j->c->arena, &s->id), STR(", id "), s->message_id, STR_END) : STR("");
    (void)told(j, "sender", st, detail);
}

static struct str digest_text(struct judging *j, const struct covered_part *p)
{
    return str_join(j->c->arena, digest_uri(p->alg), STR(" "), encode_base64(j->c->arena, p->digest), STR_END);
}

/* belongs_to_form: a file of the container itself, whose content was judged or says nothing. What proves a time-stamp belongs only where there is one of that form. */
static bool belongs_to_form(const struct judging *j, const struct asic_entry *e)
{
    static const char *const names[] = { ASIC_STAMP_CHAIN, ASIC_STAMP_CHAIN_RESULT, ASIC_STAMP, ASIC_STAMP_MANIFEST };
    struct str name = e->name;
    if (str_eq(name, STR("mimetype")) || str_eq(name, STR(ASIC_SIGNATURES))) return true;
    if (str_eq(name, STR(ASIC_MANIFEST))) return asic_is_file_list(j->c, e->bytes);
    if (j->signature.uses_chain && (str_eq(name, STR(ASIC_CHAIN)) || str_eq(name, STR(ASIC_CHAIN_RESULT)))) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names && is_stamped_with_others(j); i++)
        if (str_eq(name, str_z(names[i]))) return true;
    return false;
}

/* tell_parts: what the signature covers, and which files it does not. */
static void tell_parts(struct judging *j)
{
    const struct covered *v = &j->signature.covered;
    for (size_t i = 0; i < v->n; i++) {
        struct str name = str_skip(v->list[i].uri, 1);
        (void)add(j, name, v->list[i].is_present ? EVIDENCE_GOOD : EVIDENCE_ABSENT, digest_text(j, &v->list[i]));
    }
    for (size_t i = 0; i < j->files.n; i++)
        if (!covered_find(v, asic_uri(j->c->arena, &j->files.entries[i])) && !belongs_to_form(j, &j->files.entries[i])) (void)add(j, j->files.entries[i].name, EVIDENCE_UNSIGNED, STR(""));
}

static void tell_signature(struct judging *j)
{
    enum status st = signature_check_files(j->c, &j->files, &j->signature);
    const struct signature_facts *facts = &j->signature.facts;
    j->e->signed_ms = st == ST_OK ? facts->signed_ms : 0;
    struct str detail = st == ST_OK ? str_join(j->c->arena, STR("made "), moment(j->c, facts->signed_ms), STR(", "), sig_method_uri(facts->method), STR_END) : STR("");
    j->is_signed = told(j, "signature", st, detail);
    if (j->is_signed) tell_parts(j);
}

/* ---- certificate and status, as they were then ---- */

static enum status find_nation(struct judging *j, const struct directory **ret)
{
    struct str instance = j->e->sender.id.instance;
    if ((*ret = evidence__nation(j->by, instance))) return ST_OK;
    return call_fault(j->c, call_fail(j->c, ST_INVALID, "certificate", "The sender belongs to the nation %s, whose directory was not given. Give its configuration too.", instance), STR("unknown_member"));
}

static enum status check_certificate(struct judging *j, struct str *ret_detail)
{
    const struct directory *d;
    struct cert_info info;
    const struct signature_facts *facts = &j->signature.facts;
    TRY(find_nation(j, &d));
    TRY(judge__signer_then(j->c, d, facts, &j->e->sender.id, j->e->stamped_ms, &j->path));
    TRY(cert_read(j->c, facts->cert_der, &info));
    *ret_detail = str_join(j->c->arena, info.subject_rfc4514, STR(", serial "), info.serial_decimal, STR(", issued by "), info.issuer_rfc4514, STR_END);
    return ST_OK;
}

/* explain_late: the status was good when the message says that it was signed, but its answer was too old at the time-stamp, which alone proves a moment: after an outage of
 * the time-stamp service. The verdict stays (x-road 3.5, 5.5); the sentence says why. */
static enum status explain_late(struct judging *j, const struct directory *d, enum status st)
{
    struct call *c = j->c;
    struct call_error why = c->error;
    int64_t signed_ms = j->signature.facts.signed_ms;
    call_clear(c);
    bool is_late = signed_ms < j->e->stamped_ms && judge__status_then(c, d, &j->path, &j->signature.facts, signed_ms) == ST_OK;
    c->error = why;
    if (!is_late) return st;
    call_clear(c);
    return call_fault(c, call_fail(c, st, "status", "The message says that it was signed at %s, but was time-stamped at %s only. The answer about its certificate was too old by then, so nothing proves that the certificate was still good.",
                                   moment(c, signed_ms), moment(c, j->e->stamped_ms)), why.fault);
}

static enum status check_status(struct judging *j, struct str *ret_detail)
{
    const struct directory *d;
    int64_t from_ms, to_ms;
    TRY(find_nation(j, &d));
    enum status st = judge__status_then(j->c, d, &j->path, &j->signature.facts, j->e->stamped_ms);
    if (st != ST_OK) return explain_late(j, d, st);
    TRY(ocsp_times(j->c, j->signature.facts.ocsp, &from_ms, &to_ms));
    *ret_detail = str_join(j->c->arena, STR("good at "), moment(j->c, from_ms), STR_END);
    return ST_OK;
}

static void tell_signer(struct judging *j)
{
    struct str detail = STR("");
    bool ready = j->is_signed && j->e->stamped_ms && j->e->sender.id.instance.n;
    if (!ready) {
        not_reached(j, "certificate");
        return not_reached(j, "status");
    }
    enum status st = check_certificate(j, &detail);
    if (!told(j, "certificate", st, detail)) return not_reached(j, "status");
    st = check_status(j, &detail);
    (void)told(j, "status", st, st == ST_OK ? detail : STR(""));
}

/* ---- all ---- */

static void judge(struct judging *j, struct str zip)
{
    struct str detail = STR("");
    enum status st = asic_read(j->c, zip, &j->files);
    if (!told(j, "container", st, st == ST_OK ? str_print(j->c->arena, "%zu files", j->files.n) : STR(""))) return;
    st = signature_read_stamp(j->c, file(j, ASIC_SIGNATURES), &j->value, &j->stamp);
    if (st != ST_OK) return (void)told(j, "signature", st, STR(""));
    st = check_stamp(j, &detail);
    (void)told(j, "time-stamp", st, detail);
    if (is_stamped_with_others(j)) (void)told(j, "manifest", asic_check_stamp_manifest(j->c, &j->files), STR(""));
    tell_sender(j);
    tell_signature(j);
    tell_signer(j);
}

enum status evidence__judge(struct call *c, struct str zip, const struct evidence_trust *by, struct evidence *ret)
{
    struct judging *j = arena_new(c->arena, struct judging);
    *ret = (struct evidence){ 0 };
    j->c = c;
    j->by = by;
    j->e = ret;
    judge(j, zip);
    if (!ret->fault.n) return ST_OK;
    return call_fault(c, call_fail(c, ST_INVALID, "", "%s", ret->sentence), ret->fault);
}
