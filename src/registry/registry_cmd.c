/* registry_cmd.c: the registers on the command line. Numbers and names of people come from standard input, never from the command line, where every user of
 * the machine could read them. */
#include "registry/load_int.h"
#include "registry/search_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "exchange/exchange.h"
#include "web/page.h"

enum { KEY_LINE = 500 };

static const struct str ALL_COLUMNS[] = { STR_INIT("*") };

static enum status find_register(struct call *c, const struct args *args, const struct register_ **ret)
{
    struct str name = args_value(args, "REGISTER");
    *ret = registry_find_register(c->app, name);
    if (*ret) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "REGISTER", "This node keeps no register \"%s\". Its registers stand in node.yaml under registry.registers.", name);
}

/* with_purpose: a command reads and writes about people too: agency and purpose go into the journal, where the person reads them. usual: of a command that has one. */
static enum status with_purpose(struct call *c, const struct args *args, struct str usual)
{
    const struct purpose *known;
    const struct str given = args_value(args, "purpose");
    struct actor *who = arena_new(c->arena, struct actor);
    if (c->actor) *who = *c->actor;
    if (str_is_empty(who->agency)) who->agency = exchange_self(c);
    c->actor = who;
    if (given.n && !str_eq(given, usual)) TRY(exchange_check_purpose(c, given, &known));
    if (given.n) c->purpose = given;
    if (args_value(args, "basis").n) c->basis = args_value(args, "basis");
    if (str_is_empty(c->purpose)) c->purpose = usual;
    return ST_OK;
}

static void print_refusals(const struct load_count *n)
{
    for (size_t i = 0; i < n->nrefusals; i++) {
        const struct load_refusal *r = &n->refusals[i];
        (void)printf("line %" PRId64 ": %.*s%s%.*s\n", r->line, STR_ARG(r->field), r->field.n ? ": " : "", STR_ARG(r->sentence));
    }
    if (n->refused > (int64_t)n->nrefusals) (void)printf("... and %" PRId64 " more\n", n->refused - (int64_t)n->nrefusals);
}

static enum status run_load(struct call *c, const struct args *args)
{
    const struct register_ *r;
    struct load_count n = { 0 };
    TRY(find_register(c, args, &r));
    TRY(with_purpose(c, args, STR("register.keep")));
    const int64_t start = time_monotonic_us();
    struct progress progress = progress_start("rows", 0, STDERR_FILENO);
    enum status st = registry__load(c, r, args_value(args, "FILE"), &progress, &n);
    print_refusals(&n);
    (void)printf("%" PRId64 " rows: %" PRId64 " stored, ", n.rows, n.stored);
    if (n.before) (void)printf("%" PRId64 " stored before by a load that was cut off, ", n.before);
    (void)printf("%" PRId64 " refused, %" PRId64 " ms\n", n.refused, (time_monotonic_us() - start) / 1000);
    return st;
}

static bool read_line(struct call *c, struct str *ret)
{
    char line[KEY_LINE];
    if (!fgets(line, sizeof line, stdin)) return false;
    *ret = str_copy(c->arena, str_trim(str_z(line)));
    return true;
}

static void print_values(const struct call *c, const struct register_record *record)
{
    for (size_t i = 0; i < record->n; i++) {
        const struct register_value *v = &record->values[i];
        struct str text = v->code.n ? text_tr(c->lang, v->text) : v->text;
        (void)printf("%-26.*s %.*s\n", STR_ARG(v->column), STR_ARG(text));
    }
}

static void print_entry(struct str entry) { (void)printf("%-26s %.*s\n", "(journal entry)", STR_ARG(entry)); }

static enum status run_show(struct call *c, const struct args *args)
{
    const struct register_record *record;
    struct registry_read rd = { .columns = ALL_COLUMNS, .ncolumns = 1 };
    TRY(find_register(c, args, &rd.reg));
    rd.key_kind = args_value(args, "key").n ? args_value(args, "key") : rd.reg->keys[0].kind;
    TRY(with_purpose(c, args, STR("")));
    if (!read_line(c, &rd.key)) return call_fail(c, ST_INVALID, "key", "Write the number on standard input: echo NUMBER | sen register show ...");
    enum status st = registry_read(c, &rd, &record);
    if (st == ST_NOT_FOUND) return call_fail(c, st, "key", "The register has no entry with this number.");
    TRY(st);
    print_values(c, record);
    print_entry(record->entry);
    return ST_OK;
}

/* read_born: 1984, 1984-06 or 1984-06-17. */
static enum status read_born(struct call *c, const struct args *args, struct search_question *q)
{
    struct str born = args_value(args, "born");
    q->has_born = born.n > 0;
    if (!q->has_born || date_parse(born, &q->born)) return ST_OK;
    return call_fail(c, ST_INVALID, "born", "Write the birth as 1984, 1984-06 or 1984-06-17.");
}

static void print_people(const struct call *c, const struct found_people *found)
{
    struct str outcome = registry__outcome_word(found->answer.outcome), reasons[REASONS_MOST];
    (void)printf("%.*s%s\n", STR_ARG(outcome), found->answer.more ? " (weaker matches left out)" : "");
    for (size_t i = 0; i < found->answer.n; i++) {
        const size_t n = registry__match_reasons(found->people[i].match, reasons);
        (void)printf("\n%zu.", i + 1);
        for (size_t k = 0; k < n; k++) (void)printf(" %.*s", STR_ARG(reasons[k]));
        (void)printf("\n");
        print_values(c, &found->people[i].record);
    }
    print_entry(found->entry);
}

static enum status run_find(struct call *c, const struct args *args)
{
    struct search_reader rd = { .columns = ALL_COLUMNS, .ncolumns = 1 };
    struct search_question q = { .unit = args_value(args, "unit"), .sex = args_value(args, "sex"), .most = SEARCH_MOST };
    struct found_people found;
    TRY(find_register(c, args, &rd.reg));
    TRY(read_born(c, args, &q));
    TRY(with_purpose(c, args, STR("")));
    if (!read_line(c, &q.name)) return call_fail(c, ST_INVALID, "name", "Write the name on standard input: echo NAME | sen register find ...");
    TRY(registry__find_people(c, &rd, &q, &found));
    print_people(c, &found);
    return ST_OK;
}

static enum status run_reindex(struct call *c, const struct args *args)
{
    const struct register_ *r;
    TRY(find_register(c, args, &r));
    return registry__reindex(c, r);
}

/* run_renumber: both numbers on one line of standard input, the old one first. */
static enum status run_renumber(struct call *c, const struct args *args)
{
    const struct register_ *r;
    struct str line, old;
    TRY(find_register(c, args, &r));
    TRY(with_purpose(c, args, STR("register.keep")));
    if (!read_line(c, &line) || !str_cut(&line, ' ', &old)) return call_fail(c, ST_INVALID, "key", "Write the old and the new number on standard input, with a blank between them.");
    return registry_renumber(c, r, args_value(args, "key").n ? args_value(args, "key") : r->keys[0].kind, old, str_trim(line));
}

static enum status run_check(struct call *c, const struct args *args)
{
    const struct register_ *r;
    struct check_count n;
    TRY(find_register(c, args, &r));
    TRY(registry__check(c, r, &n));
    (void)printf("%" PRId64 " entries, %" PRId64 " versions\n", n.entries, n.versions);
    (void)printf("%" PRId64 " overlaps, %" PRId64 " unknown codes, %" PRId64 " codes out of their time, %" PRId64 " unknown units, %" PRId64
                 " required parts missing, %" PRId64 " references to nobody here\n", n.overlaps, n.unknown_codes, n.untimely_codes, n.unknown_units, n.missing, n.orphans);
    if (n.overlaps || n.unknown_codes || n.untimely_codes || n.unknown_units || n.missing) return call_fail(c, ST_INVALID, "", "The register breaks its own rules. Correct the rows that the counts above name.");
    return ST_OK;
}

#define REGISTER_OPERAND { OPTION_OPERAND, "REGISTER", NULL, "A register of this node.", true }
#define PURPOSE_OPTIONS { OPTION_VALUE, "purpose", "CODE", "Purpose, of the nation's list; it stands in the journal.", false }, \
                        { OPTION_VALUE, "basis", "TEXT", "Legal basis.", false }

static const struct option load_options[] = { REGISTER_OPERAND, { OPTION_OPERAND, "FILE", NULL, "JSON lines, one entry a line (doc/registry.md); - for standard input.", true }, PURPOSE_OPTIONS,
                                              { .kind = OPTION_END } };
static const struct option show_options[] = { REGISTER_OPERAND, { OPTION_VALUE, "key", "KIND", "Kind of the number; the first of the register unless told.", false },
                                              PURPOSE_OPTIONS, { .kind = OPTION_END } };
static const struct option renumber_options[] = { REGISTER_OPERAND, { OPTION_VALUE, "key", "KIND", "Kind of the numbers; the first of the register unless told.", false },
                                                  PURPOSE_OPTIONS, { .kind = OPTION_END } };
static const struct option check_options[] = { REGISTER_OPERAND, { .kind = OPTION_END } };

static const struct option find_options[] = { REGISTER_OPERAND, { OPTION_VALUE, "born", "DATE", "Birth: 1984, 1984-06 or 1984-06-17.", false },
                                              { OPTION_VALUE, "unit", "UNIT", "Where the person lives or lived: name or code of an administrative unit, of today or of former days.", false },
                                              { OPTION_VALUE, "sex", "CODE", "Sex, by its code in the register.", false }, PURPOSE_OPTIONS, { .kind = OPTION_END } };

const struct command registry__commands[] = {
    { "register load", "Loads new entries into a register; refused rows are told with line and field.", load_options, run_load, COMMAND_NODE },
    { "register show", "Shows the entry whose number stands on standard input; the read is journalled.", show_options, run_show, COMMAND_NODE },
    { "register find", "Finds people by the name on standard input, in any spelling; the search is journalled.", find_options, run_find, COMMAND_NODE },
    { "register reindex", "Makes the keys anew by which a register is searched.", check_options, run_reindex, COMMAND_NODE },
    { "register renumber", "Replaces a number by a new one; both stand on standard input, the old one first and still leading to its entry.", renumber_options, run_renumber, COMMAND_NODE },
    { "register check", "Counts what breaks a register's rules: overlaps, unknown codes, missing parts.", check_options, run_check, COMMAND_NODE },
    { 0 },
};
