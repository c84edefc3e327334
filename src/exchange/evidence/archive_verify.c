/* archive_verify.c: does a file of archives hold what was chained, and do several follow each other? What the containers prove is judged by evidence.c. */
#include "exchange/evidence/archive.h"

static enum status check_container(struct call *c, const struct asic *all, struct str file, struct str prev, const struct archive_link *l)
{
    const struct asic_entry *e = asic_find(all, l->name);
    if (!e) return call_fail(c, ST_INVALID, "archive", "%s is missing from %s. Restore the archive from a backup.", l->name, file);
    if (str_eq(archive__next_digest(c->arena, prev, e->bytes), l->digest)) return ST_OK;
    return call_fail(c, ST_INVALID, "archive", "%s in %s does not fit its link: the container or the link was changed. Restore the archive from a backup.", l->name, file);
}

/* check_files: every file but the links is a container that they name. */
static enum status check_files(struct call *c, const struct asic *all, struct str file, const struct archive_links *links)
{
    struct str twin, *names = arena_array(c->arena, struct str, links->n);
    for (size_t i = 0; i < links->n; i++) names[i] = links->list[i].name;
    if (str_find_twin(names, links->n, &twin)) return call_fail(c, ST_INVALID, "archive", "%s stands twice in the links of %s. Restore the archive from a backup.", twin, file);
    if (links->n + 1 == all->n) return ST_OK; /* names are different, and each was found */
    return call_fail(c, ST_INVALID, "archive", "%s holds files that its links do not name: something was put in. Restore the archive from a backup.", file);
}

enum status archive__check(struct call *c, struct str zip, struct str file, struct archive_facts *ret)
{
    struct asic all;
    struct archive_links links;
    enum status st = zip_read(c, zip, ARCHIVE_FILES_MOST + 1, ARCHIVE_BYTES_MOST, &all);
    const struct asic_entry *e = st == ST_OK ? asic_find(&all, STR(ARCHIVE_LINKS)) : NULL;
    if (st == ST_INVALID) return call_clear(c), call_fail(c, ST_INVALID, "archive", "%s is not an archive that can be read: it is damaged. Restore it from a backup.", file);
    TRY(st);
    if (!e) return call_fail(c, ST_INVALID, "archive", "%s holds no links (linkinginfo): it is no archive of a message log, or they were taken out.", file);
    TRY(archive__parse_links(c, e->bytes, &links));
    struct archive_facts facts = { links.prev_digest, links.prev_file, links.prev_digest, links.n };
    for (size_t i = 0; i < links.n; i++) {
        TRY(check_container(c, &all, file, facts.digest, &links.list[i]));
        facts.digest = links.list[i].digest;
    }
    TRY(check_files(c, &all, file, &links));
    *ret = facts;
    return ST_OK;
}

/* ---- over the files ---- */

static bool is_listed(const struct str *files, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(files[i], name)) return true;
    return false;
}

enum status archive__check_order(struct call *c, const struct archive_facts *facts, const struct str *files, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct archive_facts *f = &facts[i];
        if (!f->prev_file.n) return call_fail(c, ST_INVALID, "archive", "%s is the first archive of its log, but stands behind %s. List the files in order, of one node only.", files[i], files[i - 1]);
        if (!str_eq(f->prev_file, files[i - 1]) && is_listed(files, n, f->prev_file))
            return call_fail(c, ST_INVALID, "archive", "%s follows %s, but stands behind %s: the order is wrong. List the files in order.", files[i], f->prev_file, files[i - 1]);
        if (!str_eq(f->prev_file, files[i - 1])) return call_fail(c, ST_INVALID, "archive", "%s is missing: %s follows it. Find it, or restore it from a backup.", f->prev_file, files[i]);
        if (!str_eq(f->prev_digest, facts[i - 1].digest))
            return call_fail(c, ST_INVALID, "archive", "%s does not follow %s as it is now: the end of one or the beginning of the other was changed. Restore them from a backup.", files[i], files[i - 1]);
    }
    return ST_OK;
}
