/* purposes.c: the nation's list of purposes, country/<cc>/purposes.yaml: data, read once at start. */
#include "exchange/rights/rights.h"

#include "base/file.h"
#include "base/yaml.h"

enum { CODE_MAX = 64 };

static enum status check_code(struct call *c, const struct yaml *y, struct str code, const struct purposes *before)
{
    if (code.n > CODE_MAX) return yaml_fail(c, y, "A purpose's code is at most 64 characters.");
    for (size_t i = 0; i < code.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", code.p[i])) return yaml_fail(c, y, "A purpose's code is made of small letters, digits, '.', '_' and '-'.");
    for (size_t i = 0; i < before->n; i++)
        if (str_eq(before->rows[i].code, code)) return yaml_fail(c, y, "This code stands twice. Give each purpose its own.");
    return ST_OK;
}

static enum status read_purpose(struct call *c, const struct yaml *y, struct purposes *ret)
{
    static const char *const keys[] = { "code", "name", "basis", "officials", NULL };
    struct purpose p = { 0 };
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "code", &p.code));
    TRY(yaml_need(c, y, "name", &p.name));
    TRY(yaml_need(c, y, "basis", &p.basis));
    TRY(yaml_flag(c, y, "officials", false, &p.for_officials));
    TRY(check_code(c, y, p.code, ret));
    ret->rows[ret->n++] = p;
    return ST_OK;
}

/* keep: copies what was read out of the call's arena into that of the exchange. */
static void keep(struct arena *a, struct purposes *p)
{
    struct purpose *rows = arena_array(a, struct purpose, p->n);
    for (size_t i = 0; i < p->n; i++)
        rows[i] = (struct purpose){ str_copy(a, p->rows[i].code), str_copy(a, p->rows[i].name), str_copy(a, p->rows[i].basis), p->rows[i].for_officials };
    p->rows = rows;
}

enum status purposes__load(struct call *c, struct app *app, struct purposes *ret)
{
    static const char *const keys[] = { "purposes", NULL };
    const struct yaml *root;
    struct purposes p = { 0 };
    TRY(yaml_load(c, file_path(c->arena, app->country, STR("purposes.yaml")), &root));
    TRY(yaml_allow(c, root, keys));
    const struct yaml *list = yaml_get(root, "purposes");
    if (!list || list->kind != YAML_LIST) return yaml_fail(c, root, "Write the purposes as a list under purposes:.");
    p.rows = arena_array(c->arena, struct purpose, yaml_count(list));
    for (const struct yaml *y = list->first; y; y = y->next) TRY(read_purpose(c, y, &p));
    keep(app->exchange->arena, &p);
    *ret = p;
    return ST_OK;
}

size_t exchange_purposes(const struct app *app, const struct purpose **ret)
{
    *ret = app->exchange->purposes.rows;
    return app->exchange->purposes.n;
}

const struct purpose *exchange_find_purpose(const struct app *app, struct str code)
{
    const struct purposes *p = &app->exchange->purposes;
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->rows[i].code, code)) return &p->rows[i];
    return NULL;
}

enum status exchange_check_purpose(struct call *c, struct str code, const struct purpose **ret)
{
    const struct purpose *known = exchange_find_purpose(c->app, code);
    if (!known || !known->for_officials) return call_fail(c, ST_INVALID, "purpose", "Choose a purpose that officials may name. The nation's list has them (purposes.yaml).");
    *ret = known;
    return ST_OK;
}
