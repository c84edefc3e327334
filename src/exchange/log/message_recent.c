/* message_recent.c: the newest rows of the log in memory, as much of each as the index wants: it need not read again what was written a moment ago. A row stands here from the moment
 * it is inserted; whether it was committed the database says, by its newest number. That number may be another node's row, where the commit of ours failed and nobody here knows yet:
 * who recalls rows asks, with the writer held, whether any were undone since. What is not here (another process wrote it, it is too long, too old, of before the connection
 * was made again) is read from the database. */
#include "exchange/log/message_log_int.h"

enum { SLOTS = 4096, TEXTS = 6, TEXT_MOST = 256 };

/* A slot: the row seq stands at seq modulo SLOTS; 0: none. text: client, service, fault, message id, fault id and request id, one behind the other. */
struct slot { int64_t seq, at_ms, took_us; uint8_t side, kind, stored_bytes, lengths[TEXTS]; char stored[MESSAGE_REFERENCE_BYTES], text[TEXT_MOST]; };

struct message_recent { pthread_mutex_t lock; int64_t revived, undone; struct slot slots[SLOTS]; };

struct message_recent *message__recent_new(void)
{
    struct message_recent *m = heap_new(struct message_recent);
    (void)pthread_mutex_init(&m->lock, NULL);
    return m;
}

void message__recent_free(struct message_recent *m)
{
    if (!m) return;
    (void)pthread_mutex_destroy(&m->lock);
    heap_free(m);
}

static struct slot *slot_of(struct message_recent *m, int64_t seq) { return &m->slots[(uint64_t)seq % SLOTS]; }

/* put_texts: false: they are too long. */
static bool put_texts(struct slot *s, const struct message_fact *f)
{
    const struct str texts[TEXTS] = { f->client, f->service, f->fault, f->message_id, f->fault_id, f->request_id };
    struct buf b = buf_over(s->text, sizeof s->text);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].n > UINT8_MAX) return false;
        s->lengths[i] = (uint8_t)texts[i].n;
        buf_put(&b, texts[i]);
    }
    return !b.failed;
}

struct forgotten { struct message_recent *m; int64_t seq; };

static void forget(void *arg)
{
    const struct forgotten *x = arg;
    (void)pthread_mutex_lock(&x->m->lock);
    struct slot *s = slot_of(x->m, x->seq);
    if (s->seq == x->seq) s->seq = 0;
    x->m->undone++;
    (void)pthread_mutex_unlock(&x->m->lock);
}

/* is_current: by who holds the lock. A server of the database that took over may lack rows that were committed. */
static bool is_current(const struct call *c, const struct message_recent *m) { return m->revived == db_revived(c); }

void message__remember(struct db_tx *tx, struct message_recent *m, const struct message_fact *f)
{
    if (!m) return;
    struct slot *s = slot_of(m, f->seq);
    (void)pthread_mutex_lock(&m->lock);
    if (!is_current(tx->call, m)) memset(m->slots, 0, sizeof m->slots);
    m->revived = db_revived(tx->call);
    bool fits = f->signature.n <= sizeof s->stored && put_texts(s, f);
    s->seq = fits ? f->seq : 0;
    s->at_ms = f->at_ms;
    s->took_us = f->took_us;
    s->side = (uint8_t)f->side;
    s->kind = (uint8_t)f->kind;
    s->stored_bytes = fits ? (uint8_t)f->signature.n : 0;
    if (s->stored_bytes) memcpy(s->stored, f->signature.p, s->stored_bytes);
    (void)pthread_mutex_unlock(&m->lock);
    struct forgotten *x = arena_new(tx->call->arena, struct forgotten);
    *x = (struct forgotten){ m, f->seq };
    db_on_rollback(tx, forget, x);
}

static struct message_fact read_slot(struct arena *a, const struct slot *s)
{
    size_t n = 0;
    for (size_t i = 0; i < TEXTS; i++) n += s->lengths[i];
    struct str text = str_copy(a, str_of(s->text, n)), part[TEXTS];
    for (size_t i = 0; i < TEXTS; i++) {
        part[i] = str_first(text, s->lengths[i]);
        text = str_skip(text, s->lengths[i]);
    }
    return (struct message_fact){ s->seq, s->at_ms, s->took_us, s->side, s->kind, part[0], part[1], part[2], part[3], part[4], part[5],
                                  str_copy(a, str_of(s->stored, s->stored_bytes)) };
}

int64_t message__undone(struct call *c, struct message_recent *m)
{
    if (!m) return 0;
    (void)pthread_mutex_lock(&m->lock);
    int64_t ret = m->undone + db_revived(c);
    (void)pthread_mutex_unlock(&m->lock);
    return ret;
}

bool message__recall(struct call *c, struct message_recent *m, int64_t seq, struct message_fact *ret)
{
    if (!m) return false;
    const struct slot *s = slot_of(m, seq);
    (void)pthread_mutex_lock(&m->lock);
    bool found = s->seq == seq && is_current(c, m);
    if (found) *ret = read_slot(c->arena, s);
    (void)pthread_mutex_unlock(&m->lock);
    return found;
}
