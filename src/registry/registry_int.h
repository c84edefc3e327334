/* registry_int.h: the model of a register file and what the files of this room share. All of it is constant once started and lives in
 * the registry's own arena. */
#ifndef SEN_REGISTRY_REGISTRY_INT_H
#define SEN_REGISTRY_REGISTRY_INT_H

#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "registry/registry.h"
#include "store/db.h"
#include "web/http.h"

/* ---- administrative units, dated (units.c) ---- */
struct unit { struct str code, name, kind /* "phuong" */, parent; int64_t from, to; /* days, [from, to) */ };
struct units { const struct unit *all; size_t n; /* by code, then from */ };
/* registry__load_units: a CSV with code,name,type (kind),parent_code,valid_from,valid_to; both ends inclusive there, an empty end is open. */
NODISCARD enum status registry__load_units(struct call *c, struct str path, struct units *ret);
/* registry__find_unit: the unit that bore this code on that day, or NULL. */
const struct unit *registry__find_unit(const struct units *u, struct str code, int64_t day);
/* registry__unit_text: "Phường Ba Đình, Thành phố Hà Nội": the unit and those above it. The code itself when it is unknown. */
struct str registry__unit_text(struct arena *a, const struct units *u, struct str code, int64_t day);

/* ---- the model of a register file (register_file.c) ---- */
struct code { struct str code, label; };
struct code_list { struct str name; const struct code *codes; size_t n; /* by code */ };
const struct code *registry__find_code(const struct code_list *l, struct str code);

enum column_type {
    COLUMN_TEXT,      /* one line */
    COLUMN_CODE,      /* of a code list */
    COLUMN_DIGITS,    /* ASCII digits, so many */
    COLUMN_DATE,      /* day and precision: two SQL columns */
    COLUMN_UNIT,      /* administrative unit and the day whose list the code is from: two SQL columns */
    COLUMN_REFERENCE, /* another entry of this register, by its first key; it may come later or never, so it is text */
    COLUMN_JOINED     /* not stored: other columns of the group with blanks between */
};
struct column {
    struct str name, full /* "name.given" */, label;
    enum column_type type;
    bool required, self;         /* self: the person sees it in their own record */
    size_t longest, digits;
    const struct code_list *list;
    const size_t *of; size_t nof; /* COLUMN_JOINED: columns of the same group */
    size_t at;                   /* its first stored value among the group's values */
};
struct kind { struct str kind, label; bool required; };
struct group {
    struct str name, label;
    bool required;
    const struct kind *kinds; size_t nkinds;     /* none: one version at a time, its kind is "" */
    struct column *columns; size_t ncolumns;
    size_t nvalues;                              /* SQL columns of the file's columns */
    const struct query *insert, *now, *all;      /* statements.c */
};
struct key_kind { struct str kind, full /* "key.pin" */, label; size_t digits; bool unique, required, self; };
struct register_ {
    struct str name, label;
    const struct key_kind *keys; size_t nkeys;   /* the first is the one other records refer by */
    const struct code_list *lists; size_t nlists;
    struct group *groups; size_t ngroups;
    const struct units *units;
    const struct query *find, *aliases, *insert_alias, *all_aliases; /* statements.c */
};

/* registry__parse_file: the model with every check; what it makes lives in the call's arena (start gives it a call whose arena lives as long as
 * the node). folder: the country's folder, where code list files are. */
NODISCARD enum status registry__parse_file(struct call *c, const struct yaml *y, struct str folder, struct register_ **ret);
const struct key_kind *registry__find_key(const struct register_ *r, struct str kind);
const struct column *registry__find_column(const struct register_ *r, struct str full);
/* registry__label: English key of a column's label: stored, key or "group.kind". The name itself when it is unknown (a column of former times). */
struct str registry__label(const struct register_ *r, struct str full);

/* ---- tables (ddl.c) and statements (statements.c) ---- */
NODISCARD enum status registry__make_tables(struct call *c, const struct register_ *r);
void registry__make_statements(struct arena *a, struct store *s, struct register_ *r);
/* registry__put_stored: "birth_date", "birth_date_precision": the SQL columns of a column, each through put. */
struct stored { struct str name; bool number; };
size_t registry__stored(struct arena *a, const struct column *col, struct stored ret[static 2]);

/* ---- one row of a load, checked (validate.c) ---- */
struct row_key { const struct key_kind *key; struct str value; };
struct row_version { const struct group *group; struct str kind; int64_t from, to; const struct db_value *values; };
struct row { struct row_key *keys; size_t nkeys; struct row_version *versions; size_t nversions; };
/* registry__read_row: ST_INVALID at a field ("residence.unit") with a sentence that never repeats the value. today: day of codes without one of their own. */
NODISCARD enum status registry__read_row(struct call *c, const struct register_ *r, struct str line, int64_t today, struct row *ret);
/* registry__check_overlap: no two versions of the same group and kind share a day. */
NODISCARD enum status registry__check_overlap(struct call *c, const struct row *row);

/* ---- reading (read.c) ---- */
/* registry__find_entity: the entry this key leads to. ST_NOT_FOUND silently; ST_CONFLICT when the number was given more than once. */
NODISCARD enum status registry__find_entity(struct call *c, const struct register_ *r, struct str kind, struct str value, int64_t *ret);

/* registry__keep_error: what failed in a call with an arena of its own, told in the outer one before that arena goes (load.c). */
void registry__keep_error(struct call *c, const struct call *inner);

/* ---- check (check.c) ---- */
struct check_count { int64_t entries, versions, overlaps, unknown_codes, orphans, missing; };
NODISCARD enum status registry__check(struct call *c, const struct register_ *r, struct check_count *ret);

/* ---- services (services.c) ---- */
NODISCARD enum status registry__offer(struct call *c, struct app *app, const struct register_ *r);

struct registry {
    struct arena *arena;
    struct register_ *const *registers; size_t nregisters;
    struct units units;
};

extern const struct schema registry_schema;
extern const struct route registry__routes[];
extern const struct command registry__commands[];

int64_t registry__today(const struct call *c); /* the day by the country's clocks */

#endif
