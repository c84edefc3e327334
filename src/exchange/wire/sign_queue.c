/* sign_queue.c: messages that come while others are being signed and logged are signed together (x-road 3.8): a batch is whatever arrived during the last
 * turn, and a turn ends when its leader's message is in the log, where the next ones would have had to wait anyway; and whoever leads lets those that are at work bring
 * theirs, as long as some do, at most 8 ms (CROWDS_MOST). There is no timer that a lone message waits for: it is signed alone and at once. Whose turn it is, a strand or a
 * thread, signs for all that wait with the same certificate and status answer; the others sleep at their gates, which is why it may write into their arenas. */
#include "exchange/wire/wire.h"

#include "base/crowd.h"
#include "base/gate.h"
#include "base/strand.h"
#include "exchange/state/state.h"

enum { BATCH_MOST = 256, CROWD_US = 2000, CROWDS_MOST = 4, ENOUGH = 16, PARTS = 4 };

enum turn { WAITS, LEADS /* signs now, for itself and others */, SIGNED, LEFT /* the batch failed: each signs for itself and hears its own reason */ };

struct waiting {
    struct call *c;
    const struct key *key;
    struct str cert, ocsp;
    struct signed_message message;
    struct signature_doc *ret;
    enum turn turn;
    struct gate woken;      /* opened once, when turn says what is next */
    struct waiting *next;
};

struct sign_queue {
    pthread_mutex_t lock;
    struct waiting *first, **last;
    size_t n, most;     /* waiting; under one signature */
    bool busy;          /* somebody leads */
    struct strand *patient; /* who leads and waits for others to join */
    size_t enough;          /* of them */
};

struct sign_queue *sign__queue_new(size_t most)
{
    struct sign_queue *q = heap_new(struct sign_queue);
    (void)pthread_mutex_init(&q->lock, NULL);
    q->last = &q->first;
    q->most = most < 1 ? 1 : most < BATCH_MOST ? most : BATCH_MOST;
    return q;
}

void sign__queue_free(struct sign_queue *q)
{
    if (!q) return;
    (void)pthread_mutex_destroy(&q->lock);
    heap_free(q);
}

static void append(struct sign_queue *q, struct waiting *w)
{
    w->next = NULL;
    *q->last = w;
    q->last = &w->next;
    q->n++;
}

static bool fits(const struct waiting *a, const struct waiting *b) { return a->key == b->key && str_eq(a->cert, b->cert) && str_eq(a->ocsp, b->ocsp); }

/* take_batch: off the queue go the leader and those that fit to it, oldest first. The lock is held. */
static size_t take_batch(struct sign_queue *q, const struct waiting *leader, struct waiting **batch)
{
    size_t n = 0, free_places = q->enough - 1; /* one is the leader's, wherever it stands */
    struct waiting **at = &q->first;
    while (*at) {
        struct waiting *w = *at;
        if (w != leader && (n >= free_places || !fits(w, leader))) {
            at = &w->next;
            continue;
        }
        if (w == leader) free_places++;
        batch[n++] = w;
        *at = w->next;
    }
    q->last = at;
    q->n -= n;
    return n;
}

static void copy_doc(struct waiting *w, const struct signature_doc *doc)
{
    struct arena *a = w->c->arena;
    *w->ret = (struct signature_doc){ str_copy(a, doc->xml), str_copy(a, doc->chain_result), str_copy(a, doc->chain) };
}

/* sign_batch: in the leader's call; the others get copies. */
static enum status sign_batch(const struct waiting *leader, struct waiting *const *batch, size_t n)
{
    struct call *c = leader->c;
    if (n == 1) return signature_make(c, leader->key, leader->cert, leader->ocsp, leader->message.parts, leader->message.nparts, leader->ret);
    struct signed_message *messages = arena_array(c->arena, struct signed_message, n);
    struct signature_doc *docs = arena_array(c->arena, struct signature_doc, n);
    for (size_t i = 0; i < n; i++) messages[i] = batch[i]->message;
    TRY(signature_make_batch(c, leader->key, leader->cert, leader->ocsp, messages, n, docs));
    for (size_t i = 0; i < n; i++) copy_doc(batch[i], &docs[i]);
    return ST_OK;
}

/* wake: w may be gone as soon as it is awake. Without the lock, for which it would have to wait again. */
static void wake(struct waiting *w, enum turn turn)
{
    w->turn = turn;
    gate_open(&w->woken);
}

/* The one that has waited longest leads next; it stays in the queue until it does, and so lives. */
void sign__end_turn(struct sign_turn *t)
{
    struct sign_queue *q = t->queue;
    if (!q) return;
    (void)pthread_mutex_lock(&q->lock);
    struct waiting *next = q->first;
    q->busy = next != NULL;
    (void)pthread_mutex_unlock(&q->lock);
    if (next) wake(next, LEADS);
    t->queue = NULL;
}

/* expect: true while there may be more to come than the `before` of the last look; then who makes it enough ends the wait. */
static bool expect(struct sign_queue *q, size_t *before)
{
    size_t share = strand_crowd() / PARTS;
    (void)pthread_mutex_lock(&q->lock);
    q->enough = share < ENOUGH ? ENOUGH : share;
    if (q->enough > q->most) q->enough = q->most;
    bool more = q->n > *before && q->n < q->enough;
    *before = q->n;
    q->patient = more ? strand_mine() : NULL;
    (void)pthread_mutex_unlock(&q->lock);
    return more;
}

/* let_others_join: nobody is at work when a message comes alone; and who is busy with something else is not waited for much. A batch of all would leave this node without
 * work while the other one has it, and the other way round: a quarter of what is on its way is enough, where that is not few. */
static void let_others_join(struct sign_queue *q)
{
    size_t before = 0;
    for (size_t i = 0; i < CROWDS_MOST && expect(q, &before); i++) crowd_await(CROWD_US);
    (void)pthread_mutex_lock(&q->lock);
    q->patient = NULL;
    (void)pthread_mutex_unlock(&q->lock);
}

static enum status lead(struct sign_queue *q, struct waiting *me)
{
    struct waiting *batch[BATCH_MOST];
    let_others_join(q);
    (void)pthread_mutex_lock(&q->lock);
    size_t n = take_batch(q, me, batch);
    (void)pthread_mutex_unlock(&q->lock);
    enum status st = sign_batch(me, batch, n);
    for (size_t i = 0; i < n; i++)
        if (batch[i] != me) wake(batch[i], st == ST_OK ? SIGNED : LEFT);
    return st;
}

/* enqueue: true for who finds the queue at rest and leads at once. */
static bool enqueue(struct sign_queue *q, struct waiting *w)
{
    (void)pthread_mutex_lock(&q->lock);
    bool leads = !q->busy;
    q->busy = true;
    append(q, w);
    if (q->patient && q->n >= q->enough) {
        strand_hurry(q->patient);
        q->patient = NULL;
    }
    (void)pthread_mutex_unlock(&q->lock);
    return leads;
}

static void sleep_until_woken(struct waiting *w)
{
    crowd_sleep();
    gate_wait(&w->woken);
    crowd_wake();
}

enum status sign__message(struct call *c, struct sign_turn *turn, const struct key *key, struct str cert, struct str ocsp, const struct signed_part *parts, size_t nparts,
                          struct signature_doc *ret)
{
    struct sign_queue *q = exchange__of(c)->signing;
    struct waiting me = { .c = c, .key = key, .cert = cert, .ocsp = ocsp, .message = { parts, nparts }, .ret = ret };
    enum status st = ST_OK;
    if (q->most == 1) return signature_make(c, key, cert, ocsp, parts, nparts, ret); /* nothing to wait for: a turn would only keep the others from the log */
    gate_init(&me.woken);
    if (enqueue(q, &me)) me.turn = LEADS;
    else sleep_until_woken(&me);
    if (me.turn == LEADS) {
        turn->queue = q;
        st = lead(q, &me);
    }
    gate_done(&me.woken);
    return me.turn == LEFT ? signature_make(c, key, cert, ocsp, parts, nparts, ret) : st;
}
