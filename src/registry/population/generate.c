/* generate.c: `sen population generate`: writes invented people as the JSON lines that `sen register load population` reads. */
#include "registry/population/people.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/file.h"

enum { DAYS_A_YEAR = 365, PERSON_MAX = 16 << 10, FLUSH_AT = 256 << 10, HOUSEHOLD_ARENA = 4 << 20 };

/* ---- one person as JSON ---- */

struct line { struct json_out *o; const struct world *w; const struct household *h; const struct person *p; };

static void put_date(struct json_out *o, const char *name, struct date d)
{
    char text[TIME_TEXT];
    date_format(d, text);
    json_text_at(o, name, str_z(text));
}

static void put_day(struct json_out *o, const char *name, int64_t day)
{
    if (day != TIME_FAR) put_date(o, name, (struct date){ day, PRECISION_DAY });
}

static void put_some(struct json_out *o, const char *name, struct str text)
{
    if (text.n) json_text_at(o, name, text);
}

/* put_unit: "00004@2026-10-01": the code with the day whose list it is from. */
static void put_unit(const struct line *l, const char *name, const struct unit *u)
{
    char day[TIME_TEXT], text[64];
    date_format((struct date){ l->w->day, PRECISION_DAY }, day);
    (void)snprintf(text, sizeof text, "%.*s@%s", STR_ARG(u->code), day);
    json_text_at(l->o, name, str_z(text));
}

static void open_version(struct json_out *o, struct str kind, int64_t from, int64_t to)
{
    json_open(o, '{');
    if (kind.n) json_text_at(o, "kind", kind);
    put_day(o, "from", from);
    put_day(o, "to", to);
}

static void put_keys(const struct line *l)
{
    json_name(l->o, STR("keys"));
    json_open(l->o, '{');
    json_text_at(l->o, "pin", str_z(l->p->pin));
    if (l->p->id9[0]) json_text_at(l->o, "id9", str_z(l->p->id9));
    json_close(l->o);
}

static void put_names(const struct line *l)
{
    struct json_out *o = l->o;
    json_name(o, STR("name"));
    json_open(o, '[');
    open_version(o, STR("birth"), l->p->birth.day, TIME_FAR);
    put_some(o, "surname", l->p->surname);
    put_some(o, "middle", l->p->middle);
    json_text_at(o, "given", l->p->given);
    json_close(o);
    if (l->p->other_name.n) {
        open_version(o, STR("other"), l->p->birth.day + 20 * DAYS_A_YEAR, TIME_FAR);
        json_text_at(o, "given", l->p->other_name);
        json_close(o);
    }
    json_close(o);
}

static void put_core(const struct line *l)
{
    json_name(l->o, STR("core"));
    open_version(l->o, STR(""), l->p->birth.day, TIME_FAR);
    put_date(l->o, "birth_date", l->p->birth);
    json_text_at(l->o, "sex", l->p->sex == SEX_MALE ? STR("male") : STR("female"));
    put_unit(l, "birth_place", l->p->birth_place);
    json_text_at(l->o, "ethnic_group", l->p->group);
    json_text_at(l->o, "nationality", STR("VN"));
    json_close(l->o);
}

static void put_full_name(struct json_out *o, const struct person *p)
{
    char text[400];
    (void)snprintf(text, sizeof text, "%.*s%s%.*s %.*s", STR_ARG(p->surname), p->middle.n ? " " : "", STR_ARG(p->middle), STR_ARG(p->given));
    json_text_at(o, "name", str_z(text));
}

static void put_relation(struct json_out *o, struct str kind, int64_t from, int64_t to, const struct person *who, struct str name)
{
    open_version(o, kind, from, to);
    if (who) {
        put_full_name(o, who);
        json_text_at(o, "person", str_z(who->pin));
    } else {
        json_text_at(o, "name", name);
    }
    json_close(o);
}

/* wedding: both are of age by then. */
static int64_t wedding(const struct person *a, const struct person *b)
{
    return (a->birth.day > b->birth.day ? a->birth.day : b->birth.day) + 19 * DAYS_A_YEAR;
}

static void put_relations(const struct line *l)
{
    const struct person *p = l->p;
    json_name(l->o, STR("relation"));
    json_open(l->o, '[');
    put_relation(l->o, STR("father"), p->birth.day, TIME_FAR, p->father, p->father_name);
    put_relation(l->o, STR("mother"), p->birth.day, TIME_FAR, p->mother, p->mother_name);
    if (p->spouse) put_relation(l->o, STR("spouse"), wedding(p, p->spouse), p->death < p->spouse->death ? p->death : p->spouse->death, p->spouse, STR(""));
    json_close(l->o);
}

/* lives_since: since the household is here, or since birth for those born into it. */
static int64_t lives_since(const struct line *l)
{
    return l->h->from > l->p->birth.day && l->h->from < l->p->death ? l->h->from : l->p->birth.day;
}

static void put_residence(const struct line *l)
{
    struct json_out *o = l->o;
    json_name(o, STR("residence"));
    json_open(o, '[');
    open_version(o, STR("permanent"), lives_since(l), l->p->death);
    put_unit(l, "unit", l->h->unit);
    json_text_at(o, "address", l->h->address);
    json_close(o);
    if (l->p->stays) {
        open_version(o, STR("temporary"), l->p->stays_from, TIME_FAR);
        put_unit(l, "unit", l->p->stays);
        json_text_at(o, "address", l->p->stays_address);
        json_close(o);
    }
    json_close(o);
}

static struct str place_word(enum place place)
{
    switch (place) {
    case PLACE_HEAD: return STR("head");
    case PLACE_SPOUSE: return STR("spouse");
    case PLACE_CHILD: return STR("child");
    case PLACE_PARENT: return STR("parent");
    }
    return STR("other");
}

static void put_household(const struct line *l)
{
    char number[24];
    (void)snprintf(number, sizeof number, "H%09lld", (long long)l->h->number);
    json_name(l->o, STR("household"));
    open_version(l->o, STR(""), lives_since(l), l->p->death);
    json_text_at(l->o, "number", str_z(number));
    json_text_at(l->o, "role", place_word(l->p->place));
    json_close(l->o);
}

static void put_status(const struct line *l)
{
    struct json_out *o = l->o;
    json_name(o, STR("status"));
    json_open(o, '[');
    open_version(o, STR(""), l->p->birth.day, l->p->death);
    json_text_at(o, "state", STR("alive"));
    json_close(o);
    if (l->p->death != TIME_FAR) {
        open_version(o, STR(""), l->p->death, TIME_FAR);
        json_text_at(o, "state", STR("dead"));
        put_day(o, "date", l->p->death);
        json_close(o);
    }
    json_close(o);
}

void registry__put_person(const struct world *w, const struct household *h, const struct person *p, struct buf *out)
{
    struct json_out o = json_to(out);
    const struct line l = { &o, w, h, p };
    json_open(&o, '{');
    put_keys(&l);
    put_names(&l);
    put_core(&l);
    put_relations(&l);
    put_residence(&l);
    put_household(&l);
    put_status(&l);
    json_close(&o);
    buf_put_c(out, '\n');
}

/* ---- the command ---- */

static enum status write_all(struct call *c, int fd, struct buf *b)
{
    for (size_t at = 0; at < b->n;) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return call_fail(c, ST_UNAVAILABLE, "out", "The file cannot be written. Check that the disk has room.");
        at += (size_t)n;
    }
    buf_clear(b);
    return ST_OK;
}

/* write_people: household after household, each in memory of its own, so that ten million people need no more room than ten. */
static enum status write_people(struct call *c, struct world *w, int64_t people, int fd)
{
    ARENA arena = arena_open(HOUSEHOLD_ARENA);
    BUF b = buf_heap(FLUSH_AT + HOUSEHOLD_MOST * PERSON_MAX);
    struct household h;
    for (int64_t left = people; left > 0; left -= (int64_t)h.n) {
        struct call inner = *c;
        inner.arena = arena;
        registry__make_household(&inner, w, left < HOUSEHOLD_MOST ? (size_t)left : HOUSEHOLD_MOST, &h);
        for (size_t i = 0; i < h.n; i++) registry__put_person(w, &h, &h.people[i], &b);
        if (b.n >= FLUSH_AT) TRY(write_all(c, fd, &b));
        arena_reset(arena);
    }
    return write_all(c, fd, &b);
}

static enum status open_out(struct call *c, struct str path, int *ret)
{
    const char *z = str_to_z(c->arena, path);
    *ret = z ? open(z, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (*ret >= 0) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "out", "The file %s cannot be made. Check that its folder is there and may be written.", path);
}

/* units_folder: as told, or that of the country beside the program. */
static struct str units_folder(struct call *c, const struct args *args)
{
    struct str folder = args_value(args, "units"), country = args_value(args, "country");
    if (folder.n) return folder;
    return str_join(c->arena, c->app ? c->app->share : STR("."), STR("/country/"), country.n ? country : STR("vn"), STR("/units"), STR_END);
}

static enum status run_generate(struct call *c, const struct args *args)
{
    int64_t people, seed;
    struct date day;
    struct units units;
    struct world *w = arena_new(c->arena, struct world);
    struct str folder = units_folder(c, args), names = args_value(args, "names"), out = args_value(args, "out"), on = args_value(args, "day");
    TRY(args_count(c, args, "people", 2000, 1, 10000000, &people));
    TRY(args_count(c, args, "seed", 1, 0, INT64_MAX, &seed));
    if (!date_parse(on.n ? on : STR("2026-10-01"), &day)) return call_fail(c, ST_INVALID, "day", "Write the day as 2026-10-01.");
    TRY(registry__load_units(c, file_path(c->arena, folder, STR("units.csv")), &units));
    TRY(registry__open_world(c, &units, names.n ? names : file_path(c->arena, folder, STR("../names")), (uint64_t)seed, day.day, w));
    FILE_FD fd = -1;
    TRY(open_out(c, out, &fd));
    TRY(write_people(c, w, people, fd));
    (void)printf("%lld people in %lld households: %.*s\n", (long long)people, (long long)w->households, STR_ARG(out));
    return ST_OK;
}

static const struct option generate_options[] = {
    { OPTION_VALUE, "people", "N", "How many people; 2000 unless told.", false },
    { OPTION_VALUE, "seed", "N", "The same seed makes the same people; 1 unless told.", false },
    { OPTION_VALUE, "units", "DIR", "Folder with units.csv; that of the country unless told.", false },
    { OPTION_VALUE, "country", "CC", "Folder below country/; vn unless told.", false },
    { OPTION_VALUE, "names", "DIR", "Folder with the lists of names; ../names beside the units unless told.", false },
    { OPTION_VALUE, "day", "DAY", "The day on which the people are as they are; 2026-10-01 unless told.", false },
    { OPTION_VALUE, "out", "FILE", "The file to write, one person a line.", true },
    { OPTION_END, NULL, NULL, NULL, false },
};

static const struct command commands[] = {
    { "population generate", "Makes invented people in believable households, for tests and the sandbox.", generate_options, run_generate, COMMAND_FREE },
    { 0 },
};

const struct module population_module = { .name = "population", .commands = commands };
