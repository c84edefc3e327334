/* group.c: many transactions, one wait for the disk. The writer is held by one thread at a time; each transaction is a savepoint of one that stays
 * open while others wait for their turn. There are two ways in. A transaction of its own (enter .. keep) holds the writer while its thread works. A change
 * (append) only stands in a queue: whoever holds the writer runs it, so that a crowd of small changes costs no hand-over each. Whoever lets go of the
 * writer runs what stands in the queue and then decides:
 *   - transactions wait for their turn and the group is young: it hands the writer on and sleeps, a member of the group;
 *   - threads that are at work bring further changes in a moment: it waits for them, as long as some come and the group is young, and runs those too;
 *   - else it commits for all members, wakes them, and makes the first change that came meanwhile the next holder.
 * Changes that wait are run together under one savepoint. When one of them fails, all of them are undone and run again, each in a savepoint of its own: failures are rare,
 * and a savepoint costs a copy of every page that is touched.
 * No member is forgotten: the writer goes on only to a thread that will let go of it too, and the last of them finds nobody waiting.
 * When the commit fails, or the database threw the transaction away (disk full), every member is told so and its caches are undone. */
#include "store/store_int.h"

#include "base/crash.h"
#include "base/crowd.h"
#include "base/strand.h"
#include "base/time.h"

enum { GROUP_MAX_US = 5000, CROWD_US = 3000 };

void store__undo(const struct undo *list)
{
    for (const struct undo *u = list; u; u = u->next) u->run(u->arg);
}

void store__writer_init(struct writer *w)
{
    (void)pthread_mutex_init(&w->lock, NULL);
    w->last = &w->queue;
    w->last_turn = &w->turns;
}

void store__writer_done(struct writer *w)
{
    if (w->conn) w->conn->driver->close(w->conn);
    store__common_done(w);
    w->conn = NULL;
    (void)pthread_mutex_destroy(&w->lock);
}

static struct counts *counts(struct writer *w) { return &w->conn->store->counts; }

/* take_turn: who finds the writer held gets it from its holder, in order. */
static void take_turn(struct writer *w)
{
    struct writer_turn me = { .next = NULL };
    int64_t from = time_monotonic_us();
    (void)pthread_mutex_lock(&w->lock);
    bool waits = w->held;
    w->held = true;
    if (waits) {
        gate_init(&me.gate);
        *w->last_turn = &me;
        w->last_turn = &me.next;
    }
    (void)pthread_mutex_unlock(&w->lock);
    if (!waits) return;
    crowd_sleep();
    gate_wait(&me.gate);
    crowd_wake();
    gate_done(&me.gate);
    atomic_fetch_add(&counts(w)->waits_us, time_monotonic_us() - from);
}

/* next_turn: the transaction that is to have the writer now, off its queue. The lock is held. */
static struct writer_turn *next_turn(struct writer *w)
{
    struct writer_turn *t = w->turns;
    if (!t) return NULL;
    w->turns = t->next;
    if (!w->turns) w->last_turn = &w->turns;
    return t;
}

static bool may_wait_for_others(struct writer *w)
{
    if (time_monotonic_us() - w->began_us >= GROUP_MAX_US) return false;
    (void)pthread_mutex_lock(&w->lock);
    bool others = w->turns != NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return others;
}

struct committing { struct call *call; struct db_conn *conn; enum status result; };

static void run_commit(void *arg)
{
    struct committing *k = arg;
    k->result = k->conn->driver->step(k->call, k->conn, STEP_COMMIT);
}

enum status store__commit(struct call *c, struct db_conn *conn)
{
    struct committing k = { .call = c, .conn = conn };
    crowd_sleep();
    strand_outside(run_commit, &k);
    crowd_wake();
    return k.result;
}

static enum status commit_group(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (!d->has_tx(w->conn)) {
        call_note(c, "store", "the database has undone a whole group of transactions by itself");
        return ST_UNAVAILABLE;
    }
    TRY(store__common_flush(c, w));
    crash_point("store.before_commit");
    enum status st = store__commit(c, w->conn);
    crash_point("store.after_commit");
    return st;
}

static void roll_back(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (d->has_tx(w->conn) && d->step(c, w->conn, STEP_ROLLBACK) != ST_OK) call_note(c, "store", "a rollback failed");
}

/* settle: tells a member how it ended; its thread may be gone right afterwards. */
static void settle(struct member *m, enum status st)
{
    m->result = st;
    m->settled = true;
    gate_open(&m->wake);
}

/* end_group: by the holder. Commits for the members and tells them; a group without any is only rolled back. */
static void end_group(struct call *c, struct writer *w)
{
    enum status st = w->members ? commit_group(c, w) : ST_OK;
    if (st != ST_OK || !w->members) roll_back(c, w);
    w->open = false;
    store__common_forget(w);
    if (st != ST_OK)
        for (struct member *m = w->members; m; m = m->older) store__undo(m->undo);
    int64_t n = 0;
    for (struct member *m = w->members, *older; m; m = older, n++) {
        older = m->older;
        settle(m, st);
    }
    w->members = NULL;
    if (st == ST_OK && n) {
        if (w->conn->driver->tidy) w->conn->driver->tidy(w->conn);
        atomic_fetch_add(&counts(w)->commits, n);
        atomic_fetch_add(&counts(w)->groups, 1);
    }
}

static enum status open_savepoint(struct call *c, struct writer *w)
{
    const struct driver *d = w->conn->driver;
    if (!w->open) {
        TRY(d->step(c, w->conn, STEP_BEGIN));
        w->open = true;
        w->began_us = time_monotonic_us();
    }
    store__common_save(w);
    return d->step(c, w->conn, STEP_SAVE);
}

/* ---- changes that the holder runs for others ---- */

static struct member *take_queue(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    struct member *list = w->queue;
    w->queue = NULL;
    w->last = &w->queue;
    (void)pthread_mutex_unlock(&w->lock);
    return list;
}

/* put_back: changes of the queue that were not run after all, in front of those that came meanwhile. */
static void put_back(struct writer *w, struct member *list)
{
    struct member **end = &list;
    if (!list) return;
    while (*end) end = &(*end)->next;
    (void)pthread_mutex_lock(&w->lock);
    *end = w->queue;
    if (!w->queue) w->last = end;
    w->queue = list;
    (void)pthread_mutex_unlock(&w->lock);
}

/* undo_savepoint: the transaction of c alone; what the database lost already is gone with the whole group. */
static void undo_savepoint(struct call *c, struct writer *w, const struct undo *undo)
{
    const struct driver *d = w->conn->driver;
    if (d->has_tx(w->conn) && d->step(c, w->conn, STEP_UNDO) != ST_OK) roll_back(c, w);
    store__common_restore(w);
    store__undo(undo);
}

/* keep_savepoint: a lost transaction is told by commit_group. */
static enum status keep_savepoint(struct call *c, struct writer *w)
{
    return w->conn->driver->has_tx(w->conn) ? w->conn->driver->step(c, w->conn, STEP_RELEASE) : ST_OK;
}

static void join_group(struct writer *w, struct member *m)
{
    m->older = w->members;
    w->members = m;
}

static bool is_young(const struct writer *w) { return !w->open || time_monotonic_us() - w->began_us < GROUP_MAX_US; }
static bool is_lost(const struct writer *w) { return w->open && !w->conn->driver->has_tx(w->conn); }

/* run_change: with the call of the thread that sleeps meanwhile. */
static enum status run_change(struct writer *w, struct member *m)
{
    m->error = m->call->error;
    return store__change(m->call, w->conn->in, m->change, m->arg, &m->undo);
}

/* run_alone: a change in a savepoint of its own. */
static void run_alone(struct writer *w, struct member *m)
{
    enum status st = open_savepoint(m->call, w);
    if (st == ST_OK) {
        st = run_change(w, m);
        if (st == ST_OK) st = keep_savepoint(m->call, w);
        if (st != ST_OK) undo_savepoint(m->call, w, m->undo);
    }
    if (st != ST_OK) {
        m->refused = true;
        m->error = m->call->error;
        settle(m, st);
        return;
    }
    join_group(w, m);
}

/* undo_together: changes that ran under one savepoint, back to those that were members before. Their calls are as if they had not run. */
static void undo_together(struct call *c, struct writer *w, const struct member *before)
{
    undo_savepoint(c, w, NULL);
    for (struct member *m = w->members; m != before; m = m->older) {
        store__undo(m->undo);
        m->call->error = m->error;
        m->undo = NULL;
    }
}

/* run_together: as many of the list as may still join; *rest is where it stopped. False: one failed, and none of them has happened. Of a group that the database lost those
 * that ran are members, and will be told. */
static bool run_together(struct writer *w, struct member *list, struct member **rest)
{
    struct call *c = list->call;
    struct call_error own = c->error;
    struct member *before = w->members, *m = list;
    enum status st = open_savepoint(c, w);
    if (st != ST_OK) {
        c->error = own; /* each is told when it meets this alone */
        return false;
    }
    for (; st == ST_OK && m && !is_lost(w) && (m == list || is_young(w)); m = m->next) {
        st = run_change(w, m);
        join_group(w, m);
    }
    if (st == ST_OK) st = keep_savepoint(c, w);
    if (st == ST_OK || is_lost(w)) {
        *rest = m;
        return true;
    }
    undo_together(c, w, before);
    w->members = before;
    return false;
}

/* run_changes: what stands in the queue; false when nothing does. */
static bool run_changes(struct writer *w)
{
    struct member *list, *next;
    bool any = false;
    for (; is_young(w) && !is_lost(w) && (list = take_queue(w)); any = true) {
        if (list->next && run_together(w, list, &list)) {
            put_back(w, list);
            continue;
        }
        for (; list && is_young(w) && !is_lost(w); list = next) {
            next = list->next;
            run_alone(w, list); /* its thread may be gone */
        }
        put_back(w, list);
    }
    return any;
}

/* let_others_join: threads that are at work now may bring a change in a moment, and one commit for all costs less than two; as long as some do, and the group is young. A thread
 * that is busy with something else holds nobody up for longer than CROWD_US. */
static void let_others_join(struct writer *w)
{
    while (w->members && is_young(w) && !is_lost(w) && !may_wait_for_others(w)) {
        crowd_await(CROWD_US);
        if (!run_changes(w)) return;
    }
}

/* leave: the holder has ended its own savepoint: commit now or hand on. */
static void leave(struct call *c, struct writer *w)
{
    (void)run_changes(w);
    let_others_join(w);
    if (w->open && (!w->conn->driver->has_tx(w->conn) || !may_wait_for_others(w))) end_group(c, w);
    (void)pthread_mutex_lock(&w->lock);
    struct writer_turn *next = next_turn(w);
    struct member *heir = next ? NULL : w->queue;
    w->held = next || heir;
    (void)pthread_mutex_unlock(&w->lock);
    if (next) gate_open(&next->gate);
    else if (heir) gate_open(&heir->wake); /* still in the queue, so it still sleeps */
}

static enum status told(struct call *c, enum status st)
{
    if (st != ST_UNAVAILABLE) return st;
    return call_fail(c, st, "", "The database could not keep this change. Nothing was changed; try again in a few minutes.");
}

/* await: until the member is settled; woken before that, it holds the writer. */
static void await(struct call *c, struct writer *w, struct member *m)
{
    for (;;) {
        crowd_sleep();
        gate_wait(&m->wake);
        crowd_wake();
        if (m->settled) break;
        leave(c, w);
    }
    gate_done(&m->wake);
}

enum status store__group_append(struct call *c, struct writer *w, db_change *change, void *arg)
{
    struct member me = { .call = c, .change = change, .arg = arg };
    int64_t from = time_monotonic_us();
    gate_init(&me.wake);
    (void)pthread_mutex_lock(&w->lock);
    bool free = !w->held;
    w->held = true;
    *w->last = &me;
    w->last = &me.next;
    (void)pthread_mutex_unlock(&w->lock);
    if (free) leave(c, w);
    await(c, w, &me);
    atomic_fetch_add(&counts(w)->waits_us, time_monotonic_us() - from);
    if (!me.refused) return told(c, me.result);
    c->error = me.error; /* its own, not what befell the group afterwards */
    return me.result;
}

/* ---- transactions of their own ---- */

enum status store__group_enter(struct call *c, struct writer *w)
{
    take_turn(w);
    enum status st = open_savepoint(c, w);
    if (st != ST_OK) leave(c, w);
    return st;
}

void store__group_undo(struct call *c, struct writer *w, const struct undo *undo)
{
    undo_savepoint(c, w, undo);
    struct call_error own = c->error; /* what happens to the others now is not this call's failure */
    leave(c, w);
    c->error = own;
}

enum status store__group_keep(struct call *c, struct writer *w, const struct undo *undo)
{
    enum status st = keep_savepoint(c, w);
    if (st != ST_OK) {
        store__group_undo(c, w, undo);
        return st;
    }
    struct member me = { .undo = undo };
    gate_init(&me.wake);
    join_group(w, &me);
    leave(c, w);
    await(c, w, &me);
    return told(c, me.result);
}
