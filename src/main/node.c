/* node.c: opens a node for a command or for the server: configuration, databases, key holder, rooms. */
#include "main/node.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/time.h"
#include "base/yaml.h"
#include "main/modules.h"
#include "store/db.h"
#include "trust/trust.h"

enum { HOLDER_START_MS = 5000, HOLDER_STEP_MS = 2, MODULES_MAX = 32, OFFSET_MOST = 14 * 60 };

struct node {
    struct app app;
    struct config *config;
    struct arena *arena;     /* texts of app; lives as long as the node */
    size_t started;          /* modules whose start was called */
    int holder_pid;          /* a key holder of our own, or 0 */
    const struct app *before; /* what the call knew before this node was opened */
};

struct app *node_app(const struct node *n) { return (struct app *)(uintptr_t)&n->app; }
struct str node_folder(const struct node *n) { return n->app.folder; }

/* share_at: is there a country/ in this folder? */
static bool share_at(struct call *c, struct str folder, struct str *ret)
{
    if (!file_exists(c, file_path(c->arena, folder, STR("country")))) return false;
    *ret = folder;
    return true;
}

enum status node_share(struct call *c, struct str *ret)
{
    char path[PATH_MAX];
    const char *given = getenv("SEN_SHARE");
    if (given && share_at(c, str_copy(c->arena, str_z(given)), ret)) return ST_OK;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    struct str at = n > 0 ? str_copy(c->arena, str_of(path, (size_t)n)) : STR("");
    while (at.n) {
        while (at.n && at.p[at.n - 1] != '/') at.n--;
        if (at.n) at.n--;
        if (share_at(c, at, ret) || share_at(c, file_path(c->arena, at, STR("share/sen")), ret)) return ST_OK;
    }
    return call_fail(c, ST_NOT_FOUND, "", "The folder \"country\" that belongs to the program was not found. Set SEN_SHARE to the folder that holds it.");
}

/* read_country: country/<cc>/country.yaml, what holds for the whole country. */
static enum status read_country(struct call *c, struct node *n)
{
    static const char *const keys[] = { "time_offset_min", NULL };
    const struct yaml *y;
    struct str written;
    int64_t offset;
    struct str folder = file_path(c->arena, file_path(c->arena, n->app.share, STR("country")), config_text(n->config, "country"));
    TRY(yaml_load(c, file_path(c->arena, folder, STR("country.yaml")), &y));
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "time_offset_min", &written));
    if (!str_int(written, &offset) || offset < -OFFSET_MOST || offset > OFFSET_MOST)
        return yaml_fail(c, yaml_get(y, "time_offset_min"), "Write the minutes ahead of UTC, from -840 to 840.");
    n->app.country = str_copy(n->arena, folder);
    n->app.time_offset_min = (int)offset;
    return ST_OK;
}

enum status node_load(struct call *c, struct str folder, struct node **ret)
{
    char real[PATH_MAX];
    const char *z = str_to_z(c->arena, folder);
    if (!z || !realpath(z, real))
        return call_fail(c, ST_NOT_FOUND, "node", "There is no folder %s. Name the node's folder with --node.", folder);
    struct node *n = heap_new(struct node);
    n->arena = arena_open(1 << 20);
    n->app.folder = str_copy(n->arena, str_z(real));
    n->app.modules = sen_modules;
    struct str share;
    enum status st = node_share(c, &share);
    if (st == ST_OK) {
        n->app.share = str_copy(n->arena, share);
        st = config_load(c, file_path(c->arena, n->app.folder, STR("node.yaml")), sen_modules, NULL, 0, &n->config);
    }
    if (st == ST_OK) st = read_country(c, n);
    if (st != ST_OK) {
        config_free(n->config);
        arena_close(n->arena);
        heap_free(n);
        return st;
    }
    n->app.config = n->config;
    *ret = n;
    return ST_OK;
}

struct str node_keys_folder(struct call *c, const struct node *n) { return file_path(c->arena, n->app.folder, STR("keys")); }
struct str node_socket(struct call *c, const struct node *n) { return file_path(c->arena, n->app.folder, STR("run/holder.sock")); }

/* store_url: "sqlite:data" is relative to the node's folder. */
static enum status store_url(struct call *c, const struct node *n, struct str *ret)
{
    struct str url = config_text(n->config, "store.url");
    if (!str_starts(url, STR("sqlite:"))) {
        *ret = url;
        return ST_OK;
    }
    struct str folder = file_path(c->arena, n->app.folder, str_skip(url, strlen("sqlite:")));
    TRY(file_make_folder(c, folder, 0700));
    *ret = str_join(c->arena, STR("sqlite:"), folder, STR_END);
    return ST_OK;
}

static enum status await_holder(struct call *c, struct node *n, enum node_holder holder)
{
    if (node_holder_answers(c, n)) return ST_OK;
    if (holder == HOLDER_OWN) return node_holder_start(c, n, &n->holder_pid);
    for (int waited = 0; waited < HOLDER_START_MS; waited += HOLDER_STEP_MS) {
        (void)poll(NULL, 0, HOLDER_STEP_MS);
        if (node_holder_answers(c, n)) return ST_OK;
    }
    return call_fail(c, ST_UNAVAILABLE, "", "The key holder does not answer. Its log lines say why; the server is started again when it does.");
}

static enum status open_parts(struct call *c, struct node *n, enum node_holder holder)
{
    const struct schema *schemas[MODULES_MAX] = { 0 };
    size_t count = 0;
    for (const struct module *const *m = sen_modules; *m; m++)
        if ((*m)->schema && count + 1 < MODULES_MAX) schemas[count++] = (*m)->schema;
    struct str url;
    TRY(store_url(c, n, &url));
    if (holder == HOLDER_OWN) TRY(await_holder(c, n, holder)); /* a process of its own is made before databases are open */
    TRY(store_open(c, url, schemas, &n->app.store));
    if (holder != HOLDER_OWN) TRY(await_holder(c, n, holder)); /* it opens its keys while we open the databases */
    TRY(trust_start(c, node_keys_folder(c, n), node_socket(c, n), config_count(n->config, "trust.holder_ms"), &n->app.trust));
    for (const struct module *const *m = sen_modules; *m; m++) {
        n->started++;
        if ((*m)->start) TRY((*m)->start(c, &n->app));
    }
    return ST_OK;
}

/* tell_place: a room that refuses a setting names it; whoever mends it wants to know file and line too. */
static enum status tell_place(struct call *c, const struct node *n, enum status st)
{
    struct call_error told = c->error;
    struct str where = config_where(c, n->config, told.field);
    if (st != ST_INVALID || !where.n) return st;
    call_clear(c);
    return call_fail(c, st, str_to_z(c->arena, told.field), "%s: %s", where, told.sentence);
}

enum status node_open(struct call *c, struct node *n, enum node_holder holder)
{
    n->before = c->app;
    c->app = &n->app;
    enum status st = open_parts(c, n, holder);
    return st == ST_OK ? ST_OK : tell_place(c, n, st);
}

void node_close(struct call *c, struct node *n)
{
    if (!n) return;
    while (n->started) {
        const struct module *m = sen_modules[--n->started];
        if (m->stop) m->stop(&n->app);
    }
    store_release(c);
    if (n->app.trust) trust_stop(n->app.trust);
    if (n->app.store) store_close(n->app.store);
    node_holder_stop(n->holder_pid);
    if (c->app == &n->app) c->app = n->before;
    config_free(n->config);
    arena_close(n->arena);
    heap_free(n);
}
