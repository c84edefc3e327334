/* group.c: many transactions, one wait for the disk. The writer is held by one transaction at a time; each is a savepoint of a transaction
 * that stays open while others wait for their turn. Whoever ends a transaction decides:
 *   - others wait and the group is young: it hands the writer on and sleeps, a member of the group;
 *   - nobody waits, or the group is GROUP_MAX_US old: it commits for all members and wakes them.
 * No member is forgotten: the writer goes on only to a thread that will end a transaction too, and the last of them finds nobody waiting.
 * When the commit fails, or the database threw the transaction away (disk full), every member is told so and its caches are undone. */
#include "store/store_int.h"

#include "base/crash.h"
#include "base/time.h"

enum { GROUP_MAX_US = 5000 };

void store__undo(const struct undo *list)
{
    for (const struct undo *u = list; u; u = u->next) u->run(u->arg);
}

void store__writer_init(struct writer *w)
{
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->turn, NULL);
    (void)pthread_cond_init(&w->settled, NULL);
}

void store__writer_done(struct writer *w)
{
    if (w->conn) w->conn->driver->close(w->conn);
    w->conn = NULL;
    (void)pthread_cond_destroy(&w->settled);
    (void)pthread_cond_destroy(&w->turn);
    (void)pthread_mutex_destroy(&w->lock);
}

static struct counts *counts(struct writer *w) { return &w->conn->store->counts; }

static void take_turn(struct writer *w)
{
    int64_t from = time_monotonic_us();
    (void)pthread_mutex_lock(&w->lock);
    w->waiting++;
    while (w->held) (void)pthread_cond_wait(&w->turn, &w->lock);
    w->waiting--;
    w->held = true;
    (void)pthread_mutex_unlock(&w->lock);
    atomic_fetch_add(&counts(w)->waits_us, time_monotonic_us() - from);
}

static bool may_wait_for_others(struct writer *w)
{
    if (time_monotonic_us() - w->began_us >= GROUP_MAX_US) return false;
    (void)pthread_mutex_lock(&w->lock);
    bool others = w->waiting > 0;
    (void)pthread_mutex_unlock(&w->lock);
    return others;
}

static enum status commit_group(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (!d->has_tx(w->conn)) {
        call_note(c, "store", "the database has undone a whole group of transactions by itself");
        return ST_UNAVAILABLE;
    }
    crash_point("store.before_commit");
    enum status st = d->step(c, w->conn, STEP_COMMIT);
    crash_point("store.after_commit");
    return st;
}

static void roll_back(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (d->has_tx(w->conn) && d->step(c, w->conn, STEP_ROLLBACK) != ST_OK) call_note(c, "store", "a rollback failed");
}

/* end_group: by the holder. Commits for the members and tells them; a group without any is only rolled back. */
static void end_group(struct call *c, struct writer *w)
{
    enum status st = w->members ? commit_group(c, w) : ST_OK;
    if (st != ST_OK || !w->members) roll_back(c, w);
    w->open = false;
    if (st != ST_OK)
        for (struct member *m = w->members; m; m = m->next) store__undo(m->undo);
    int64_t n = 0;
    (void)pthread_mutex_lock(&w->lock);
    for (struct member *m = w->members, *next; m; m = next) {
        next = m->next; /* a member that is settled may be gone */
        m->result = st;
        m->settled = true;
        n++;
    }
    w->members = NULL;
    (void)pthread_cond_broadcast(&w->settled);
    (void)pthread_mutex_unlock(&w->lock);
    if (st == ST_OK && n) {
        atomic_fetch_add(&counts(w)->commits, n);
        atomic_fetch_add(&counts(w)->groups, 1);
    }
}

/* leave: the holder has ended its savepoint: commit now or hand on. */
static void leave(struct call *c, struct writer *w)
{
    if (w->open && (!w->conn->driver->has_tx(w->conn) || !may_wait_for_others(w))) end_group(c, w);
    (void)pthread_mutex_lock(&w->lock);
    w->held = false;
    (void)pthread_cond_signal(&w->turn);
    (void)pthread_mutex_unlock(&w->lock);
}

static enum status open_savepoint(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (!w->open) {
        TRY(d->step(c, w->conn, STEP_BEGIN));
        w->open = true;
        w->began_us = time_monotonic_us();
    }
    return d->step(c, w->conn, STEP_SAVE);
}

enum status store__group_enter(struct call *c, struct writer *w)
{
    take_turn(w);
    enum status st = open_savepoint(c, w);
    if (st != ST_OK) leave(c, w);
    return st;
}

void store__group_undo(struct call *c, struct writer *w, const struct undo *undo)
{
    const struct driver *d = w->conn->driver;
    if (d->has_tx(w->conn) && d->step(c, w->conn, STEP_UNDO) != ST_OK) roll_back(c, w);
    store__undo(undo);
    struct call_error own = c->error; /* what happens to the others now is not this call's failure */
    leave(c, w);
    c->error = own;
}

enum status store__group_keep(struct call *c, struct writer *w, const struct undo *undo)
{
    const struct driver *d = w->conn->driver;
    enum status st = d->has_tx(w->conn) ? d->step(c, w->conn, STEP_RELEASE) : ST_OK; /* a lost transaction is told by commit_group */
    if (st != ST_OK) {
        store__group_undo(c, w, undo);
        return st;
    }
    struct member me = { .next = w->members, .undo = undo };
    w->members = &me;
    leave(c, w);
    (void)pthread_mutex_lock(&w->lock);
    while (!me.settled) (void)pthread_cond_wait(&w->settled, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    if (me.result == ST_UNAVAILABLE)
        return call_fail(c, ST_UNAVAILABLE, "", "The database could not keep this change. Nothing was changed; try again in a few minutes.");
    return me.result;
}
