/* openapi_int.h: shared by the two files that write the OpenAPI text of a register's services: what is written, and the small pieces of a JSON schema. */
#ifndef SEN_REGISTRY_OPENAPI_INT_H
#define SEN_REGISTRY_OPENAPI_INT_H

#include "registry/services_int.h"

struct writing { struct call *c; struct json_out o; const struct register_ *r; const struct xid *service; };

/* ---- openapi_schema.c ---- */
/* registry__put_record_schema: the property "record": a list in which each value is one of the columns. registry__put_column_schemas: these columns, one schema each. */
void registry__put_record_schema(struct writing *w);
void registry__put_column_schemas(struct writing *w);

/* ---- small pieces ---- */

static inline void open_at(struct json_out *o, const char *name, char bracket)
{
    json_name(o, str_z(name));
    json_open(o, bracket);
}

static inline void type_at(struct json_out *o, const char *name, const char *type)
{
    open_at(o, name, '{');
    json_text_at(o, "type", str_z(type));
    json_close(o);
}

static inline void const_at(struct json_out *o, const char *name, struct str value)
{
    open_at(o, name, '{');
    json_text_at(o, "const", value);
    json_close(o);
}

static inline void ref(struct json_out *o, const char *kind, struct str name, struct arena *a)
{
    json_open(o, '{');
    json_text_at(o, "$ref", str_join(a, STR("#/components/"), str_z(kind), STR("/"), name, STR_END));
    json_close(o);
}

static inline void texts_at(struct json_out *o, const char *name, const struct str *texts, size_t n)
{
    open_at(o, name, '[');
    for (size_t i = 0; i < n; i++) json_put_text(o, texts[i]);
    json_close(o);
}

/* property: an open object under this name, with type and description; the caller closes it. */
static inline void property(struct json_out *o, const char *name, const char *type, const char *description)
{
    open_at(o, name, '{');
    json_text_at(o, "type", str_z(type));
    if (description) json_text_at(o, "description", str_z(description));
}

static inline void simple(struct json_out *o, const char *name, const char *type, const char *description)
{
    property(o, name, type, description);
    json_close(o);
}

#define REQUIRED(o, ...) texts_at(o, "required", (const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

#endif
