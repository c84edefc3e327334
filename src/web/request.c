/* request.c: what a handler asks a request: path, headers, cookies, checked form values. Everything here is a view or lives in the call's arena. */
#include "base/url.h"
#include "web/web_int.h"

static const struct request_parts *parts_of(const struct request *rq) { return rq->parts; }

struct str request_path(const struct request *rq, const char *name)
{
    /* The edge has decoded the names before the handler ran, so this cannot fail here. */
    struct str value = { NULL, 0 };
    bool raw;
    if (parts_of(rq) && parts_of(rq)->match) (void)router__value(parts_of(rq)->match, str_z(name), &value, &raw);
    return value;
}

struct str request_header(const struct request *rq, const char *name)
{
    for (size_t i = rq->nheaders; i > 0; i--)
        if (str_eq_nocase(rq->headers[i - 1].name, str_z(name))) return rq->headers[i - 1].value;
    return (struct str){ NULL, 0 };
}

struct str request__cookie(struct str header, struct str name)
{
    struct str pair;
    while (str_next(&header, ';', &pair)) {
        struct str key, value = str_trim(pair);
        if (!str_cut(&value, '=', &key)) continue;
        if (!str_eq(str_trim(key), name)) continue;
        value = str_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"') value = (struct str){ value.p + 1, value.n - 2 };
        return value;
    }
    return (struct str){ NULL, 0 };
}

static struct str form_value(const struct request *rq, const char *field)
{
    const struct form_value *v = parts_of(rq) ? form__find(&parts_of(rq)->form, str_z(field)) : NULL;
    return v ? v->text : (struct str){ NULL, 0 };
}

struct str request_form(const struct request *rq, const char *field) { return form_value(rq, field); }
struct str request_query(const struct request *rq, const char *field) { return form_value(rq, field); }

size_t request_faults(const struct request *rq, const struct call_error **ret)
{
    if (!parts_of(rq)) return 0;
    *ret = parts_of(rq)->form.faults;
    return parts_of(rq)->form.nfaults;
}

bool request_wants_json(const struct request *rq)
{
    struct str accept = request_header(rq, "Accept");
    if (str_find(accept, STR("text/html")) != SIZE_MAX) return false;
    return str_find(accept, STR("application/json")) != SIZE_MAX || str_find(accept, STR("application/problem+json")) != SIZE_MAX;
}

bool request__local_path(struct str path)
{
    if (path.n == 0 || path.p[0] != '/') return false;
    if (path.n > 1 && (path.p[1] == '/' || path.p[1] == '\\')) return false;
    for (size_t i = 0; i < path.n; i++)
        if ((unsigned char)path.p[i] <= ' ' || path.p[i] == 0x7f || path.p[i] == '\\') return false;
    return true;
}

bool request__split_target(struct str target, struct str *path, struct str *query)
{
    struct str rest = target;
    if (str_starts(rest, STR("http://")) || str_starts(rest, STR("https://"))) {
        rest = str_skip(rest, str_find(rest, STR("//")) + 2);
        size_t slash = str_find(rest, STR("/"));
        if (slash == SIZE_MAX) return false;
        rest = str_skip(rest, slash);
    }
    if (rest.n == 0 || rest.p[0] != '/') return false;
    *query = (struct str){ NULL, 0 };
    if (str_cut(&rest, '?', path)) *query = rest;
    else *path = rest;
    return true;
}
