/* yaml.h: country files and node.yaml. A tree of maps, lists and texts with line numbers; everything is text until asked for.
 * Anchors, aliases, tags and duplicate keys are refused: a country file is data that people read. */
#ifndef SEN_BASE_YAML_H
#define SEN_BASE_YAML_H

#include "base/call.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };
struct yaml {
    enum yaml_kind kind;
    int line;                   /* counts from 1 */
    struct str key;             /* in a map: its key */
    struct str text;            /* YAML_TEXT */
    const struct yaml *first;   /* YAML_LIST, YAML_MAP: children in order */
    const struct yaml *next;    /* the next child of the same parent */
    struct str file;            /* for sentences */
};

/* yaml_parse: file is only its name in sentences ("country/vn/x.yaml, line 12: ..."). At most 4 MiB, 64 levels. In the call's arena. */
NODISCARD enum status yaml_parse(struct call *c, struct str file, struct str text, const struct yaml **ret);
NODISCARD enum status yaml_load(struct call *c, struct str path, const struct yaml **ret); /* reads the file first */

/* yaml_get: the child with this key, or NULL (also for NULL y or a y that is no map). */
const struct yaml *yaml_get(const struct yaml *y, const char *key);
/* yaml_text: the text under key, or the fallback where it is not there. */
struct str yaml_text(const struct yaml *y, const char *key, struct str fallback);
/* yaml_need: the text under key; ST_INVALID with file and line where it is missing or no text. */
NODISCARD enum status yaml_need(struct call *c, const struct yaml *y, const char *key, struct str *ret);
NODISCARD enum status yaml_int(struct call *c, const struct yaml *y, const char *key, int64_t fallback, int64_t *ret);
NODISCARD enum status yaml_flag(struct call *c, const struct yaml *y, const char *key, bool fallback, bool *ret);
/* yaml_allow: refuse any key of the map that is not in keys (NULL at the end), naming file, line and the allowed ones. */
NODISCARD enum status yaml_allow(struct call *c, const struct yaml *y, const char *const *keys);
/* yaml_fail: ST_INVALID "FILE, line N: SENTENCE". */
enum status yaml_fail_(struct call *c, const struct yaml *y, const char *sentence);
static inline enum status yaml_fail(struct call *c, const struct yaml *y, const char *sentence)
{
    return call_answer(yaml_fail_(c, y, sentence), ST_INVALID);
}
size_t yaml_count(const struct yaml *y); /* children */

#endif
