/* yaml.c: libyaml's events become our tree in the call's arena. What people do not expect in a data file (anchors, aliases,
 * tags, two documents, keys that are no texts, the same key twice) is refused with file and line. */
#include "base/yaml.h"

#include <yaml.h>

#include "base/file.h"

enum { BYTES_MAX = 4 * 1024 * 1024, LEVELS_MAX = 64 };

struct reader {
    struct call *c;
    struct str file;
    yaml_parser_t parser;
};
#define READER __attribute__((cleanup(reader_done))) struct reader
static void reader_done(struct reader *r) { yaml_parser_delete(&r->parser); }

#define EVENT __attribute__((cleanup(yaml_event_delete))) yaml_event_t

static enum status fail_at(struct call *c, const char *field, struct str file, int line, struct str sentence)
{
    return call_fail(c, ST_INVALID, field, "%s, line %s: %s", file, str_print(c->arena, "%d", line), sentence);
}

enum status yaml_fail_(struct call *c, const struct yaml *y, const char *sentence)
{
    return fail_at(c, str_to_z(c->arena, y->key), y->file, y->line, str_z(sentence));
}

static int line_of(const yaml_event_t *e) { return (int)e->start_mark.line + 1; }

static enum status refuse(struct reader *r, const yaml_event_t *e, const char *sentence)
{
    return fail_at(r->c, "", r->file, line_of(e), str_z(sentence));
}

static enum status next_event(struct reader *r, yaml_event_t *e)
{
    if (yaml_parser_parse(&r->parser, e)) return ST_OK;
    const char *problem = r->parser.problem ? r->parser.problem : "this cannot be read";
    size_t line = r->parser.error == YAML_READER_ERROR ? r->parser.mark.line : r->parser.problem_mark.line;
    return fail_at(r->c, "", r->file, (int)line + 1,
                   str_print(r->c->arena, "This is not YAML (%s). Check the indentation, colons and quotes.", problem));
}

static bool has_extras(const yaml_event_t *e)
{
    switch ((int)e->type) { /* the other kinds of event carry neither anchor nor tag */
    case YAML_SCALAR_EVENT: return e->data.scalar.anchor || e->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT: return e->data.sequence_start.anchor || e->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT: return e->data.mapping_start.anchor || e->data.mapping_start.tag;
    case YAML_ALIAS_EVENT: return true;
    }
    return false;
}

static enum status check_keys(struct reader *r, const struct yaml *map)
{
    size_t n = yaml_count(map), i = 0;
    struct str twin, *keys = arena_array(r->c->arena, struct str, n);
    for (const struct yaml *y = map->first; y; y = y->next) keys[i++] = y->key;
    if (!str_find_twin(keys, n, &twin)) return ST_OK;
    const struct yaml *second = NULL;
    for (const struct yaml *y = map->first; y; y = y->next)
        if (str_eq(y->key, twin)) second = y;
    return yaml_fail(r->c, second, "This key stands twice in the same map. Remove one of the two.");
}

static enum status read_key(struct reader *r, const yaml_event_t *e, struct str *ret)
{
    if (e->type != YAML_SCALAR_EVENT) return refuse(r, e, "A key must be a plain word.");
    if (has_extras(e)) return refuse(r, e, "Anchors, aliases and tags (& * !) are not used in these files. Write the value itself.");
    if (e->data.scalar.length == 0) return refuse(r, e, "A key is empty. Write a word before the colon.");
    *ret = str_copy(r->c->arena, str_of(e->data.scalar.value, e->data.scalar.length));
    return ST_OK;
}

static enum status read_node(struct reader *r, const yaml_event_t *e, int level, struct yaml *ret);

static enum status read_children(struct reader *r, yaml_event_type_t end, int level, struct yaml *parent)
{
    for (const struct yaml **tail = &parent->first;;) {
        EVENT e = { 0 }, value = { 0 };
        TRY(next_event(r, &e));
        if (e.type == end) return parent->kind == YAML_MAP ? check_keys(r, parent) : ST_OK;
        struct yaml *child = arena_new(r->c->arena, struct yaml);
        if (parent->kind == YAML_MAP) {
            TRY(read_key(r, &e, &child->key));
            TRY(next_event(r, &value));
        }
        TRY(read_node(r, parent->kind == YAML_MAP ? &value : &e, level + 1, child));
        *tail = child;
        tail = &child->next;
    }
}

/* read_node: fills ret from the event that begins it and the events that follow. */
static enum status read_node(struct reader *r, const yaml_event_t *e, int level, struct yaml *ret)
{
    if (has_extras(e)) return refuse(r, e, "Anchors, aliases and tags (& * !) are not used in these files. Write the value itself.");
    if (level > LEVELS_MAX) return refuse(r, e, "This is nested too deeply: at most 64 levels.");
    ret->line = line_of(e);
    ret->file = r->file;
    if (e->type == YAML_SEQUENCE_START_EVENT) {
        ret->kind = YAML_LIST;
        return read_children(r, YAML_SEQUENCE_END_EVENT, level, ret);
    }
    if (e->type == YAML_MAPPING_START_EVENT) {
        ret->kind = YAML_MAP;
        return read_children(r, YAML_MAPPING_END_EVENT, level, ret);
    }
    ret->kind = YAML_TEXT;
    ret->text = str_copy(r->c->arena, str_of(e->data.scalar.value, e->data.scalar.length));
    if (ret->text.n && memchr(ret->text.p, 0, ret->text.n)) return refuse(r, e, "A text holds a NUL character. Remove it.");
    return ST_OK;
}

/* expect: the frame around the one document. */
static enum status expect(struct reader *r, yaml_event_type_t type, const char *otherwise)
{
    EVENT e = { 0 };
    TRY(next_event(r, &e));
    return e.type == type ? ST_OK : refuse(r, &e, otherwise);
}

enum status yaml_parse(struct call *c, struct str file, struct str text, const struct yaml **ret)
{
    if (text.n > BYTES_MAX) return call_fail(c, ST_TOO_LARGE, "", "The file %s is too large: at most 4 MiB.", file);
    READER r = { .c = c, .file = str_copy(c->arena, file) };
    if (!yaml_parser_initialize(&r.parser)) return ST_BROKEN;
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    EVENT first = { 0 };
    TRY(expect(&r, YAML_STREAM_START_EVENT, "The file is empty."));
    TRY(expect(&r, YAML_DOCUMENT_START_EVENT, "The file is empty. Write at least one line \"key: value\"."));
    TRY(next_event(&r, &first));
    struct yaml *root = arena_new(c->arena, struct yaml);
    TRY(read_node(&r, &first, 1, root));
    TRY(expect(&r, YAML_DOCUMENT_END_EVENT, "The document does not end here."));
    TRY(expect(&r, YAML_STREAM_END_EVENT, "A second document begins here. Write one document a file."));
    *ret = root;
    return ST_OK;
}

enum status yaml_load(struct call *c, struct str path, const struct yaml **ret)
{
    struct str text;
    TRY(file_read(c, path, BYTES_MAX, &text));
    return yaml_parse(c, path, text, ret);
}

const struct yaml *yaml_get(const struct yaml *y, const char *key)
{
    if (!y || y->kind != YAML_MAP) return NULL;
    for (const struct yaml *child = y->first; child; child = child->next)
        if (str_eq(child->key, str_z(key))) return child;
    return NULL;
}

struct str yaml_text(const struct yaml *y, const char *key, struct str fallback)
{
    const struct yaml *child = yaml_get(y, key);
    return child && child->kind == YAML_TEXT ? child->text : fallback;
}

enum status yaml_need(struct call *c, const struct yaml *y, const char *key, struct str *ret)
{
    const struct yaml *child = yaml_get(y, key);
    if (!child)
        return fail_at(c, key, y->file, y->line, str_join(c->arena, STR("The key \""), str_z(key), STR("\" is missing here. Add it."), STR_END));
    if (child->kind != YAML_TEXT || child->text.n == 0) return yaml_fail(c, child, "A text must stand here.");
    *ret = child->text;
    return ST_OK;
}

enum status yaml_int(struct call *c, const struct yaml *y, const char *key, int64_t fallback, int64_t *ret)
{
    const struct yaml *child = yaml_get(y, key);
    int64_t v = fallback;
    if (child && (child->kind != YAML_TEXT || !str_int(child->text, &v))) return yaml_fail(c, child, "A whole number must stand here.");
    *ret = v;
    return ST_OK;
}

enum status yaml_flag(struct call *c, const struct yaml *y, const char *key, bool fallback, bool *ret)
{
    const struct yaml *child = yaml_get(y, key);
    bool on = child && child->kind == YAML_TEXT && str_eq(child->text, STR("true"));
    bool off = child && child->kind == YAML_TEXT && str_eq(child->text, STR("false"));
    if (child && !on && !off) return yaml_fail(c, child, "Write true or false here.");
    *ret = child ? on : fallback;
    return ST_OK;
}

static bool is_allowed(struct str key, const char *const *keys)
{
    for (; *keys; keys++)
        if (str_eq(key, str_z(*keys))) return true;
    return false;
}

enum status yaml_allow(struct call *c, const struct yaml *y, const char *const *keys)
{
    if (!y) return ST_OK;
    if (y->kind != YAML_MAP) return yaml_fail(c, y, "A map (lines of \"key: value\") must stand here.");
    for (const struct yaml *child = y->first; child; child = child->next) {
        if (is_allowed(child->key, keys)) continue;
        struct str list = STR("");
        for (const char *const *k = keys; *k; k++) list = str_join(c->arena, list, list.n ? STR(", ") : STR(""), str_z(*k), STR_END);
        struct str sentence = str_join(c->arena, STR("The key \""), child->key, STR("\" is not known here. Allowed: "), list, STR("."), STR_END);
        return fail_at(c, str_to_z(c->arena, child->key), child->file, child->line, sentence);
    }
    return ST_OK;
}

size_t yaml_count(const struct yaml *y)
{
    size_t n = 0;
    if (y)
        for (const struct yaml *child = y->first; child; child = child->next) n++;
    return n;
}
