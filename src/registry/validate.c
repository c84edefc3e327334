/* validate.c: one line of a load file to a checked row. A refusal names the field and what to write; it never repeats the value, which
 * may be a number or a name. Language of a line: doc/registry.md. */
#include "registry/registry_int.h"

#include "base/text.h"

enum { VERSIONS_MOST = 400, KEYS_MOST = 20, CODES_IN_SENTENCE = 12 };

/* at: where the reader stands in the line. */
struct at { const struct register_ *r; const struct group *group; struct str field; int64_t today, from; }; /* from: first day of the version */

#define REFUSE(c, field, ...) call_fail(c, ST_INVALID, str_to_z((c)->arena, field), __VA_ARGS__)

static struct str count_text(struct call *c, size_t n)
{
    return str_print(c->arena, "%zu", n);
}

/* ---- single values ---- */

bool registry__is_number(struct str text, size_t digits)
{
    bool good = text.n > 0 && (digits == 0 || text.n == digits);
    for (size_t i = 0; good && i < text.n; i++) good = text.p[i] >= '0' && text.p[i] <= '9';
    return good;
}

static enum status check_digits(struct call *c, struct str field, struct str text, size_t digits)
{
    if (registry__is_number(text, digits)) return ST_OK;
    if (digits == 0) return REFUSE(c, field, "Write digits only, without blanks or dots.");
    return REFUSE(c, field, "Write exactly %s digits, without blanks or dots.", count_text(c, digits));
}

static enum status check_text(struct call *c, struct str field, struct str text, size_t longest, struct str *ret)
{
    struct str line = str_trim(text), nfc;
    if (!text_is_plain(line) || !text_nfc(c->arena, line, &nfc)) return REFUSE(c, field, "Write one line of text without control characters.");
    if (text_count(nfc) > longest) return REFUSE(c, field, "Write at most %s characters.", count_text(c, longest));
    *ret = nfc;
    return ST_OK;
}

static struct str day_text(struct call *c, int64_t day)
{
    char text[TIME_TEXT];
    date_format((struct date){ day, PRECISION_DAY }, text);
    return str_copy(c->arena, str_z(text));
}

/* check_day: a code that came or went is checked on the first day of the version that bears it. */
static enum status check_day(struct call *c, struct str field, const struct code *code, int64_t from)
{
    if (from < code->valid.from) return REFUSE(c, field, "This code is given from %s on. Begin the version then, or write the code of its own time.", day_text(c, code->valid.from));
    if (from >= code->valid.to) return REFUSE(c, field, "This code was given until %s. Write the code that holds from the first day of this version.", day_text(c, code->valid.to - 1));
    return ST_OK;
}

static enum status check_code(struct call *c, struct str field, struct str text, const struct code_list *list, int64_t from)
{
    const struct code *code = registry__find_code(list, text);
    if (code) return check_day(c, field, code, from);
    if (list->n > CODES_IN_SENTENCE) return REFUSE(c, field, "Write a code of the list \"%s\".", list->name);
    struct buf b = buf_in(c->arena, 4096);
    for (size_t i = 0; i < list->n; i++) {
        if (i) buf_put_z(&b, ", ");
        buf_put(&b, list->codes[i].code);
    }
    return REFUSE(c, field, "Write one of these codes: %s.", buf_str(&b));
}

static enum status check_date(struct call *c, struct str field, struct str text, struct date *ret)
{
    if (date_parse(text, ret)) return ST_OK;
    return REFUSE(c, field, "Write the date as 1984-06-17, or as 1984-06 or 1984 where no more is known.");
}

/* check_unit: "00004" is a code of today's list, "00004@2025-07-01" one of that day's. */
static enum status check_unit(struct call *c, const struct at *at, struct str text, struct db_value *ret)
{
    struct str code;
    struct date day = { at->today, PRECISION_DAY };
    if (!str_cut(&text, '@', &code)) code = text;
    else if (!date_parse(text, &day) || day.precision != PRECISION_DAY) return REFUSE(c, at->field, "After @ stands the day whose list the code is from, as 2025-07-01.");
    if (!at->r->units || !registry__find_unit(at->r->units, code, day.day)) return REFUSE(c, at->field, "No administrative unit has this code on that day.");
    ret[0] = db_text(code);
    ret[1] = db_int(day.day);
    return ST_OK;
}

static enum status read_value(struct call *c, const struct at *at, const struct column *col, struct str text, struct db_value *ret)
{
    struct date date;
    struct str line;
    switch (col->type) {
    case COLUMN_TEXT:
        TRY(check_text(c, col->full, text, col->longest, &line));
        ret[0] = db_text(line);
        return ST_OK;
    case COLUMN_CODE:
        ret[0] = db_text(text);
        return check_code(c, col->full, text, col->list, at->from);
    case COLUMN_DIGITS:
        ret[0] = db_text(text);
        return check_digits(c, col->full, text, col->digits);
    case COLUMN_REFERENCE:
        ret[0] = db_text(text);
        return check_digits(c, col->full, text, at->r->keys[0].digits);
    case COLUMN_DATE:
        TRY(check_date(c, col->full, text, &date));
        ret[0] = db_int(date.day);
        ret[1] = db_int(date.precision);
        return ST_OK;
    case COLUMN_UNIT:
        return check_unit(c, &(struct at){ at->r, at->group, col->full, at->today, at->from }, text, ret);
    case COLUMN_JOINED:
        return REFUSE(c, col->full, "This column is made of others. Write those.");
    }
    return ST_BROKEN;
}

/* empty_value: what stands in the database where nothing is known; a date without precision, an empty text. */
static void empty_value(enum column_type type, struct db_value *ret)
{
    ret[0] = type == COLUMN_DATE ? db_int(0) : db_text(STR(""));
    if (type == COLUMN_DATE || type == COLUMN_UNIT) ret[1] = db_int(0);
}

/* ---- versions ---- */

static enum status read_columns(struct call *c, const struct at *at, const struct json *j, struct db_value *values)
{
    for (size_t i = 0; i < at->group->ncolumns; i++) {
        const struct column *col = &at->group->columns[i];
        const struct json *value = json_get(j, str_to_z(c->arena, col->name));
        if (value && !json_is_text(value)) return REFUSE(c, col->full, "Write this value as a text in quotes.");
        struct str text = json_text(value, STR(""));
        if (text.n && memchr(text.p, '\0', text.n)) return REFUSE(c, col->full, "Write one line of text without control characters.");
        if (str_is_empty(str_trim(text)) && col->required) return REFUSE(c, col->full, "This value is required.");
        if (col->type == COLUMN_JOINED && str_is_empty(text)) continue;
        if (str_is_empty(str_trim(text))) empty_value(col->type, values + col->at);
        else TRY(read_value(c, at, col, text, values + col->at));
    }
    return ST_OK;
}

static bool is_word_of_version(const struct group *g, struct str word)
{
    if (str_eq(word, STR("from")) || str_eq(word, STR("to"))) return true;
    if (g->nkinds && str_eq(word, STR("kind"))) return true;
    for (size_t i = 0; i < g->ncolumns; i++)
        if (str_eq(g->columns[i].name, word)) return true;
    return false;
}

static enum status check_words(struct call *c, const struct at *at, const struct json *j)
{
    for (const struct json *child = json_first(j); child; child = json_next(child))
        if (!is_word_of_version(at->group, json_key(child))) return REFUSE(c, at->group->name, "This group has a value that the register does not know. Compare its names with the register file.");
    return ST_OK;
}

static enum status read_days(struct call *c, const struct at *at, const struct json *j, struct row_version *v)
{
    struct date from, to = { TIME_FAR, PRECISION_DAY };
    struct str last = json_text(json_get(j, "to"), STR(""));
    struct str field = str_join(c->arena, at->group->name, STR(".from"), STR_END);
    if (!date_parse(json_text(json_get(j, "from"), STR("")), &from)) return REFUSE(c, field, "Write the first day this holds as 1984-06-17, or as 1984-06 or 1984 where no more is known.");
    if (last.n && !date_parse(last, &to)) return REFUSE(c, field, "Write the day from which this no longer holds as 2020-01-31, or leave it out.");
    if (from.day >= to.day) return REFUSE(c, field, "The first day must come before the day from which this no longer holds.");
    v->from = from.day;
    v->to = to.day;
    return ST_OK;
}

static enum status read_kind(struct call *c, const struct at *at, const struct json *j, struct row_version *v)
{
    const struct group *g = at->group;
    struct str kind = json_text(json_get(j, "kind"), STR(""));
    struct buf b = buf_in(c->arena, 8192);
    v->kind = kind;
    if (g->nkinds == 0) return ST_OK;
    for (size_t i = 0; i < g->nkinds; i++) {
        if (str_eq(g->kinds[i].kind, kind)) return ST_OK;
        if (i) buf_put_z(&b, ", ");
        buf_put(&b, g->kinds[i].kind);
    }
    return REFUSE(c, str_join(c->arena, g->name, STR(".kind"), STR_END), "Write the kind as one of: %s.", buf_str(&b));
}

/* next_item: where many versions of a kind may hold on the same day each is one of its own, numbered as they come; 0 where there is one at a time. */
static int64_t next_item(const struct row *row, const struct group *g, struct str kind)
{
    int64_t n = 0;
    if (!registry__is_many(g, kind)) return 0;
    for (size_t i = 0; i < row->nversions; i++) n += row->versions[i].group == g && str_eq(row->versions[i].kind, kind);
    return n;
}

static enum status read_version(struct call *c, const struct at *at, const struct json *j, struct row *row)
{
    if (row->nversions == VERSIONS_MOST) return REFUSE(c, at->group->name, "One entry has at most 400 versions. Split what came before into the history of another load.");
    if (!json_is_object(j)) return REFUSE(c, at->group->name, "Write this group as {\"from\": ..., ...} or as a list of such.");
    struct db_value *values = arena_array(c->arena, struct db_value, at->group->nvalues);
    struct row_version v = { .group = at->group, .values = values };
    TRY(check_words(c, at, j));
    TRY(read_kind(c, at, j, &v));
    TRY(read_days(c, at, j, &v));
    TRY(read_columns(c, &(struct at){ at->r, at->group, at->field, at->today, v.from }, j, values));
    if (at->group->many) values[at->group->item] = db_int(next_item(row, at->group, v.kind));
    row->versions[row->nversions++] = v;
    return ST_OK;
}

static enum status read_group(struct call *c, const struct at *at, const struct json *j, struct row *row)
{
    if (!json_is_array(j)) return read_version(c, at, j, row);
    for (const struct json *v = json_first(j); v; v = json_next(v)) TRY(read_version(c, at, v, row));
    return ST_OK;
}

static bool has_kind(const struct row *row, const struct group *g, struct str kind)
{
    for (size_t i = 0; i < row->nversions; i++)
        if (row->versions[i].group == g && str_eq(row->versions[i].kind, kind)) return true;
    return false;
}

static enum status check_required(struct call *c, const struct register_ *r, const struct row *row)
{
    for (size_t g = 0; g < r->ngroups; g++) {
        const struct group *group = &r->groups[g];
        if (group->required && !has_kind(row, group, STR(""))) return REFUSE(c, group->name, "This group is required.");
        for (size_t k = 0; k < group->nkinds; k++)
            if (group->kinds[k].required && !has_kind(row, group, group->kinds[k].kind))
                return REFUSE(c, str_join(c->arena, group->name, STR(".kind"), STR_END), "A version of the kind \"%s\" is required.", group->kinds[k].kind);
    }
    return ST_OK;
}

/* Rows are small: each pair is looked at. */
enum status registry__check_overlap(struct call *c, const struct row *row)
{
    for (size_t i = 0; i < row->nversions; i++)
        for (size_t k = i + 1; k < row->nversions; k++) {
            const struct row_version *x = &row->versions[i], *y = &row->versions[k];
            if (x->group == y->group && str_eq(x->kind, y->kind) && x->from < y->to && y->from < x->to && !registry__is_many(x->group, x->kind))
                return REFUSE(c, str_join(c->arena, x->group->name, STR(".from"), STR_END), "Two versions of the same kind share a day. End the first where the second begins.");
        }
    return ST_OK;
}

/* ---- keys ---- */

/* add_key: former: of a unique kind an entry has one number at a time; those behind the first in the list are numbers it replaced. */
static enum status add_key(struct call *c, const struct key_kind *k, const struct json *j, bool former, struct row *row)
{
    struct str value = json_text(j, STR(""));
    TRY(check_digits(c, k->full, value, k->digits));
    if (row->nkeys == KEYS_MOST) return REFUSE(c, k->full, "One entry has at most 20 numbers.");
    for (size_t i = 0; i < row->nkeys; i++)
        if (row->keys[i].key == k && str_eq(row->keys[i].value, value)) return REFUSE(c, k->full, "The same number stands twice.");
    row->keys[row->nkeys++] = (struct row_key){ k, value, former };
    return ST_OK;
}

static enum status read_keys(struct call *c, const struct register_ *r, const struct json *j, struct row *row)
{
    for (const struct json *child = json_first(j); child; child = json_next(child)) {
        const struct key_kind *k = registry__find_key(r, json_key(child));
        if (!k) return REFUSE(c, STR("keys"), "The register does not know this kind of number.");
        if (!json_is_array(child)) TRY(add_key(c, k, child, false, row));
        else for (const struct json *one = json_first(child); one; one = json_next(one)) TRY(add_key(c, k, one, k->unique && one != json_first(child), row));
    }
    for (size_t i = 0; i < r->nkeys; i++) {
        bool has = false;
        for (size_t k = 0; k < row->nkeys; k++) has = has || row->keys[k].key == &r->keys[i];
        if (!has && r->keys[i].required) return REFUSE(c, r->keys[i].full, "This number is required.");
    }
    return ST_OK;
}

static const struct group *find_group(const struct register_ *r, struct str name)
{
    for (size_t i = 0; i < r->ngroups; i++)
        if (str_eq(r->groups[i].name, name)) return &r->groups[i];
    return NULL;
}

enum status registry__read_row(struct call *c, const struct register_ *r, struct str line, int64_t today, struct row *ret)
{
    const struct json *j;
    struct row row = { .keys = arena_array(c->arena, struct row_key, KEYS_MOST), .versions = arena_array(c->arena, struct row_version, VERSIONS_MOST) };
    TRY(json_parse(c, line, &j));
    if (!json_is_object(j)) return call_fail(c, ST_INVALID, "", "Write one entry a line, as {\"keys\": {...}, ...}.");
    TRY(read_keys(c, r, json_get(j, "keys"), &row));
    for (const struct json *child = json_first(j); child; child = json_next(child)) {
        if (str_eq(json_key(child), STR("keys"))) continue;
        struct at at = { .r = r, .group = find_group(r, json_key(child)), .today = today };
        if (!at.group) return call_fail(c, ST_INVALID, "", "The line has a group that the register does not know. Compare its names with the register file.");
        TRY(read_group(c, &at, child, &row));
    }
    TRY(check_required(c, r, &row));
    TRY(registry__check_overlap(c, &row));
    *ret = row;
    return ST_OK;
}
