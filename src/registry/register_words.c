/* register_words.c: words, names and lists of a register file, for every file that reads a part of it. */
#include "registry/register_words.h"

enum { NAME_LONGEST = 30, PARTS_MOST = 100 };

/* registry__is_name: what may become the name of a table or column. */
bool registry__is_name(struct str s)
{
    if (s.n == 0 || s.n > NAME_LONGEST || s.p[0] < 'a' || s.p[0] > 'z') return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_')) return false;
    return true;
}

/* registry__is_code: what may stand for a kind or in a code list. */
bool registry__is_code(struct str s)
{
    if (s.n == 0 || s.n > NAME_LONGEST) return false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-' || ch == '.')) return false;
    }
    return true;
}

enum status registry__need_name(struct call *c, const struct yaml *y, const char *key, struct str *ret)
{
    struct str name;
    TRY(yaml_need(c, y, key, &name));
    if (!registry__is_name(name)) return yaml_fail(c, yaml_get(y, key), "A name is written in small letters, digits and _, begins with a letter and has at most 30 characters.");
    *ret = name;
    return ST_OK;
}

enum status registry__need_code(struct call *c, const struct yaml *y, const char *key, struct str *ret)
{
    struct str code;
    TRY(yaml_need(c, y, key, &code));
    if (!registry__is_code(code)) return yaml_fail(c, yaml_get(y, key), "A code is written in letters, digits, '.', '-' and _ and has at most 30 characters.");
    *ret = code;
    return ST_OK;
}

/* registry__need_parts: the list under key, each part a map of these words. */
enum status registry__need_parts(struct call *c, const struct yaml *y, const char *key, const char *const *words, const struct yaml **ret)
{
    const struct yaml *list = yaml_get(y, key);
    if (!list || list->kind != YAML_LIST || !list->first) return yaml_fail(c, list ? list : y, "This part needs a list with at least one entry.");
    if (yaml_count(list) > PARTS_MOST) return yaml_fail(c, list, "A list here has at most 100 entries.");
    for (const struct yaml *part = list->first; part; part = part->next) {
        if (part->kind != YAML_MAP) return yaml_fail(c, part, "Each entry of this list is a set of \"word: value\" lines.");
        TRY(yaml_allow(c, part, words));
    }
    *ret = list;
    return ST_OK;
}

enum status registry__read_size(struct call *c, const struct yaml *y, const char *key, int64_t fallback, int64_t most, size_t *ret)
{
    int64_t n;
    TRY(yaml_int(c, y, key, fallback, &n));
    if (n < 0 || n > most) return yaml_fail(c, yaml_get(y, key), "This number is below 0 or larger than the engine allows here.");
    *ret = (size_t)n;
    return ST_OK;
}
