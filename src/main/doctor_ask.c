/* doctor_ask.c: what a node that runs says of itself: its own server knows since when something fails and what it holds; another process would only guess. */
#include "main/doctor.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/config.h"
#include "base/file.h"
#include "base/json.h"
#include "main/node.h"
#include "web/client.h"

enum { CONNECT_MS = 1000, TOTAL_MS = 10000 };

/* ---- the words of /monitor.json ---- */

struct finding_words doctor_read_words(const struct json *j)
{
    static const struct { const char *code; enum level level; const char *state; } levels[] = {
        { "good", LEVEL_GOOD, "Well" }, { "warn", LEVEL_WARN, "Needs attention" }, { "bad", LEVEL_BAD, "Not well" } };
    struct finding_words w = { .where = json_text(json_get(j, "where"), STR("")), .what = json_text(json_get(j, "what"), STR("")), .cause = json_text(json_get(j, "cause"), STR("")),
                               .cure = json_text(json_get(j, "cure"), STR("")) };
    struct str level = json_text(json_get(j, "level"), STR("bad"));
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_eq(level, str_z(levels[i].code))) w.level = levels[i].level, w.state = str_z(levels[i].state);
    return w;
}

/* ---- asking ---- */

bool doctor_runs(struct call *c, struct node *n)
{
    char *path = str_to_z(c->arena, file_path(c->arena, node_folder(n), STR("run/lock")));
    FILE_FD fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
}

static bool fetch(struct call *c, struct str address, const char *path, struct client_answer *ret)
{
    const struct header english = { STR_INIT("Accept-Language"), STR_INIT("en") };
    struct client_request rq = { .method = STR("GET"), .url = str_join(c->arena, STR("http://"), address, str_z(path), STR_END), .headers = &english, .nheaders = 1,
                                 .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS };
    bool answered = address.n && client_fetch(c, &rq, ret) == ST_OK;
    call_clear(c);
    return answered;
}

struct doctor_answer doctor_ask(struct call *c, struct node *n)
{
    const struct config *cfg = node_app(n)->config;
    struct str systems = config_text(cfg, "web.systems"), pages = config_text(cfg, "web.pages");
    struct doctor_answer a = { .tried = systems.n ? systems : pages };
    struct client_answer got;
    const struct json *j;
    a.serves = fetch(c, systems, "/monitor.json", &got);
    if (a.serves && got.status == 200 && json_parse(c, got.body, &j) == ST_OK) a.findings = json_get(j, "findings");
    call_clear(c);
    if (!a.serves) a.serves = fetch(c, pages, "/healthz", &got);
    return a;
}
