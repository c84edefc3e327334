/* journal_entry.c: an entry as the text that is hashed, and as bytes on its way through the outbox. The text is made again from the columns
 * whenever it is needed, so its form must never change: a new member would come with "v":2 and the old form kept. */
#include "trust/journal_int.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

static const char *const class_names[] = { "normal", "self", "delayed" };
enum { NCLASSES = sizeof class_names / sizeof class_names[0] };

size_t journal__leaves(const struct journal_row *row) { return row->subjects.n / JOURNAL_SUBJECT_BYTES; }

int64_t journal__person(const struct journal_row *row, size_t i)
{
    const uint8_t *p = (const uint8_t *)row->subjects.p + i * JOURNAL_SUBJECT_BYTES;
    uint64_t v = 0;
    for (size_t k = 0; k < 8; k++) v = v << 8 | p[k];
    return (int64_t)v;
}

struct str journal__salt(const struct journal_row *row, size_t i)
{
    return str_of(row->subjects.p + i * JOURNAL_SUBJECT_BYTES + 8, JOURNAL_SALT);
}

bool journal__is_erased(const struct journal_row *row, size_t i)
{
    static const char zeros[JOURNAL_SALT];
    return str_is_empty(row->event.kind) || str_eq(journal__salt(row, i), str_of(zeros, sizeof zeros));
}

struct str journal_class_word(enum journal_class class_) { return (int)class_ >= 0 && (int)class_ < NCLASSES ? str_z(class_names[class_]) : STR(""); }

enum status journal__entry_text(struct call *c, const struct journal_row *row, struct str *ret)
{
    struct buf b = buf_in(c->arena, 2 * JOURNAL_TEXT_MAX);
    struct json_out o = json_to(&b);
    const struct journal_event *e = &row->event;
    if ((int)e->class_ < 0 || (int)e->class_ >= NCLASSES) {
        call_note(c, "trust", "entry %.*s has a class that does not exist", STR_ARG(row->uid));
        return ST_BROKEN;
    }
    json_open(&o, '{');
    json_int_at(&o, "v", 1);
    json_text_at(&o, "uid", row->uid);
    json_int_at(&o, "at_ms", row->at_ms);
    json_text_at(&o, "kind", e->kind);
    json_text_at(&o, "class", str_z(class_names[e->class_]));
    json_int_at(&o, "show_from_ms", e->show_from_ms);
    json_text_at(&o, "agency", e->agency);
    json_text_at(&o, "user", e->user);
    json_text_at(&o, "role", e->role);
    json_text_at(&o, "purpose", e->purpose);
    json_text_at(&o, "basis", e->basis);
    json_text_at(&o, "issue", e->issue);
    json_text_at(&o, "fields", e->fields);
    json_text_at(&o, "message", e->message);
    json_text_at(&o, "fault", e->fault);
    json_close(&o);
    return buf_finish(&b, ret);
}

/* The texts of an event in the order of the outbox. */
enum { NTEXTS = 10 };
static void texts_of(struct journal_event *e, struct str *ret[NTEXTS])
{
    struct str *all[NTEXTS] = { &e->kind, &e->agency, &e->user, &e->role, &e->purpose, &e->basis, &e->issue, &e->fields, &e->message, &e->fault };
    memcpy(ret, all, sizeof all);
}

enum status journal__check_event(struct call *c, const struct journal_event *e)
{
    struct journal_event copy = *e;
    struct str *texts[NTEXTS];
    size_t sum = 0;
    texts_of(&copy, texts);
    for (size_t i = 0; i < NTEXTS; i++) {
        if (!text_is_utf8(*texts[i])) return call_fail(c, ST_INVALID, "journal", "A text of the journal entry is not valid UTF-8. Correct the request and send it again.");
        sum += texts[i]->n;
    }
    if (str_is_empty(e->kind) || (int)e->class_ < 0 || (int)e->class_ >= NCLASSES) return call_fail(c, ST_INVALID, "journal", "A journal entry needs a kind and a class.");
    if (sum > JOURNAL_TEXT_MAX / 8) return call_fail(c, ST_TOO_LARGE, "journal", "The texts of a journal entry are at most 8 kB together. Ask for fewer columns at once.");
    if (e->nsubjects > JOURNAL_SUBJECTS_MAX) return call_fail(c, ST_TOO_LARGE, "journal", "A journal entry names at most 100,000 persons. Ask for fewer at once.");
    for (size_t i = 0; i < e->nsubjects; i++)
        if (e->subjects[i] <= 0) return call_fail(c, ST_INVALID, "journal", "A journal entry names a person by an id above 0.");
    return ST_OK;
}

/* ---- outbox: a format number, whole numbers of 8 bytes, texts behind their length ---- */

enum { PACK_FORMAT = 1, PACK_MAX = JOURNAL_TEXT_MAX + 8 * (JOURNAL_SUBJECTS_MAX + 16) };

static void put_number(struct buf *b, int64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8) buf_put_c(b, (char)((uint64_t)v >> shift));
}

static bool take_number(struct str *in, int64_t *ret)
{
    uint64_t v = 0;
    if (in->n < 8) return false;
    for (size_t i = 0; i < 8; i++) v = v << 8 | (uint8_t)in->p[i];
    *in = str_skip(*in, 8);
    *ret = (int64_t)v;
    return true;
}

enum status journal__pack(struct call *c, const struct journal_event *e, int64_t at_ms, struct str *ret)
{
    struct buf b = buf_in(c->arena, PACK_MAX);
    struct journal_event copy = *e;
    struct str *texts[NTEXTS];
    texts_of(&copy, texts);
    put_number(&b, PACK_FORMAT);
    put_number(&b, at_ms);
    put_number(&b, (int64_t)e->class_);
    put_number(&b, e->show_from_ms);
    for (size_t i = 0; i < NTEXTS; i++) {
        put_number(&b, (int64_t)texts[i]->n);
        buf_put(&b, *texts[i]);
    }
    put_number(&b, (int64_t)e->nsubjects);
    for (size_t i = 0; i < e->nsubjects; i++) put_number(&b, e->subjects[i]);
    return buf_finish(&b, ret);
}

static bool take_event(struct call *c, struct str in, struct journal_event *e, int64_t *at_ms)
{
    struct str *texts[NTEXTS];
    int64_t format, class_, n;
    texts_of(e, texts);
    if (!take_number(&in, &format) || format != PACK_FORMAT || !take_number(&in, at_ms) || !take_number(&in, &class_) || !take_number(&in, &e->show_from_ms)) return false;
    if (class_ < 0 || class_ >= NCLASSES) return false;
    e->class_ = (enum journal_class)class_;
    for (size_t i = 0; i < NTEXTS; i++) {
        if (!take_number(&in, &n) || n < 0 || (uint64_t)n > in.n) return false;
        *texts[i] = str_first(in, (size_t)n);
        in = str_skip(in, (size_t)n);
    }
    if (!take_number(&in, &n) || n < 0 || (uint64_t)n != in.n / 8 || in.n % 8) return false;
    int64_t *subjects = arena_array(c->arena, int64_t, (size_t)n);
    for (size_t i = 0; i < (size_t)n; i++) (void)take_number(&in, &subjects[i]);
    e->subjects = subjects;
    e->nsubjects = (size_t)n;
    return true;
}

enum status journal__unpack(struct call *c, struct str bytes, struct journal_event *ret, int64_t *at_ms)
{
    struct journal_event e = { .class_ = JOURNAL_NORMAL };
    int64_t at;
    if (!take_event(c, bytes, &e, &at)) {
        call_note(c, "trust", "an entry in the outbox cannot be read");
        return ST_BROKEN;
    }
    *ret = e;
    *at_ms = at;
    return ST_OK;
}
