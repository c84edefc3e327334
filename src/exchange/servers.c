/* servers.c: which of a provider's servers is asked (x-road 3.1): those of the directory that host it and are not under maintenance; among several the one that was
 * reached last, for an hour, else who takes a TCP connection first. Nothing of a message is sent here. */
#include "exchange/exchange_int.h"

#include "base/random.h"
#include "base/time.h"
#include "web/client.h"

enum { REMEMBERED = 256, REMEMBER_MS = 3600 * 1000, FRESH_US = 300 * 1000 };

/* Rows are found by the provider's hash; two providers that share one only forget each other. */
struct remembered { uint64_t provider, server; int64_t until_ms; };
struct heard { uint64_t server; int64_t at_us; };
struct server_memory { pthread_mutex_t lock; struct remembered rows[REMEMBERED]; struct heard heard[REMEMBERED] /* by the server's hash */; };

struct server_memory *servers__memory_new(void)
{
    struct server_memory *m = heap_new(struct server_memory);
    (void)pthread_mutex_init(&m->lock, NULL);
    return m;
}

void servers__memory_free(struct server_memory *m)
{
    if (!m) return;
    (void)pthread_mutex_destroy(&m->lock);
    heap_free(m);
}

struct str servers__url(struct arena *a, const struct dir_server *s) { return str_print(a, "https://%.*s:%d/", STR_ARG(s->address), PEER_PORT); }

static enum status no_server(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "X-Road-Security-Server", "The server named in X-Road-Security-Server does not offer this service. Leave the header out, or name one that does."),
                      STR("invalid_security_server"));
}

enum status servers__find(struct call *c, const struct directory *d, const struct xid *provider, struct str named, const struct dir_server **list, size_t *n)
{
    struct xid forced;
    uint32_t from;
    struct str notice = { 0 };
    random_bytes(&from, sizeof from);
    *n = 0;
    if (named.n && !xid__parse_server(c->arena, named, &forced)) return no_server(c);
    for (size_t i = 0; i < d->nservers && *n < SERVERS_MAX; i++) {
        const struct dir_server *s = &d->servers[(i + from) % d->nservers];
        if (!directory__hosts(d, s, provider) || (named.n && !xid__same_server(&s->id, &forced))) continue;
        if (s->maintenance) {
            notice = s->notice.n ? s->notice : STR("maintenance");
            continue;
        }
        list[(*n)++] = s;
        if (xid__same_server(&s->id, &exchange__of(c)->self)) list[*n - 1] = list[0], list[0] = s;
    }
    if (*n) return ST_OK;
    if (notice.n) return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The other agency's node is under maintenance: %s", notice), STR("maintenance_mode"));
    if (named.n) return no_server(c);
    return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "No server offers this subsystem now. Ask the agency to register it at the operator."), STR("unknown_member"));
}

static struct remembered *row_of(struct server_memory *m, uint64_t provider) { return &m->rows[provider % REMEMBERED]; }

static void put_first(const struct dir_server **list, size_t i)
{
    const struct dir_server *s = list[i];
    list[i] = list[0];
    list[0] = s;
}

bool servers__recall(struct call *c, const struct xid *provider, const struct dir_server **list, size_t n)
{
    struct server_memory *m = exchange__of(c)->reached;
    uint64_t key = str_hash(xid_format(c->arena, provider));
    (void)pthread_mutex_lock(&m->lock);
    struct remembered r = *row_of(m, key);
    (void)pthread_mutex_unlock(&m->lock);
    if (r.provider != key || c->now_ms >= r.until_ms) return false;
    for (size_t i = 0; i < n; i++) {
        if (str_hash(list[i]->key) != r.server) continue;
        put_first(list, i);
        return true;
    }
    return false;
}

void servers__remember(struct call *c, const struct xid *provider, const struct dir_server *s)
{
    struct server_memory *m = exchange__of(c)->reached;
    uint64_t key = str_hash(xid_format(c->arena, provider)), server = str_hash(s->key);
    (void)pthread_mutex_lock(&m->lock);
    struct remembered *r = row_of(m, key);
    bool known = r->provider == key && r->server == server && c->now_ms < r->until_ms; /* the hour counts from the race that it won */
    if (!known) *r = (struct remembered){ key, server, c->now_ms + REMEMBER_MS };
    m->heard[server % REMEMBERED] = (struct heard){ server, time_monotonic_us() };
    (void)pthread_mutex_unlock(&m->lock);
}

void servers__forget(struct call *c, const struct xid *provider, const struct dir_server *s)
{
    struct server_memory *m = exchange__of(c)->reached;
    uint64_t key = str_hash(xid_format(c->arena, provider)), server = str_hash(s->key);
    (void)pthread_mutex_lock(&m->lock);
    struct remembered *r = row_of(m, key);
    if (r->provider == key && r->server == server) *r = (struct remembered){ 0 }; /* another one may have been reached meanwhile */
    if (m->heard[server % REMEMBERED].server == server) m->heard[server % REMEMBERED].at_us = 0;
    (void)pthread_mutex_unlock(&m->lock);
}

bool servers__is_fresh(struct call *c, const struct dir_server *s)
{
    struct server_memory *m = exchange__of(c)->reached;
    uint64_t server = str_hash(s->key);
    (void)pthread_mutex_lock(&m->lock);
    struct heard h = m->heard[server % REMEMBERED];
    (void)pthread_mutex_unlock(&m->lock);
    return h.server == server && h.at_us && time_monotonic_us() - h.at_us < FRESH_US;
}

bool servers__race(struct call *c, const struct dir_server **list, size_t n, int port, int64_t ms)
{
    struct str hosts[SERVERS_MAX];
    size_t first;
    for (size_t i = 0; i < n; i++) hosts[i] = list[i]->address;
    if (!client_race(c, hosts, n, port, ms, &first)) return false;
    put_first(list, first);
    return true;
}
