/* try_backend.c: does anybody take a connection where exchange.services says that the systems behind this node are? For who looks for the step that fails. */
#include "exchange/figures.h"

#include "base/url.h"
#include "exchange/exchange_int.h"
#include "web/client.h"

enum { CONNECT_MS = 3000 };

/* try_place: services often share a system: a place that was tried is not tried again. */
static void try_place(struct call *c, const struct url *u, const struct exchange_backend *before, size_t n, struct exchange_backend *b)
{
    size_t first;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(before[i].place, b->place)) continue;
        b->failed = before[i].failed;
        b->error = before[i].error;
        return;
    }
    if (client_race(c, &u->host, 1, u->port, CONNECT_MS, &first)) return;
    b->failed = call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached: nobody answers there. Try again in a few minutes.", b->place);
    b->error = call_sentence(c, b->failed);
    call_clear(c);
}

void exchange_try_backends(struct call *c, const struct exchange_backend **ret, size_t *n)
{
    const struct services *s = &exchange__of(c)->services;
    struct exchange_backend *list = arena_array(c->arena, struct exchange_backend, s->n);
    size_t found = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct service_row *row = &s->rows[i];
        struct url u;
        bool placed = url_parse(row->url, &u);
        if (!placed && !row->notice.n) continue;
        struct exchange_backend *b = &list[found];
        *b = (struct exchange_backend){ .service = str_join(c->arena, row->subsystem, STR("/"), row->code, STR_END), .notice = row->notice,
                                        .place = placed ? str_print(c->arena, "%.*s:%d", STR_ARG(u.host), u.port) : STR("") };
        if (placed) try_place(c, &u, list, found, b);
        found++;
    }
    *ret = list;
    *n = found;
}
