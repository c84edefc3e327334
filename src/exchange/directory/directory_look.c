/* directory_look.c: answers from a picture of a nation: members, servers, who hosts whom, groups. Everything stands sorted there, so each answer is a binary search. */
#include "exchange/directory/directory.h"

#include <stdlib.h>

#include "exchange/message/message.h"

enum { SHA1_BYTES = 20, SHA256_BYTES = 32 };

void directory__drop(struct directory **d)
{
    if (!*d || atomic_fetch_sub(&(*d)->refs, 1) != 1) return;
    arena_close((*d)->arena);
    heap_free(*d);
    *d = NULL;
}

static int member_order(const void *id, const void *row) { return xid__compare(id, &((const struct dir_member *)row)->id); }
static int server_order(const void *id, const void *row) { return xid__compare(id, &((const struct dir_server *)row)->id); }
static int hash_order(const void *hash, const void *row) { return str_cmp(*(const struct str *)hash, ((const struct dir_hash *)row)->hash); }
static int xid_order(const void *id, const void *row) { return xid__compare(id, row); }
static int group_order(const void *code, const void *row) { return str_cmp(*(const struct str *)code, ((const struct dir_group *)row)->code); }

static int number_order(const void *number, const void *row)
{
    uint32_t x = *(const uint32_t *)number, y = *(const uint32_t *)row;
    return x < y ? -1 : x > y;
}

static const void *find(const void *what, const void *rows, size_t n, size_t size, int (*order)(const void *what, const void *row))
{
    return n ? bsearch(what, rows, n, size, order) : NULL;
}

const struct dir_member *directory__find_member(const struct directory *d, const struct xid *id)
{
    struct xid client = *id;
    client.server = client.service = STR("");
    return str_eq(id->instance, d->instance) ? find(&client, d->members, d->nmembers, sizeof *d->members, member_order) : NULL;
}

const struct dir_server *directory__find_server(const struct directory *d, const struct xid *id)
{
    struct xid server = *id;
    server.subsystem = server.service = STR("");
    return str_eq(id->instance, d->instance) ? find(&server, d->servers, d->nservers, sizeof *d->servers, server_order) : NULL;
}

const struct dir_server *directory__server_of_cert(const struct directory *d, struct str cert_der)
{
    uint8_t digest[SHA256_BYTES];
    struct str hash = str_of(digest, sizeof digest);
    trust_sha256(cert_der, digest);
    const struct dir_hash *found = find(&hash, d->hashes, d->nhashes, sizeof *d->hashes, hash_order);
    if (!found && d->version == DIRECTORY_VERSION_LEAST) {
        trust_sha1(cert_der, digest);
        hash.n = SHA1_BYTES;
        found = find(&hash, d->hashes, d->nhashes, sizeof *d->hashes, hash_order);
    }
    return found ? &d->servers[found->server] : NULL;
}

bool directory__hosts(const struct directory *d, const struct dir_server *s, const struct xid *client)
{
    const struct dir_member *m = directory__find_member(d, client);
    if (!m) return false;
    uint32_t at = (uint32_t)(m - d->members);
    return find(&at, s->clients, s->nclients, sizeof *s->clients, number_order) != NULL;
}

const struct dir_host *directory__hosts_of(const struct directory *d, const struct xid *client, size_t *n)
{
    const struct dir_member *m = directory__find_member(d, client);
    size_t low = 0, high = d->nhosts;
    *n = 0;
    if (!m) return NULL;
    uint32_t at = (uint32_t)(m - d->members);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (d->hosts[mid].member < at) low = mid + 1;
        else high = mid;
    }
    while (low + *n < d->nhosts && d->hosts[low + *n].member == at) (*n)++;
    return *n ? &d->hosts[low] : NULL;
}

bool directory__in_group(const struct directory *d, struct str group, const struct xid *client)
{
    const struct dir_group *g = find(&group, d->groups, d->ngroups, sizeof *d->groups, group_order);
    struct xid id = *client;
    id.server = id.service = STR("");
    return g && find(&id, g->members, g->nmembers, sizeof *g->members, xid_order);
}

enum status exchange_servers_of(struct call *c, const struct xid *client, const struct str **ret, size_t *n)
{
    DIRECTORY d = NULL;
    TRY(directory__hold_of(c, client->instance, &d));
    const struct dir_host *hosts = directory__hosts_of(d, client, n);
    struct str *list = arena_array(c->arena, struct str, *n);
    for (size_t i = 0; i < *n; i++) list[i] = str_copy(c->arena, d->servers[hosts[i].server].key);
    *ret = list;
    return ST_OK;
}
