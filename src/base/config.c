/* config.c: a value for every setting that a room declares, from its default, node.yaml or the command line. All mistakes are
 * collected and told at once: who sets up a node should not have to start it ten times. */
#include "base/config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"

enum { MISTAKES_MAX = 3500, LISTED_MAX = 12, NAME_MOST = 64, TYPING_SLIPS = 2, CONFIG_CAP = 16 * 1024 * 1024 };

struct value {
    const struct setting *setting;
    struct str text;
    const struct str *list;
    size_t nlist;
    const struct yaml *tree;
    int64_t count;
    bool given;
    int line; /* in the file; 0: not from there */
};

struct config {
    struct arena *arena;
    struct str file;
    struct value *values; /* sorted by name */
    size_t nvalues;
};

/* The state of one loading. */
struct loader {
    struct call *c;
    struct config *cfg;
    struct buf mistakes;
};

static void tell(struct loader *l, int line, struct str name, struct str sentence)
{
    if (line) buf_print(&l->mistakes, "\n  %.*s, line %d: ", STR_ARG(l->cfg->file), line);
    else buf_put(&l->mistakes, STR("\n  "));
    buf_print(&l->mistakes, "%.*s: %.*s", STR_ARG(name), STR_ARG(sentence));
}

static int by_name(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    return strcmp(x->setting->name, y->setting->name);
}

static struct value *find(const struct config *cfg, struct str name)
{
    size_t low = 0, high = cfg->nvalues;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int d = str_cmp(str_z(cfg->values[mid].setting->name), name);
        if (d == 0) return &cfg->values[mid];
        if (d < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

/* is_address: "host:port"; a v6 address stands in brackets. Port 0 lets the system choose (tests). */
static bool is_address(struct str s)
{
    int64_t port;
    size_t at = s.n;
    while (at && s.p[at - 1] != ':') at--;
    if (at < 2) return false;
    struct str host = str_first(s, at - 1), tail = str_skip(s, at);
    bool v6 = str_starts(host, STR("[")) && str_ends(host, STR("]"));
    if (!v6 && memchr(host.p, ':', host.n)) return false;
    for (size_t i = 0; i < host.n; i++)
        if ((uint8_t)host.p[i] <= ' ' || strchr("/@?#", host.p[i])) return false;
    return tail.n && tail.p[0] != '-' && str_int(tail, &port) && port <= 65535;
}

/* wrong_text: why text is no value of this kind, or an empty view. An empty text is the way to say "none" where the default says so. */
static struct str wrong_text(const struct setting *s, struct str text)
{
    int64_t n;
    if (text.n == 0 && str_is_empty(str_z(s->fallback)) && !s->required) return STR("");
    switch (s->kind) {
    case SETTING_COUNT: return str_int(text, &n) && n >= 0 ? STR("") : STR("write a whole number, 0 or more.");
    case SETTING_FLAG: return str_eq(text, STR("true")) || str_eq(text, STR("false")) ? STR("") : STR("write true or false.");
    case SETTING_ADDRESS: return is_address(text) ? STR("") : STR("write an address and a port, for example 127.0.0.1:8080.");
    case SETTING_PATH: return text.n ? STR("") : STR("write the name of a file or folder.");
    case SETTING_TEXT: return text.n || !s->required ? STR("") : STR("write a text.");
    case SETTING_LIST: return STR("");
    case SETTING_TREE: return STR("");
    }
    return STR("");
}

static size_t split_list(struct arena *a, struct str text, const struct str **ret)
{
    size_t n = 1, i = 0;
    if (str_trim(text).n == 0) return 0;
    for (size_t k = 0; k < text.n; k++) n += text.p[k] == ',';
    struct str piece, *list = arena_array(a, struct str, n);
    while (str_next(&text, ',', &piece)) list[i++] = str_trim(piece);
    *ret = list;
    return n;
}

/* take_text: a value written as text: a default, a scalar of the file, or from the command line. */
static void take_text(struct loader *l, struct value *v, struct str text, int line)
{
    struct str name = str_z(v->setting->name), wrong = wrong_text(v->setting, text);
    if (wrong.n) {
        tell(l, line, name, wrong);
        return;
    }
    v->text = str_copy(l->cfg->arena, text);
    if (v->setting->kind == SETTING_LIST) v->nlist = split_list(l->cfg->arena, v->text, &v->list);
    if (v->setting->kind == SETTING_COUNT && !str_int(text, &v->count)) v->count = 0;
}

/* keep_tree: a copy that outlives the call. */
static const struct yaml *keep_tree(struct config *cfg, const struct yaml *y)
{
    struct yaml *kept = arena_new(cfg->arena, struct yaml);
    const struct yaml **tail = &kept->first;
    *kept = (struct yaml){ .kind = y->kind, .line = y->line, .key = str_copy(cfg->arena, y->key), .text = str_copy(cfg->arena, y->text), .file = cfg->file };
    for (const struct yaml *child = y->first; child; child = child->next) {
        struct yaml *copy = (struct yaml *)(uintptr_t)keep_tree(cfg, child);
        *tail = copy;
        tail = &copy->next;
    }
    return kept;
}

static void take_list(struct loader *l, struct value *v, const struct yaml *y)
{
    size_t n = yaml_count(y), i = 0;
    struct str *list = arena_array(l->cfg->arena, struct str, n);
    for (const struct yaml *child = y->first; child; child = child->next) {
        if (child->kind == YAML_TEXT) list[i++] = str_copy(l->cfg->arena, child->text);
        else tell(l, child->line, str_z(v->setting->name), STR("write plain texts, one a line, each after \"- \"."));
    }
    v->list = list;
    v->nlist = i;
}

static void take_node(struct loader *l, struct value *v, const struct yaml *y)
{
    v->given = true;
    v->line = y->line;
    if (v->setting->kind == SETTING_TREE) v->tree = keep_tree(l->cfg, y);
    else if (v->setting->kind == SETTING_LIST && y->kind == YAML_LIST) take_list(l, v, y);
    else if (y->kind == YAML_TEXT) take_text(l, v, y->text, y->line);
    else tell(l, y->line, str_z(v->setting->name), v->setting->kind == SETTING_LIST ? STR("write a list, one text a line after \"- \".") : STR("write one value, not a list or map."));
}

/* has_below: is there a setting whose name begins with "prefix."? */
static bool has_below(const struct config *cfg, struct str prefix)
{
    for (size_t i = 0; i < cfg->nvalues; i++) {
        struct str name = str_z(cfg->values[i].setting->name);
        if (name.n > prefix.n && str_starts(name, prefix) && name.p[prefix.n] == '.') return true;
    }
    return false;
}

/* known_beside: some names that begin like this one, for the sentence. */
static struct str known_beside(struct loader *l, struct str name)
{
    struct str list = STR(""), group = name, first;
    size_t n = 0;
    bool grouped = str_cut(&group, '.', &first) && has_below(l->cfg, first);
    for (size_t i = 0; i < l->cfg->nvalues && n < LISTED_MAX; i++) {
        struct str other = str_z(l->cfg->values[i].setting->name);
        if (grouped ? !str_starts(other, str_first(name, first.n + 1)) : memchr(other.p, '.', other.n) != NULL) continue;
        list = str_join(l->c->arena, list, n++ ? STR(", ") : STR(""), other, STR_END);
    }
    if (n == LISTED_MAX) list = str_join(l->c->arena, list, STR(" and more: sen help settings"), STR_END);
    return list;
}

/* distance: letters to change, add or leave out until one is the other (Levenshtein); names over NAME_MOST are far from all. */
static size_t distance(struct str a, struct str b)
{
    size_t row[NAME_MOST + 1];
    if (a.n > NAME_MOST || b.n > NAME_MOST) return NAME_MOST;
    for (size_t k = 0; k <= b.n; k++) row[k] = k;
    for (size_t i = 1; i <= a.n; i++) {
        size_t before = row[0]; /* of the row above, one to the left */
        row[0] = i;
        for (size_t k = 1; k <= b.n; k++) {
            size_t changed = before + (a.p[i - 1] != b.p[k - 1]), shorter = row[k - 1] + 1;
            before = row[k];
            if (++row[k] > shorter) row[k] = shorter;
            if (row[k] > changed) row[k] = changed;
        }
    }
    return row[b.n];
}

/* meant: " Perhaps a.rows?" for a name that is nearly one, else nothing. */
static struct str meant(struct loader *l, struct str name)
{
    size_t nearest = TYPING_SLIPS + 1;
    struct str found = STR("");
    for (size_t i = 0; i < l->cfg->nvalues; i++) {
        struct str other = str_z(l->cfg->values[i].setting->name);
        size_t far = distance(name, other);
        if (far < nearest) nearest = far, found = other;
    }
    return found.n ? str_join(l->c->arena, STR(" Perhaps "), found, STR("?"), STR_END) : found;
}

static void tell_unknown(struct loader *l, int line, struct str name)
{
    tell(l, line, name, str_join(l->c->arena, STR("there is no such setting."), meant(l, name), STR(" There are: "), known_beside(l, name), STR("."), STR_END));
}

static void walk(struct loader *l, struct str prefix, const struct yaml *map)
{
    for (const struct yaml *y = map->first; y; y = y->next) {
        struct str name = str_join(l->c->arena, prefix, prefix.n ? STR(".") : STR(""), y->key, STR_END);
        struct value *v = find(l->cfg, name);
        if (v) take_node(l, v, y);
        else if (y->kind == YAML_MAP && has_below(l->cfg, name)) walk(l, name, y);
        else tell_unknown(l, y->line, name);
    }
}

static void take_override(struct loader *l, struct str pair)
{
    struct str name;
    if (!str_cut(&pair, '=', &name)) {
        tell(l, 0, pair, STR("write name=value."));
        return;
    }
    struct value *v = find(l->cfg, name);
    if (!v) {
        tell_unknown(l, 0, name);
        return;
    }
    if (v->setting->kind == SETTING_TREE) {
        tell(l, 0, name, STR("this one can be set in the file only."));
        return;
    }
    v->given = true;
    v->line = 0;
    take_text(l, v, pair, 0);
}

static void declare(struct loader *l, const struct module *const *modules)
{
    struct config *cfg = l->cfg;
    size_t n = 0;
    for (const struct module *const *m = modules; *m; m++)
        for (const struct setting *s = (*m)->settings; s && s->name; s++) n++;
    cfg->values = arena_array(cfg->arena, struct value, n);
    for (const struct module *const *m = modules; *m; m++)
        for (const struct setting *s = (*m)->settings; s && s->name; s++) cfg->values[cfg->nvalues++].setting = s;
    if (n) qsort(cfg->values, n, sizeof *cfg->values, by_name);
    for (size_t i = 0; i < n; i++) {
        assert(i == 0 || by_name(&cfg->values[i - 1], &cfg->values[i]) != 0); /* two rooms declare the same name */
        if (!cfg->values[i].setting->required) take_text(l, &cfg->values[i], str_z(cfg->values[i].setting->fallback), 0);
    }
    assert(l->mistakes.n == 0); /* a default that its own kind refuses */
}

static void check_required(struct loader *l)
{
    for (size_t i = 0; i < l->cfg->nvalues; i++) {
        const struct value *v = &l->cfg->values[i];
        if (v->setting->required && !v->given)
            tell(l, 0, str_z(v->setting->name), str_join(l->c->arena, STR("this setting is missing. It says: "), str_z(v->setting->help), STR_END));
    }
}

static enum status fill(struct loader *l, const struct module *const *modules, const struct str *overrides, size_t noverrides)
{
    const struct yaml *root;
    declare(l, modules);
    TRY(yaml_load(l->c, l->cfg->file, &root));
    if (root->kind != YAML_MAP) return yaml_fail(l->c, root, "The settings are lines of \"name: value\".");
    walk(l, STR(""), root);
    for (size_t i = 0; i < noverrides; i++) take_override(l, overrides[i]);
    check_required(l);
    if (l->mistakes.n == 0 && !l->mistakes.failed) return ST_OK;
    return call_fail(l->c, ST_INVALID, "config", "Correct these settings of %s and start again:%s", l->cfg->file, buf_str(&l->mistakes));
}

enum status config_load(struct call *c, struct str path, const struct module *const *modules, const struct str *overrides, size_t noverrides,
                        struct config **ret)
{
    struct config *cfg = heap_new(struct config);
    cfg->arena = arena_open(CONFIG_CAP);
    cfg->file = str_copy(cfg->arena, path);
    struct loader l = { .c = c, .cfg = cfg, .mistakes = buf_in(c->arena, MISTAKES_MAX) };
    enum status st = fill(&l, modules, overrides, noverrides);
    if (st == ST_OK) *ret = cfg;
    else config_free(cfg);
    return st;
}

void config_free(struct config *cfg)
{
    if (!cfg) return;
    arena_close(cfg->arena);
    heap_free(cfg);
}

/* declared: never NULL: asking for a name that no table declares is our bug, and a release answers it with nothing. */
static const struct value *declared(const struct config *cfg, const char *name)
{
    static const struct value nothing = { .text = STR_INIT("") };
    const struct value *v = find(cfg, str_z(name));
    assert(v);
    return v ? v : &nothing;
}

struct str config_where(struct call *c, const struct config *cfg, struct str name)
{
    const struct value *v = find(cfg, name);
    if (!v) return STR("");
    return v->line ? str_print(c->arena, "%.*s, line %d", STR_ARG(cfg->file), v->line) : str_copy(c->arena, cfg->file);
}

struct str config_text(const struct config *cfg, const char *name) { return declared(cfg, name)->text; }
int64_t config_count(const struct config *cfg, const char *name) { return declared(cfg, name)->count; }
bool config_flag(const struct config *cfg, const char *name) { return str_eq(declared(cfg, name)->text, STR("true")); }
const struct yaml *config_tree(const struct config *cfg, const char *name) { return declared(cfg, name)->tree; }
size_t config_list(const struct config *cfg, const char *name, const struct str **ret)
{
    const struct value *v = declared(cfg, name);
    *ret = v->list;
    return v->nlist;
}
