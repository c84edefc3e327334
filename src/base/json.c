/* json.c: a strict reader (RFC 8259, I-JSON's rules on duplicate keys and numbers) and an append writer.
 * The reader is ours because strictness is the point here: the usual small libraries let trailing text, duplicate keys, leading zeros,
 * control characters or inner NULs pass, and two programs that read one signed text differently are a hole. The tree stands straight in the
 * call's arena. Tests and fuzzing hold it against cJSON. */
#include "base/json.h"

#include "base/text.h"

enum { BYTES_MAX = 8 * 1024 * 1024, VALUES_MAX = 1000000, LEVELS_MAX = 64 };

enum kind { KIND_NULL, KIND_FALSE, KIND_TRUE, KIND_NUMBER, KIND_TEXT, KIND_ARRAY, KIND_OBJECT };

struct json {
    enum kind kind;
    struct str key;
    struct str text; /* KIND_TEXT: its value; KIND_NUMBER: as it was written */
    const struct json *first, *next;
};

struct reader {
    struct call *c;
    struct str all, rest;
    size_t values;
};

static enum status refuse(struct reader *r, const char *reason)
{
    struct str at = str_print(r->c->arena, "%zu", r->all.n - r->rest.n + 1);
    return call_fail(r->c, ST_INVALID, "", "The JSON text is not right at character %s: %s. Correct it and send it again.", at, str_z(reason));
}

static void skip_blanks(struct reader *r)
{
    size_t n = 0;
    while (n < r->rest.n && strchr(" \t\r\n", r->rest.p[n]) && r->rest.p[n]) n++;
    r->rest = str_skip(r->rest, n);
}

/* take: this character comes next (after blanks) and is eaten. */
static bool take(struct reader *r, char want)
{
    skip_blanks(r);
    if (r->rest.n == 0 || r->rest.p[0] != want) return false;
    r->rest = str_skip(r->rest, 1);
    return true;
}

static bool read_hex4(struct str *in, uint32_t *ret)
{
    uint32_t v = 0;
    if (in->n < 4) return false;
    for (size_t i = 0; i < 4; i++) {
        char ch = in->p[i];
        int d = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
        if (d < 0) return false;
        v = v << 4 | (uint32_t)d;
    }
    *in = str_skip(*in, 4);
    *ret = v;
    return true;
}

/* read_code: what follows \u; a pair of surrogates is one code point, a single one is none. */
static bool read_code(struct str *in, uint32_t *ret)
{
    uint32_t code, low;
    if (!read_hex4(in, &code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return false;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!str_starts(*in, STR("\\u"))) return false;
        *in = str_skip(*in, 2);
        if (!read_hex4(in, &low) || low < 0xdc00 || low > 0xdfff) return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *ret = code;
    return code != 0;
}

static size_t put_code(char *at, uint32_t code)
{
    if (code < 0x80) {
        at[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n - 1; i > 0; i--, code >>= 6) at[i] = (char)(0x80 | (code & 0x3f));
    at[0] = (char)(lead[n] | code);
    return n;
}

/* unescape: never longer than what was written. */
static bool unescape(struct arena *a, struct str in, struct str *ret)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *p = arena_alloc(a, in.n, 1);
    size_t n = 0;
    while (in.n) {
        char ch = in.p[0];
        in = str_skip(in, 1);
        if (ch != '\\') {
            p[n++] = ch;
            continue;
        }
        char name = in.p[0]; /* the scan for the end has seen it */
        in = str_skip(in, 1);
        uint32_t code;
        const char *known = name ? strchr(names, name) : NULL;
        if (known) p[n++] = values[known - names];
        else if (name == 'u' && read_code(&in, &code)) n += put_code(p + n, code);
        else return false;
    }
    *ret = str_of(p, n);
    return true;
}

/* read_text: r stands behind the opening quote. */
static enum status read_text(struct reader *r, struct str *ret)
{
    size_t n = 0;
    bool escapes = false;
    for (; n < r->rest.n && r->rest.p[n] != '"'; n++) {
        if ((uint8_t)r->rest.p[n] < 0x20) return refuse(r, "a text holds a control character; write it as \\n, \\t or \\u");
        if (r->rest.p[n] != '\\') continue;
        escapes = true;
        n++;
    }
    if (n >= r->rest.n) return refuse(r, "a text has no closing quote");
    struct str written = str_first(r->rest, n);
    if (!escapes) *ret = written;
    else if (!unescape(r->c->arena, written, ret)) return refuse(r, "a text holds an escape that does not exist");
    r->rest = str_skip(r->rest, n + 1);
    return ST_OK;
}

static size_t count_digits(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') n++;
    return n;
}

/* number_size: bytes of the JSON number at the start of s; 0 when there is none. */
static size_t number_size(struct str s)
{
    struct str in = s;
    if (str_starts(in, STR("-"))) in = str_skip(in, 1);
    size_t n = count_digits(in);
    if (n == 0 || (n > 1 && in.p[0] == '0')) return 0;
    in = str_skip(in, n);
    if (str_starts(in, STR("."))) {
        in = str_skip(in, 1);
        if ((n = count_digits(in)) == 0) return 0;
        in = str_skip(in, n);
    }
    if (str_starts(in, STR("e")) || str_starts(in, STR("E"))) {
        in = str_skip(in, 1);
        if (str_starts(in, STR("+")) || str_starts(in, STR("-"))) in = str_skip(in, 1);
        if ((n = count_digits(in)) == 0) return 0;
        in = str_skip(in, n);
    }
    return s.n - in.n;
}

static enum status read_number(struct reader *r, struct json *ret)
{
    size_t n = number_size(r->rest);
    if (n == 0) return refuse(r, "a value is missing or not written as JSON knows it");
    ret->kind = KIND_NUMBER;
    ret->text = str_first(r->rest, n);
    r->rest = str_skip(r->rest, n);
    return ST_OK;
}

static bool take_word(struct reader *r, struct str word)
{
    if (!str_starts(r->rest, word)) return false;
    r->rest = str_skip(r->rest, word.n);
    return true;
}

static enum status check_keys(struct reader *r, const struct json *object, size_t n)
{
    struct str twin, *keys = arena_array(r->c->arena, struct str, n);
    size_t i = 0;
    for (const struct json *j = object->first; j; j = j->next) keys[i++] = j->key;
    return str_find_twin(keys, n, &twin) ? refuse(r, "the object that ends here has the same key twice") : ST_OK;
}

static enum status read_value(struct reader *r, int level, struct json *ret);

static enum status read_children(struct reader *r, int level, struct json *ret)
{
    bool object = ret->kind == KIND_OBJECT;
    char closer = object ? '}' : ']';
    size_t n = 0;
    if (level >= LEVELS_MAX) return refuse(r, "it is nested deeper than 64 levels");
    if (take(r, closer)) return ST_OK;
    for (const struct json **tail = &ret->first;; n++) {
        struct json *child = arena_new(r->c->arena, struct json);
        if (object) {
            if (!take(r, '"')) return refuse(r, "a key in quotes must stand here");
            TRY(read_text(r, &child->key));
            if (!take(r, ':')) return refuse(r, "a colon must stand here");
        }
        TRY(read_value(r, level + 1, child));
        *tail = child;
        tail = &child->next;
        if (take(r, ',')) continue;
        if (!take(r, closer)) return refuse(r, "a comma or a closing bracket must stand here");
        return object ? check_keys(r, ret, n + 1) : ST_OK;
    }
}

static enum status read_value(struct reader *r, int level, struct json *ret)
{
    if (++r->values > VALUES_MAX) return call_fail(r->c, ST_TOO_LARGE, "", "The JSON text holds more than 1,000,000 values. Send it in parts.");
    skip_blanks(r);
    if (take(r, '{')) ret->kind = KIND_OBJECT;
    else if (take(r, '[')) ret->kind = KIND_ARRAY;
    else if (take(r, '"')) ret->kind = KIND_TEXT;
    else if (take_word(r, STR("true"))) ret->kind = KIND_TRUE;
    else if (take_word(r, STR("false"))) ret->kind = KIND_FALSE;
    else if (take_word(r, STR("null"))) ret->kind = KIND_NULL;
    else return read_number(r, ret);
    if (ret->kind == KIND_TEXT) return read_text(r, &ret->text);
    if (ret->kind == KIND_OBJECT || ret->kind == KIND_ARRAY) return read_children(r, level, ret);
    return ST_OK;
}

enum status json_parse(struct call *c, struct str text, const struct json **ret)
{
    if (text.n > BYTES_MAX) return call_fail(c, ST_TOO_LARGE, "", "The JSON text is larger than 8 MiB. Send it in parts.");
    if (!text_is_utf8(text)) return call_fail(c, ST_INVALID, "", "The JSON text is not valid UTF-8. Send it in UTF-8.");
    struct reader r = { .c = c, .all = str_copy(c->arena, text) }; /* texts without escapes stay views of this copy */
    r.rest = r.all;
    struct json *root = arena_new(c->arena, struct json);
    TRY(read_value(&r, 0, root));
    skip_blanks(&r);
    if (r.rest.n) return refuse(&r, "nothing may follow the value");
    *ret = root;
    return ST_OK;
}

bool json_is_text(const struct json *j) { return j && j->kind == KIND_TEXT; }
bool json_is_array(const struct json *j) { return j && j->kind == KIND_ARRAY; }
bool json_is_object(const struct json *j) { return j && j->kind == KIND_OBJECT; }
const struct json *json_first(const struct json *j) { return j ? j->first : NULL; }
const struct json *json_next(const struct json *j) { return j ? j->next : NULL; }
struct str json_key(const struct json *j) { return j ? j->key : STR(""); }
struct str json_text(const struct json *j, struct str fallback) { return json_is_text(j) ? j->text : fallback; }

const struct json *json_get(const struct json *j, const char *key)
{
    if (!json_is_object(j)) return NULL;
    for (const struct json *child = j->first; child; child = child->next)
        if (str_eq(child->key, str_z(key))) return child;
    return NULL;
}

bool json_int(const struct json *j, int64_t *ret)
{
    static const int64_t most = INT64_C(1) << 53; /* beyond it other programs round */
    int64_t v;
    if (!j || j->kind != KIND_NUMBER || !str_int(j->text, &v) || v > most || v < -most) return false;
    *ret = v;
    return true;
}

bool json_bool(const struct json *j, bool fallback)
{
    if (!j || (j->kind != KIND_TRUE && j->kind != KIND_FALSE)) return fallback;
    return j->kind == KIND_TRUE;
}

enum status json_need(struct call *c, const struct json *j, const char *key, struct str *ret)
{
    const struct json *child = json_get(j, key);
    if (!json_is_text(child)) return call_fail(c, ST_INVALID, key, "The field \"%s\" must be there and hold a text.", str_z(key));
    *ret = child->text;
    return ST_OK;
}

struct json_out json_to(struct buf *b) { return (struct json_out){ .b = b }; }

/* separate: the comma before the second and later values of an object or array. */
static void separate(struct json_out *o)
{
    if (o->comma[o->depth]) buf_put_c(o->b, ',');
    o->comma[o->depth] = true;
}

void json_open(struct json_out *o, char bracket)
{
    separate(o);
    if (o->depth + 1 >= LEVELS_MAX) {
        o->b->failed = true; /* a reader of ours would refuse it too */
        return;
    }
    buf_put_c(o->b, bracket);
    o->depth++;
    o->comma[o->depth] = false;
    o->closer[o->depth] = bracket == '{' ? '}' : ']';
}

void json_close(struct json_out *o)
{
    if (o->depth == 0) return;
    buf_put_c(o->b, o->closer[o->depth--]);
}

static void put_control(struct buf *b, uint8_t ch)
{
    static const char hex[] = "0123456789abcdef", codes[] = "\b\f\n\r\t", names[] = "bfnrt";
    const char *known = ch ? strchr(codes, ch) : NULL;
    buf_put_c(b, '\\');
    if (known) {
        buf_put_c(b, names[known - codes]);
        return;
    }
    buf_put(b, STR("u00"));
    buf_put_c(b, hex[ch >> 4]);
    buf_put_c(b, hex[ch & 15]);
}

/* plain_run: bytes at the start of s that stand as they are. */
static size_t plain_run(struct str s)
{
    size_t n = 0;
    for (;;) {
        n += str_plain_run(str_skip(s, n), '"', '\\');
        if (n == s.n || (uint8_t)s.p[n] < 0x80) break;
        size_t step = text_step(str_skip(s, n));
        if (step == 0) break;
        n += step;
    }
    return n;
}

void json_quote(struct buf *b, struct str s)
{
    buf_put_c(b, '"');
    while (s.n) {
        size_t n = plain_run(s);
        buf_put(b, str_first(s, n));
        s = str_skip(s, n);
        if (s.n == 0) break;
        uint8_t ch = (uint8_t)s.p[0];
        s = str_skip(s, 1);
        if (ch >= 0x80) buf_put(b, STR("\xef\xbf\xbd"));
        else if (ch == '"' || ch == '\\') buf_put(b, str_of((const char[]){ '\\', (char)ch }, 2));
        else put_control(b, ch);
    }
    buf_put_c(b, '"');
}

void json_name(struct json_out *o, struct str name)
{
    separate(o);
    json_quote(o->b, name);
    buf_put_c(o->b, ':');
    o->comma[o->depth] = false; /* the value that follows belongs to this name */
}

void json_put_text(struct json_out *o, struct str v)
{
    separate(o);
    json_quote(o->b, v);
}

void json_put_int(struct json_out *o, int64_t v)
{
    separate(o);
    buf_put_int(o->b, v);
}

void json_put_bool(struct json_out *o, bool v)
{
    separate(o);
    buf_put(o->b, v ? STR("true") : STR("false"));
}

void json_put_null(struct json_out *o)
{
    separate(o);
    buf_put(o->b, STR("null"));
}

void json_text_at(struct json_out *o, const char *name, struct str v)
{
    json_name(o, str_z(name));
    json_put_text(o, v);
}

void json_int_at(struct json_out *o, const char *name, int64_t v)
{
    json_name(o, str_z(name));
    json_put_int(o, v);
}
