/* generate.c: `sen population generate`: writes invented people as the JSON lines that `sen register load population` reads, to a file or, for
 * `sen population generate ... | sen register load population -`, to standard output. */
#include "registry/population/people.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/file.h"
#include "registry/progress.h"

enum { PERSON_MAX = 32 << 10, FLUSH_AT = 256 << 10, FAMILY_ARENA = 16 << 20 };

static enum status write_all(struct call *c, int fd, struct buf *b)
{
    if (b->failed) return call_fail(c, ST_BROKEN, "out", "A family is larger than the room for it. Report this with the seed.");
    for (size_t at = 0; at < b->n;) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EPIPE) return call_fail(c, ST_UNAVAILABLE, "out", "Whoever read the people has stopped reading. See what the other command says.");
        if (n < 0) return call_fail(c, ST_UNAVAILABLE, "out", "The file cannot be written. Check that the disk has room.");
        at += (size_t)n;
    }
    buf_clear(b);
    return ST_OK;
}

static int64_t put_family(struct call *c, struct world *w, const struct family *f, struct buf *b)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (!registry__is_registered(&f->people[i])) continue;
        registry__put_person(c, w, f, &f->people[i], b);
        n++;
    }
    return n;
}

/* write_people: family after family, each in memory of its own, so that ten million people need no more room than ten. */
static enum status write_people(struct call *c, struct world *w, int64_t people, int fd)
{
    ARENA arena = arena_open(FAMILY_ARENA);
    BUF b = buf_heap(FLUSH_AT + FAMILY_MOST * PERSON_MAX);
    struct family *f = arena_new(c->arena, struct family);
    struct progress progress = progress_start("people made", people, STDERR_FILENO);
    for (int64_t made = 0; made < people;) {
        struct call inner = *c;
        inner.arena = arena;
        registry__make_family(&inner, w, people - made < FAMILY_MOST ? (size_t)(people - made) : FAMILY_MOST, f);
        made += put_family(&inner, w, f, &b);
        if (b.n >= FLUSH_AT) TRY(write_all(c, fd, &b));
        arena_reset(arena);
        progress_tell(&progress, made);
    }
    TRY(write_all(c, fd, &b));
    progress_end(&progress, people);
    return ST_OK;
}

static bool is_pipe(struct str path) { return str_is_empty(path) || str_eq(path, STR("-")); }

static enum status open_out(struct call *c, struct str path, int *ret)
{
    const char *z = str_to_z(c->arena, path);
    if (is_pipe(path)) *ret = dup(STDOUT_FILENO);
    else *ret = z ? open(z, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (*ret >= 0) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "out", "The file %s cannot be made. Check that its folder is there and may be written.", path);
}

/* find_units: the folder as told, or that of the country beside the program. */
static struct str find_units(struct call *c, const struct args *args)
{
    struct str units = args_value(args, "units"), country = args_value(args, "country");
    return units.n ? units : str_join(c->arena, c->app ? c->app->share : STR("."), STR("/country/"), country.n ? country : STR("vn"), STR("/units"), STR_END);
}

/* find_files: as told, or those beside the units. */
static struct world_files find_files(struct call *c, const struct args *args, struct str units)
{
    struct str names = args_value(args, "names"), cast = args_value(args, "cast");
    if (!names.n) names = file_path(c->arena, units, STR("../names"));
    if (!cast.n) {
        cast = file_path(c->arena, units, STR("../sandbox/cast.csv"));
        if (!file_exists(c, cast)) cast = STR("");
    }
    return (struct world_files){ names, cast };
}

static enum status run_generate(struct call *c, const struct args *args)
{
    int64_t people, seed;
    struct date day;
    struct units units;
    struct world *w = arena_new(c->arena, struct world);
    struct str out = args_value(args, "out"), on = args_value(args, "day");
    const struct str folder = find_units(c, args);
    const struct world_files files = find_files(c, args, folder);
    TRY(args_count(c, args, "people", 2000, 1, 10000000, &people));
    TRY(args_count(c, args, "seed", 1, 0, INT64_MAX, &seed));
    if (!date_parse(on.n ? on : STR("2026-10-01"), &day)) return call_fail(c, ST_INVALID, "day", "Write the day as 2026-10-01.");
    TRY(registry__load_units(c, folder, &units));
    TRY(registry__open_world(c, &units, &files, (uint64_t)seed, day.day, w));
    FILE_FD fd = -1;
    TRY(open_out(c, out, &fd));
    TRY(write_people(c, w, people, fd));
    (void)fprintf(is_pipe(out) ? stderr : stdout, "%lld people in %lld families: %.*s\n", (long long)people, (long long)w->families, STR_ARG(is_pipe(out) ? STR("-") : out));
    return ST_OK;
}

static const struct option generate_options[] = {
    { OPTION_VALUE, "people", "N", "How many people; 2000 unless told.", false },
    { OPTION_VALUE, "seed", "N", "The same seed makes the same people; 1 unless told.", false },
    { OPTION_VALUE, "units", "DIR", "Folder with units.csv; that of the country unless told.", false },
    { OPTION_VALUE, "country", "CC", "Folder below country/; vn unless told.", false },
    { OPTION_VALUE, "names", "DIR", "Folder with the lists of names; ../names beside the units unless told.", false },
    { OPTION_VALUE, "cast", "FILE", "People known by name, who come first; ../sandbox/cast.csv beside the units unless told.", false },
    { OPTION_VALUE, "day", "DAY", "The day on which the people are as they are; 2026-10-01 unless told.", false },
    { OPTION_VALUE, "out", "FILE", "The file to write, one person a line; standard output unless told.", false },
    { OPTION_END, NULL, NULL, NULL, false },
};

static const struct command commands[] = {
    { "population generate", "Makes invented people in families over generations, for tests and the sandbox.", generate_options, run_generate, COMMAND_FREE },
    { 0 },
};

const struct module population_module = { .name = "population", .commands = commands };
