/* directory_source.c: where a directory is fetched (x-road 4.2): the sources of the anchor and the addresses that the directory itself names, so that one that is dead or lies
 * does no harm. */
#include "exchange/directory/directory_int.h"

#include "base/random.h"
#include "base/url.h"

enum { NOTE_MS = 30 * 1000, NOTE_MOST_MS = 10 * 60 * 1000, WAIT_MS = 2000, WAIT_MOST_MS = 16000 };

/* doubled: base, twice that, four times ... but no more than most. */
static int64_t doubled(int64_t base, int64_t most, int fails)
{
    int64_t ms = base;
    for (int i = 1; i < fails && ms < most; i++) ms *= 2;
    return ms < most ? ms : most;
}

int64_t directory__wait_ms(int fails) { return doubled(WAIT_MS, WAIT_MOST_MS, fails); }

/* ---- what failed lately ---- */

static const struct source_note *find_note(const struct source_notes *notes, struct str url)
{
    uint64_t hash = str_hash(url);
    for (size_t i = 0; i < SOURCE_NOTES_MAX; i++)
        if (notes->list[i].fails && notes->list[i].url == hash) return &notes->list[i];
    return NULL;
}

void directory__note_source(struct source_notes *notes, struct str url, bool good, int64_t now_ms)
{
    struct source_note *n = (struct source_note *)(uintptr_t)find_note(notes, url);
    if (good) {
        if (n) n->fails = 0;
        return;
    }
    for (size_t i = 0; i < SOURCE_NOTES_MAX && !n; i++)
        if (!notes->list[i].fails || notes->list[i].until_ms <= now_ms) n = &notes->list[i], *n = (struct source_note){ .url = str_hash(url) };
    if (!n) return; /* so many fail that it does not matter which is tried first */
    n->fails += n->fails < 16;
    n->until_ms = now_ms + doubled(NOTE_MS, NOTE_MOST_MS, n->fails);
}

static bool failed_lately(const struct source_notes *notes, struct str url, int64_t now_ms)
{
    const struct source_note *n = notes ? find_note(notes, url) : NULL;
    return n && n->until_ms > now_ms;
}

/* ---- all of them ---- */

static void add(struct str list[static SOURCES_MAX], size_t *n, struct str url)
{
    struct url at;
    if (*n == SOURCES_MAX || !url_parse(url, &at)) return;
    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i], url)) return;
    list[(*n)++] = url;
}

/* is_named: the anchor says itself how this address is reached. */
static bool is_named(struct call *c, const struct anchor *a, struct str address)
{
    struct url at, named;
    if (!url_parse(str_join(c->arena, STR("http://"), address, STR("/"), STR_END), &at)) return true;
    for (size_t i = 0; i < a->nsources; i++) {
        if (!url_parse(a->sources[i].url, &named) || !str_eq_nocase(named.host, at.host)) continue;
        bool usual = !memchr(address.p, ':', address.n); /* an address without a port stands for the usual one of either scheme */
        if (named.port == at.port || usual) return true;
    }
    return false;
}

static void shuffle(struct str *list, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t at;
        random_bytes(&at, sizeof at);
        at = (uint32_t)(at % i);
        struct str other = list[i - 1];
        list[i - 1] = list[at];
        list[at] = other;
    }
}

/* bring_forward: those that answer yes stand first; the order of the others among themselves stays. */
static void bring_forward(struct str *list, size_t n, const bool *first)
{
    struct str back[SOURCES_MAX];
    size_t front = 0, behind = 0;
    for (size_t i = 0; i < n; i++) {
        if (first[i]) list[front++] = list[i];
        else back[behind++] = list[i];
    }
    for (size_t i = 0; i < behind; i++) list[front + i] = back[i];
}

size_t directory__sources(struct call *c, const struct nation_way *way, const struct source_notes *notes, struct str ret[static SOURCES_MAX])
{
    bool first[SOURCES_MAX] = { 0 };
    size_t n = 0;
    const char *path = way->own ? "/internalconf" : "/externalconf";
    for (size_t i = 0; i < way->anchor->nsources; i++) add(ret, &n, way->anchor->sources[i].url);
    for (size_t i = 0; way->before && i < way->before->nsources; i++) {
        struct str address = way->before->sources[i].address;
        if (is_named(c, way->anchor, address)) continue;
        add(ret, &n, str_join(c->arena, STR("https://"), address, str_z(path), STR_END));
        add(ret, &n, str_join(c->arena, STR("http://"), address, str_z(path), STR_END));
    }
    shuffle(ret, n);
    for (size_t i = 0; i < n; i++) first[i] = str_starts(ret[i], STR("https:"));
    bring_forward(ret, n, first);
    for (size_t i = 0; i < n; i++) first[i] = !failed_lately(notes, ret[i], c->now_ms);
    bring_forward(ret, n, first);
    return n;
}
