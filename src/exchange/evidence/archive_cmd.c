/* archive_cmd.c: `sen message archive list`, `run` and `verify`: the archives of the message log from the shell; verify needs no node. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "exchange/evidence/archive.h"

enum { LIST_SLICE = 100 };

static void print_row(struct call *c, const struct archive_row *r)
{
    (void)printf("%.*s  %.*s  rows %lld to %lld, %lld messages, %.*s\n", STR_ARG(text_moment(c, r->at_ms)), STR_ARG(r->file), (long long)r->first_seq, (long long)r->last_seq, (long long)r->n, STR_ARG(r->digest));
}

enum status archive__list_run(struct call *c, const struct args *args)
{
    struct archive_row *list = arena_array(c->arena, struct archive_row, LIST_SLICE);
    int64_t after = 0;
    (void)args;
    for (size_t n = LIST_SLICE; n == LIST_SLICE;) {
        TRY(archive__list(c, after, list, LIST_SLICE, &n));
        if (!n && !after) (void)printf("Nothing was archived yet.\n");
        for (size_t i = 0; i < n; i++) print_row(c, &list[i]);
        if (n) after = list[n - 1].last_seq;
    }
    return ST_OK;
}

enum status archive__now_run(struct call *c, const struct args *args)
{
    struct archive_how how;
    int64_t files;
    (void)args;
    TRY(archive__how(c, STR("command"), &how));
    TRY(archive__run(c, &how, &files));
    (void)printf("%lld files of archives were written to %.*s.\n", (long long)files, STR_ARG(how.folder));
    return ST_OK;
}

/* ---- sen message archive verify ---- */

static struct str base_name(struct str path)
{
    size_t n = path.n;
    while (n && path.p[n - 1] != '/') n--;
    return str_skip(path, n);
}

/* check_one: in a call of its own: a file is large. */
static enum status check_one(struct call *c, struct call *one, struct str path, struct str file, struct archive_facts *ret)
{
    struct str zip;
    struct archive_facts f;
    call_renew(one);
    enum status st = file_read(one, path, ARCHIVE_BYTES_MOST, &zip);
    if (st == ST_OK) st = archive__check(one, zip, file, &f);
    if (st != ST_OK) return call_adopt(c, one, st);
    *ret = (struct archive_facts){ str_copy(c->arena, f.prev_digest), str_copy(c->arena, f.prev_file), str_copy(c->arena, f.digest), f.n };
    return ST_OK;
}

enum status archive__verify_run(struct call *c, const struct args *args)
{
    const struct str *paths;
    size_t n = args_rest(args, &paths), messages = 0;
    struct str *files = arena_array(c->arena, struct str, n);
    struct archive_facts *facts = arena_array(c->arena, struct archive_facts, n);
    struct call *one = call_open(c->app);
    enum status st = ST_OK;
    for (size_t i = 0; i < n && st == ST_OK; i++) {
        files[i] = base_name(paths[i]);
        st = check_one(c, one, paths[i], files[i], &facts[i]);
        if (st == ST_OK) messages += facts[i].n;
    }
    call_close(one);
    TRY(st);
    TRY(archive__check_order(c, facts, files, n));
    (void)printf("%zu files with %zu messages hold.\n", n, messages);
    if (n && facts[0].prev_file.n) (void)printf("Before them comes %.*s.\n", STR_ARG(facts[0].prev_file));
    if (n) (void)printf("The last digest is %.*s: compare it with sen message archive list.\n", STR_ARG(facts[n - 1].digest));
    return ST_OK;
}

const struct option archive__verify_options[] = {
    { OPTION_REST, "FILE", NULL, "archives (mlog-*.zip) of one node, in order", true },
    { OPTION_END, NULL, NULL, NULL, false } };
