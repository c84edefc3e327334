/* common.c: what the transactions of one group have in common. A row that each of them changes (a counter, the edge of a tree) is read by the first, kept in memory, and
 * written once before the commit. It lives no longer than the group, inside which nobody else can write: so it is never stale, also beside another process. */
#include "store/store_int.h"

void *store__common(struct writer *w, const struct db_common_kind *kind, bool *ret_fresh)
{
    struct common *x = w->commons;
    while (x && x->kind != kind) x = x->next;
    if (!x) {
        x = heap_new(struct common);
        *x = (struct common){ .next = w->commons, .kind = kind, .bytes = heap_alloc(kind->n, 1), .saved = heap_alloc(kind->n, 1) };
        w->commons = x;
    }
    *ret_fresh = !x->used;
    if (!x->used) memset(x->bytes, 0, kind->n);
    x->used = true;
    return x->bytes;
}

void store__common_save(struct writer *w)
{
    for (struct common *x = w->commons; x; x = x->next) {
        x->was_used = x->used;
        if (x->used) memcpy(x->saved, x->bytes, x->kind->n);
    }
}

void store__common_restore(struct writer *w)
{
    for (struct common *x = w->commons; x; x = x->next) {
        x->used = x->was_used;
        if (x->used) memcpy(x->bytes, x->saved, x->kind->n);
    }
}

enum status store__common_flush(struct call *c, struct writer *w)
{
    const struct undo *nothing; /* there is no memory behind it that a rollback would leave wrong */
    for (struct common *x = w->commons; x; x = x->next)
        if (x->used && x->kind->flush) TRY(store__change(c, w->conn->in, x->kind->flush, x->bytes, &nothing));
    return ST_OK;
}

void store__common_forget(struct writer *w)
{
    for (struct common *x = w->commons; x; x = x->next) x->used = x->was_used = false;
}

void store__common_done(struct writer *w)
{
    while (w->commons) {
        struct common *x = w->commons;
        w->commons = x->next;
        heap_free(x->bytes);
        heap_free(x->saved);
        heap_free(x);
    }
}
