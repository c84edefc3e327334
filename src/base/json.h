/* json.h: reading JSON at the edge (our own strict reader, see json.c) and writing it straight into a buf. No JSON tree is ever the internal model:
 * a room reads what it needs into its own struct at once. Identifiers travel as strings. */
#ifndef SEN_BASE_JSON_H
#define SEN_BASE_JSON_H

#include "base/buf.h"
#include "base/call.h"

struct json;  /* a value of a parsed document; lives in the call's arena */

/* json_parse: one value and nothing after it; at most 64 levels, 8 MiB, a million values; duplicate keys, invalid UTF-8 and inner NUL are ST_INVALID. */
NODISCARD enum status json_parse(struct call *c, struct str text, const struct json **ret);
const struct json *json_get(const struct json *j, const char *key);   /* NULL: not there or no object */
const struct json *json_first(const struct json *j);                  /* first child of an array or object */
const struct json *json_next(const struct json *j);
struct str json_key(const struct json *j);                            /* of a child of an object */
bool json_is_text(const struct json *j);
bool json_is_array(const struct json *j);
bool json_is_object(const struct json *j);
struct str json_text(const struct json *j, struct str fallback);      /* of a string value; j may be NULL */
bool json_int(const struct json *j, int64_t *ret);                    /* whole numbers up to 2^53 */
bool json_bool(const struct json *j, bool fallback);
/* json_need: the string under key; ST_INVALID at field key where it is missing or no string. */
NODISCARD enum status json_need(struct call *c, const struct json *j, const char *key, struct str *ret);

/* json_quote: a text as it stands in JSON, always valid: a byte that is not UTF-8 becomes U+FFFD. */
void json_quote(struct buf *b, struct str s);

/* Writing: struct json_out keeps the commas. json_out_begin(&o, &buf) ... json_open(&o, '{') json_name(&o, "a") json_put_text(...) json_close(&o). */
struct json_out { struct buf *b; int depth; bool comma[64]; char closer[64]; };
struct json_out json_to(struct buf *b);
void json_open(struct json_out *o, char bracket /* '{' or '[' */);
void json_close(struct json_out *o);
void json_name(struct json_out *o, struct str name);
void json_put_text(struct json_out *o, struct str v);
void json_put_int(struct json_out *o, int64_t v);
void json_put_bool(struct json_out *o, bool v);
void json_put_null(struct json_out *o);
/* name and value in one: */
void json_text_at(struct json_out *o, const char *name, struct str v);
void json_int_at(struct json_out *o, const char *name, int64_t v);

#endif
