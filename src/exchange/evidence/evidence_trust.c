/* evidence_trust.c: the authorities and time-stamp services by which evidence is judged: a folder with the global configuration of one or several nations, or what
 * this node has stored of its own. */
#include "exchange/evidence/evidence.h"

#include <dirent.h>

#include "base/file.h"
#include "base/json.h"

void evidence__drop_trust(struct evidence_trust *t)
{
    while (t->n) directory__drop(&t->list[--t->n]);
}

/* version_in: X-Road writes the version of shared parameters into a file beside them; without it they are taken for the newest. */
static int version_in(struct call *c, struct str path)
{
    enum { METADATA_MOST = 64 * 1024 };
    struct str text, beside = str_join(c->arena, path, STR(".metadata"), STR_END);
    const struct json *j;
    int64_t version;
    bool known = file_exists(c, beside) && file_read(c, beside, METADATA_MOST, &text) == ST_OK && json_parse(c, text, &j) == ST_OK &&
                 str_int(json_text(json_get(j, "configurationVersion"), STR("")), &version) && version >= DIRECTORY_VERSION_LEAST && version <= DIRECTORY_VERSION_MOST;
    call_clear(c);
    return known ? (int)version : DIRECTORY_VERSION_MOST;
}

static enum status add_nation(struct call *c, struct str folder, struct evidence_trust *t)
{
    struct str xml, path = file_path(c->arena, folder, STR("shared-params.xml"));
    if (!file_exists(c, path)) return ST_OK;
    if (t->n == EVIDENCE_NATIONS) return call_fail(c, ST_TOO_LARGE, "conf", "The folder holds the configurations of too many nations. Give one with those that matter.");
    TRY(file_read(c, path, DIRECTORY_MAX, &xml));
    TRY(directory__read_params(c, xml, version_in(c, path), &t->list[t->n]));
    t->n++;
    return ST_OK;
}

static inline void dir_done(DIR **d) { if (*d) (void)closedir(*d); }

static enum status add_nations(struct call *c, struct str folder, struct evidence_trust *t)
{
    const char *z = str_to_z(c->arena, folder);
    __attribute__((cleanup(dir_done))) DIR *d = z ? opendir(z) : NULL;
    if (!d) return call_fail(c, ST_NOT_FOUND, "conf", "There is no folder %s. Give the one with the nation's configuration.", folder);
    TRY(add_nation(c, folder, t));
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.') TRY(add_nation(c, file_path(c->arena, folder, str_copy(c->arena, str_z(e->d_name))), t));
    return ST_OK;
}

enum status evidence__read_conf(struct call *c, struct str folder, struct evidence_trust *ret)
{
    struct str inner = file_path(c->arena, folder, STR("verificationconf"));
    TRY(add_nations(c, file_exists(c, inner) ? inner : folder, ret));
    if (ret->n) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "conf", "The folder %s holds no shared-params.xml of any nation. Give the one with the nation's configuration.", folder);
}

enum status evidence__own_conf(struct call *c, struct evidence_trust *ret)
{
    if (c->app->exchange) ret->n = directory__hold_all(exchange__of(c), ret->list, EVIDENCE_NATIONS);
    if (ret->n) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "conf", "This node has no directory yet by which evidence could be judged. Give a folder with the nation's configuration: --conf FOLDER.");
}

const struct directory *evidence__nation(const struct evidence_trust *t, struct str instance)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eq(t->list[i]->instance, instance)) return t->list[i];
    return NULL;
}
