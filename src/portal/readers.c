/* readers.c: "Who read my data": entries of a register's journal about the person, each with its proof against the head that the operator published. The head is fetched first;
 * the register proves against exactly that one, so that it cannot show different people different journals. */
#include "portal/portal_int.h"

#include "base/time.h"

enum { ENTRIES_MAX = 100, PATH_MAX_STEPS = 64, PROOF_MAX = 64 * 1024, FIELDS_MAX = 8 * 1024 };

/* ---- words ---- */

static struct str what_happened(struct str kind)
{
    if (str_ends(kind, STR(".read"))) return TR("Read your record");
    if (str_eq(kind, STR("message.search"))) return TR("Searched the log of messages for those about you");
    if (str_ends(kind, STR(".search"))) return TR("Found you in a search by name, and saw what is listed here");
    if (str_ends(kind, STR(".readers"))) return TR("Opened the list of readers");
    if (str_ends(kind, STR(".load"))) return TR("Entered or changed your record");
    if (str_ends(kind, STR(".renumber"))) return TR("Replaced one of your numbers");
    if (str_ends(kind, STR(".opened"))) return TR("Opened the text of a message about you");
    return TR("Used your record");
}

/* role_in_words: roles of officials are the agency's own words; these are the program's. */
static struct str role_in_words(struct call *c, struct str role)
{
    if (str_eq(role, STR("command"))) return text_tr(c->lang, TR("an administrator of the register"));
    if (str_eq(role, STR("citizen"))) return text_tr(c->lang, TR("a person"));
    if (str_eq(role, STR("peer"))) return text_tr(c->lang, TR("an information system"));
    return text_tr(c->lang, role);
}

static struct str purpose_in_words(struct call *c, struct str code)
{
    const struct purpose *p = exchange_find_purpose(c->app, code);
    return p ? text_tr(c->lang, p->name) : code;
}

/* field_list: the labels in the language of the page; a label may hold a comma itself. */
static struct str field_list(struct call *c, const struct json *fields)
{
    struct buf b = buf_in(c->arena, FIELDS_MAX);
    for (const struct json *f = json_first(fields); f; f = json_next(f)) {
        if (b.n) buf_put(&b, STR("; "));
        struct str label = json_text(f, STR(""));
        buf_put(&b, text_tr(c->lang, str_eq(label, STR("*")) ? TR("All fields") : label));
    }
    return buf_str(&b);
}

static struct str agency_name(struct call *c, struct str id)
{
    struct str member = id, rest = id, part;
    for (int i = 0; i < 3 && str_next(&rest, '/', &part); i++) member = str_of(id.p, (size_t)(part.p + part.n - id.p)); /* instance/class/member: the agency, not its system */
    return exchange_member_name(c, member);
}

/* ---- the proof, read and written again: only what the check needs ---- */

static bool put_proof(struct call *c, const struct json *proof, struct reader_entry *e)
{
    struct buf b = buf_in(c->arena, PROOF_MAX);
    struct json_out o = json_to(&b);
    if (!json_is_object(proof) || !json_int(json_get(proof, "leaf"), &e->leaf) || !json_int(json_get(proof, "size"), &e->size)) return false;
    json_open(&o, '{');
    json_text_at(&o, "entry", json_text(json_get(proof, "entry"), STR("")));
    json_text_at(&o, "salt", json_text(json_get(proof, "salt"), STR("")));
    json_int_at(&o, "leaf", e->leaf);
    json_int_at(&o, "size", e->size);
    json_name(&o, STR("path"));
    json_open(&o, '[');
    size_t n = 0;
    for (const struct json *step = json_first(json_get(proof, "path")); step && n < PATH_MAX_STEPS; step = json_next(step), n++) json_put_text(&o, json_text(step, STR("")));
    json_close(&o);
    json_text_at(&o, "checkpoint", json_text(json_get(proof, "checkpoint"), STR("")));
    json_text_at(&o, "key", json_text(json_get(proof, "key"), STR("")));
    json_close(&o);
    return buf_finish(&b, &e->proof) == ST_OK;
}

/* facts_of: what is shown in words, as the register said it. The script compares it with the entry that was proved: else a register could prove one and show another. */
static struct str facts_of(struct call *c, const struct json *j, int64_t at_ms)
{
    static const char *const names[] = { "uid", "kind", "agency", "role", "purpose", "basis" };
    struct buf b = buf_in(c->arena, FIELDS_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) json_text_at(&o, names[i], json_text(json_get(j, names[i]), STR("")));
    if (json_get(j, "class")) json_text_at(&o, "class", json_text(json_get(j, "class"), STR("")));
    json_int_at(&o, "at_ms", at_ms);
    json_close(&o);
    return buf_str(&b);
}

static struct reader_entry take_entry(struct call *c, const struct json *j)
{
    struct reader_entry e = { .uid = json_text(json_get(j, "uid"), STR("")), .role = role_in_words(c, json_text(json_get(j, "role"), STR(""))),
                              .purpose = purpose_in_words(c, json_text(json_get(j, "purpose"), STR(""))), .basis = json_text(json_get(j, "basis"), STR("")),
                              .what = text_tr(c->lang, what_happened(json_text(json_get(j, "kind"), STR("")))), .fields = field_list(c, json_get(j, "fields")),
                              .own = str_eq(json_text(json_get(j, "class"), STR("")), STR("self")) }; /* not its purpose, which anybody may name */
    e.agency = agency_name(c, json_text(json_get(j, "agency"), STR("")));
    (void)json_int(json_get(j, "at_ms"), &e.at_ms);
    e.facts = facts_of(c, j, e.at_ms);
    e.proved = put_proof(c, json_get(j, "proof"), &e);
    return e;
}

void readers__take(struct call *c, const struct json *answer, struct reader_register *ret)
{
    struct reader_entry *entries = arena_array(c->arena, struct reader_entry, ENTRIES_MAX);
    size_t n = 0;
    for (const struct json *j = json_first(json_get(answer, "entries")); j && n < ENTRIES_MAX; j = json_next(j)) entries[n++] = take_entry(c, j);
    ret->entries = entries;
    ret->nentries = n;
    ret->more = json_int(json_get(answer, "next"), &ret->next);
}

/* ---- the head ---- */

/* readers__head_size: the second line of a checkpoint (C2SP tlog-checkpoint). */
bool readers__head_size(struct str checkpoint, int64_t *ret)
{
    struct str origin, size;
    return str_cut(&checkpoint, '\n', &origin) && str_cut(&checkpoint, '\n', &size) && str_int(size, ret) && *ret >= 0;
}

/* find_head: what the operator published of the server that hosts this register. Without one the page still lists the entries and says so. */
static void find_head(struct call *c, const struct xid *subsystem, struct reader_register *r)
{
    const struct str *servers;
    size_t n;
    enum status st = exchange_servers_of(c, subsystem, &servers, &n);
    for (size_t i = 0; st == ST_OK && i < n && !r->has_head; i++) {
        r->server = servers[i];
        r->has_head = exchange_published_head(c, servers[i], &r->key, &r->head) == ST_OK;
        call_clear(c);
    }
    if (st != ST_OK) call_forgive(c, st, "entries are shown without proofs");
}

struct question { struct readers_wanted wanted; int64_t size; struct str checkpoint; };

static void put_question(struct json_out *o, const void *arg)
{
    const struct question *q = arg;
    if (!q->wanted.own) {
        json_name(o, STR("others"));
        json_put_bool(o, true);
    }
    if (q->wanted.before != TIME_FAR) json_int_at(o, "before", q->wanted.before);
    if (q->checkpoint.n == 0) return;
    json_int_at(o, "size", q->size);
    json_text_at(o, "checkpoint", q->checkpoint);
}

struct reader_register readers__read(struct call *c, const struct xid *subsystem, int64_t number, struct readers_wanted wanted)
{
    struct reader_register r = { .name = exchange_member_name(c, xid_format(c->arena, subsystem)), .number = number };
    struct question q = { .wanted = wanted };
    const struct json *answer;
    find_head(c, subsystem, &r);
    if (r.has_head && readers__head_size(r.head, &q.size)) q.checkpoint = r.head;
    enum status st = portal__ask(c, &(struct portal_question){ .subsystem = *subsystem, .service = "readers", .put_more = put_question, .arg = &q }, &answer);
    if (st == ST_OK) readers__take(c, answer, &r);
    else r.problem = portal__problem(c, st);
    return r;
}
