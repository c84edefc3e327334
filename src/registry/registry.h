/* registry.h: the engine that turns a register file (country/<cc>/registers/<name>.yaml) into tables, validation, loading, look-up and services. No C code of a
 * register's own names a field: fields are data. Storage is bitemporal (design 4, tables.md). */
#ifndef SEN_REGISTRY_REGISTRY_H
#define SEN_REGISTRY_REGISTRY_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"

struct register_;  /* a register of this node, from its file */

const struct register_ *registry_find_register(const struct app *app, struct str name);

/* One value of a record as text, with its column ("residence.unit") and label (English key). Repeating groups have n > 0 counts in index. */
struct register_value {
    struct str column, label, text; int64_t index;   /* index counts the versions of a group: two addresses are 0 and 1 */
    struct str group, title;                         /* the group and its label (English key) */
    struct str code;                                 /* the stored form where text is words for people ("male", "00004"); else empty */
    bool is_date;                                    /* text is an ISO date as long as its precision */
    struct str today;                                /* of a unit that is gone: what it is called today; several, with ';' between, where it was split; else empty */
    bool former; int64_t from, to;                   /* of a version that no longer holds: the days it held, [from, to) */
};
struct register_record { int64_t id; const struct register_value *values; size_t n; struct str entry; /* uid of the journal entry of this read */ };

/* registry_read_person: the record whose key of this kind has this value, only the columns given ("*" for all), as of now. Journals the read (kind "<register>.read", the subject, the
 * columns given out) *before* it returns: *ret is never written earlier. ST_NOT_FOUND silently. Rights were judged by the exchange.
 * history: also the versions that no longer hold, of the columns that "former.<column>" among the columns names ("former.residence.*", "former.*", "*"); the journal
 * has those as "former.<column>". Nobody gets them without asking. */
struct registry_read { const struct register_ *reg; struct str key_kind, key; const struct str *columns; size_t ncolumns; struct str message; bool self, history; };
NODISCARD enum status registry_read(struct call *c, const struct registry_read *rd, const struct register_record **ret);

/* registry_load: rows of a JSON-lines file (one entity a line, as `sen population generate` writes and doc/registry.md describes) in slices under 20 ms, one delta for the whole load. Every refused row is
 * told with line, field and sentence; nothing of a refused row is stored. */
struct load_refusal { int64_t line; struct str field, sentence; };
struct load_count { int64_t rows, stored, before /* by a load that was cut off */, refused; struct load_refusal *refusals; size_t nrefusals; /* the first 100 are told */ };
NODISCARD enum status registry_load(struct call *c, const struct register_ *reg, struct str path, struct load_count *ret);

/* registry_renumber: a number of a unique kind is replaced by another. The old one still leads to the entry and is never
 * given to another. Journalled as "<register>.renumber". ST_INVALID, ST_CONFLICT, ST_NOT_FOUND at "key", "old" or "new". */
NODISCARD enum status registry_renumber(struct call *c, const struct register_ *reg, struct str kind, struct str old, struct str new);

extern const struct module registry_module;
extern const struct module population_module; /* `sen population generate` */

#endif
