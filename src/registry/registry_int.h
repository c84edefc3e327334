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

/* Days between which something holds, [from, to); an open end is INT64_MIN, TIME_FAR. Files of the country write both ends inclusive, empty where open:
 * registry__read_span is false for anything else than such days, or the last before the first (code_list.c). */
struct span { int64_t from, to; };
bool registry__read_span(struct str from, struct str to, struct span *ret);

/* ---- administrative units, dated (units.c, successors.c) ---- */
struct unit { struct str code, name, kind /* "phuong" */, parent; int64_t from, to; /* days, [from, to) */ };
struct unit_link { uint32_t old, new; };  /* places in units->all */
struct units {
    const struct unit *all; size_t n;          /* by code, then from */
    const struct unit_link *links; size_t nlinks; /* what became of what, by old; by_new the same by new */
    const struct unit_link *by_new;
};
/* registry__load_units: units.csv of this folder and, where there is one, successors.csv. What is kept lives in the call's arena, about 120 bytes a unit. Each alone:
 * registry__load_unit_file: a CSV with code,name,type (kind),parent_code,valid_from,valid_to; both ends inclusive there, an empty end is open.
 * registry__load_successors: a CSV with old_code,new_code,extent,day: from that day on the land or the people of the old unit, whole or in part, are the new one's. */
NODISCARD enum status registry__load_units(struct call *c, struct str folder, struct units *ret);
NODISCARD enum status registry__load_unit_file(struct call *c, struct str path, struct units *ret);
NODISCARD enum status registry__load_successors(struct call *c, struct str path, struct units *units);
/* registry__find_unit: the unit that bore this code on that day, or NULL. */
const struct unit *registry__find_unit(const struct units *u, struct str code, int64_t day);
size_t registry__first_unit(const struct units *u, struct str code); /* the place in all of the oldest unit of this code, or where it would stand */
/* registry__successors: the units of day `on` to which the land of the unit (code, day) belongs then, at most `most`, in the order of their codes; the unit
 * itself where it is still there. 0 where it is unknown or nobody wrote down what became of it. Several: the unit was split, and no code alone says which. */
enum { SUCCESSORS_MOST = 16 };
size_t registry__successors(const struct units *u, struct str code, int64_t day, int64_t on, const struct unit *ret[static SUCCESSORS_MOST]);
/* registry__made_of: the links that end in this unit, a row of u, or in what it was before it only got another name or kind; answers how many. */
size_t registry__made_of(const struct units *u, const struct unit *one, const struct unit_link **ret);
/* registry__unit_covers: does a place in the unit (code, day) lie, or perhaps lie, in the unit (wanted, wanted_day): in it or below it, by the map of its own
 * day, or of an earlier or later one that successors lead to. */
bool registry__unit_covers(const struct units *u, struct str wanted, int64_t wanted_day, struct str code, int64_t day);
/* registry__unit_text: "Phường Ba Đình, Thành phố Hà Nội": the unit and those above it. The code itself when it is unknown. */
struct str registry__unit_text(struct arena *a, const struct units *u, struct str code, int64_t day);

/* ---- the model of a register file (register_file.c) ---- */
struct code { struct str code, label; struct span valid; };
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
struct kind { struct str kind, label; bool required, many; };
struct group {
    struct str name, label;
    bool required;
    bool many;                                   /* several versions, of the group or of some kind, may hold on the same day: each has a number, its item */
    const struct kind *kinds; size_t nkinds;     /* none: its kind is "" */
    struct column *columns; size_t ncolumns;
    size_t nvalues, item;                        /* SQL columns of the file's columns; with many one more at the end, the item, at place item */
    size_t batch;                                /* rows of insert_batch */
    const struct query *insert, *insert_batch, *now, *former, *all; /* statements.c */
};
struct key_kind { struct str kind, full /* "key.pin" */, label; size_t digits; bool unique, required, self; };
enum { REGISTRY_BATCH = 32 };  /* rows in one statement of a load */
struct register_ {
    struct str name, label;
    const struct key_kind *keys; size_t nkeys;   /* the first is the one other records refer by */
    const struct code_list *lists; size_t nlists;
    struct group *groups; size_t ngroups;
    const struct units *units;
    struct search *search;                       /* NULL: asked by number only */
    const struct query *find, *find_batch, *aliases, *insert_alias, *insert_alias_batch, *insert_entity, *insert_entity_batch, *retire_alias, *all_aliases; /* statements.c */
};

/* registry__parse_file: the model with every check; what it makes lives in the call's arena (start gives it a call whose arena lives as long as
 * the node). folder: the country's folder, where code list files are. */
NODISCARD enum status registry__parse_file(struct call *c, const struct yaml *y, struct str folder, struct register_ **ret);
const struct key_kind *registry__find_key(const struct register_ *r, struct str kind);
bool registry__is_many(const struct group *g, struct str kind); /* may versions of this kind share a day? */
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
struct row_key { const struct key_kind *key; struct str value; bool former; }; /* former: replaced by another; it still leads to the entry */
struct row_version { const struct group *group; struct str kind; int64_t from, to; const struct db_value *values; };
struct row { struct row_key *keys; size_t nkeys; struct row_version *versions; size_t nversions; };
/* registry__read_row: ST_INVALID at a field ("residence.unit") with a sentence that never repeats the value. today: day of codes without one of their own. */
NODISCARD enum status registry__read_row(struct call *c, const struct register_ *r, struct str line, int64_t today, struct row *ret);
bool registry__is_number(struct str text, size_t digits); /* so many ASCII digits, any count for 0, at least one */
/* registry__check_overlap: no two versions of the same group and kind share a day, unless the kind may have many. */
NODISCARD enum status registry__check_overlap(struct call *c, const struct row *row);

/* ---- reading (read.c) ---- */
/* registry__find_entity: the entry this key leads to. ST_NOT_FOUND silently; ST_CONFLICT when the number was given more than once. */
NODISCARD enum status registry__find_entity(struct call *c, const struct register_ *r, struct str kind, struct str value, int64_t *ret);

/* registry__read_columns: the allowed values of an entry and the names of those that came, as the journal lists them. The caller journals before it lets anything out. */
NODISCARD enum status registry__read_columns(struct call *c, const struct registry_read *rd, int64_t entity, struct register_record *ret, struct str *ret_fields);
/* registry__allows: does a right's list of columns hold this one? "*" is all, "name.*" all of a group. */
bool registry__allows(const struct str *columns, size_t n, struct str full);

/* ---- finding by name: search_int.h ---- */
struct search;
struct unit_names;
/* registry__parse_search: the section `search:` of a register file; y may be NULL: a register that is asked by number only. */
NODISCARD enum status registry__parse_search(struct call *c, const struct yaml *y, struct register_ *r);
/* registry__put_search_keys: the keys of a new entry, from its row, in the load's own transaction. */
NODISCARD enum status registry__put_search_keys(struct call *c, const struct register_ *reg, int64_t entity, const struct row *row);

/* registry__keep_error: what failed in a call with an arena of its own, told in the outer one before that arena goes (load.c). */
void registry__keep_error(struct call *c, const struct call *inner);

/* ---- check (check.c) ---- */
/* untimely_codes: of a list, but not on the first day of the version; unknown_units: no unit had this code on that day; orphans: references to nobody here. */
struct check_count { int64_t entries, versions, overlaps, unknown_codes, untimely_codes, unknown_units, orphans, missing; };
NODISCARD enum status registry__check(struct call *c, const struct register_ *r, struct check_count *ret);

/* ---- services (services.c) ---- */
NODISCARD enum status registry__offer(struct call *c, struct app *app, const struct register_ *r);

struct registry {
    struct arena *arena;
    struct register_ *const *registers; size_t nregisters;
    struct units units;
    struct unit_names *unit_names;
};

extern const struct schema registry_schema;
extern const struct route registry__routes[];
extern const struct command registry__commands[];

int64_t registry__today(const struct call *c); /* the day by the country's clocks */

#endif
