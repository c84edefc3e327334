/* message_place.c: where the rows of a class stand, for the index (message_index.c): of each second in which any came, their moments and numbers, all that one slice of the index
 * has of it in one row of the table. So a busy second costs a few rows, not one a message; and no second but the one in which a search ends is read for nothing. */
#include <stdlib.h>

#include "base/buf.h"
#include "exchange/log/message_log_int.h"

/* A place is eight bytes, big end first: the number of the row, and in the lowest bits the millisecond of its second. */
enum { SECOND_MS = 1000, MS_BITS = 10, PLACE_BYTES = 8, READ_AT_ONCE = 64 };

static const struct query INSERT = { "exchange", "INSERT INTO message_place (class, second, first_seq, places) VALUES ($1, $2, $3, $4)", LOG };
static const struct query LIST = { "exchange",
    "SELECT second, first_seq, places FROM message_place WHERE class = $1 AND second >= $2 AND second <= $3 AND (second < $3 OR first_seq < $4) "
    "ORDER BY second DESC, first_seq DESC LIMIT $5", LOG };
static const struct query LIST_SECOND = { "exchange", "SELECT first_seq, places FROM message_place WHERE class = $1 AND second = $2 AND first_seq <= $3 ORDER BY first_seq", LOG };
static const struct query UPDATE = { "exchange", "UPDATE message_place SET places = $4 WHERE class = $1 AND second = $2 AND first_seq = $3", LOG };
static const struct query DELETE = { "exchange", "DELETE FROM message_place WHERE class = $1 AND second = $2 AND first_seq = $3", LOG };

/* Moments before 1970 are nobody's. */
static int64_t second_of(int64_t at_ms) { return at_ms / SECOND_MS; }

static void put_place(struct buf *b, struct message_place p)
{
    uint64_t bits = (uint64_t)p.seq << MS_BITS | (uint64_t)(p.at_ms % SECOND_MS);
    for (int shift = 56; shift >= 0; shift -= 8) buf_put_c(b, (char)(bits >> shift));
}

/* take_place: false at the end. */
static bool take_place(struct str *places, int64_t second, struct message_place *ret)
{
    uint64_t bits = 0;
    if (places->n < PLACE_BYTES) return false;
    for (size_t i = 0; i < PLACE_BYTES; i++) bits = bits << 8 | (uint8_t)places->p[i];
    *places = str_skip(*places, PLACE_BYTES);
    *ret = (struct message_place){ second * SECOND_MS + (int64_t)(bits & ((1U << MS_BITS) - 1)), (int64_t)(bits >> MS_BITS) };
    return true;
}

/* ---- writing ---- */

static int compare(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int by_class_and_second(const void *pa, const void *pb)
{
    const struct message_spot *a = pa, *b = pb;
    int order = compare(a->class_, b->class_);
    if (!order) order = compare(second_of(a->at_ms), second_of(b->at_ms));
    return order ? order : compare(a->seq, b->seq);
}

/* run_of: how many of these, which are sorted, are of the class and the second of the first. */
static size_t run_of(const struct message_spot *list, size_t n)
{
    size_t k = 1;
    while (k < n && list[k].class_ == list->class_ && second_of(list[k].at_ms) == second_of(list->at_ms)) k++;
    return k;
}

enum status message__keep_places(struct call *c, struct message_spot *list, size_t n)
{
    if (n) qsort(list, n, sizeof *list, by_class_and_second);
    for (size_t i = 0, k; i < n; i += k) {
        k = run_of(list + i, n - i);
        struct buf b = buf_in(c->arena, k * PLACE_BYTES);
        for (size_t at = i; at < i + k; at++) put_place(&b, (struct message_place){ list[at].at_ms, list[at].seq });
        TRY(db_exec(c, &INSERT, db_int(list[i].class_), db_int(second_of(list[i].at_ms)), db_int(list[i].seq), db_bytes(buf_str(&b))));
    }
    return ST_OK;
}

/* ---- taking away ---- */

/* drop_from: what is left of one row of the table without the rows from first to last. */
static enum status drop_from(struct call *c, const struct message_spot *of, int64_t first_seq, struct str places, int64_t last)
{
    int64_t second = second_of(of->at_ms);
    struct buf left = buf_in(c->arena, places.n);
    struct message_place p;
    for (struct str rest = places; take_place(&rest, second, &p);)
        if (p.seq < of->seq || p.seq > last) put_place(&left, p);
    if (left.n == places.n) return ST_OK;
    return left.n ? db_exec(c, &UPDATE, db_int(of->class_), db_int(second), db_int(first_seq), db_bytes(buf_str(&left)))
                  : db_exec(c, &DELETE, db_int(of->class_), db_int(second), db_int(first_seq));
}

enum status message__drop_places(struct call *c, struct message_spot *list, size_t n)
{
    if (n) qsort(list, n, sizeof *list, by_class_and_second);
    for (size_t i = 0, k; i < n; i += k) {
        k = run_of(list + i, n - i);
        int64_t last = list[i + k - 1].seq;
        DB_ROWS rows = db_run(c, &LIST_SECOND, db_int(list[i].class_), db_int(second_of(list[i].at_ms)), db_int(last));
        while (db_next(&rows)) TRY(drop_from(c, &list[i], db_col_int(&rows, 0), db_col_bytes(&rows, 1), last));
        TRY(db_finish(&rows));
    }
    return ST_OK;
}

/* ---- reading ---- */

static int newest_first(const void *pa, const void *pb)
{
    const struct message_place *a = pa, *b = pb;
    int order = compare(b->at_ms, a->at_ms);
    return order ? order : compare(b->seq, a->seq);
}

static bool is_before(struct message_place p, struct message_place other) { return newest_first(&other, &p) < 0; }

/* The newest places that were met. Twice as many as are asked for have room; when it is full the older half goes. */
struct newest { struct message_place *list; size_t n, most; };

static void sort_newest(struct newest *w)
{
    if (w->n) qsort(w->list, w->n, sizeof *w->list, newest_first);
    if (w->n > w->most) w->n = w->most;
}

static void add_places(struct newest *w, int64_t second, struct str places, int64_t since_ms, struct message_place before)
{
    for (struct message_place p; take_place(&places, second, &p);) {
        if (p.at_ms < since_ms || !is_before(p, before)) continue;
        w->list[w->n++] = p;
        if (w->n == 2 * w->most) sort_newest(w);
    }
}

/* read_some: behind the row of the table at (*second, *first_seq), which moves on. *more: it is not the end: a second that was begun is read to its end. */
static enum status read_some(struct call *c, int64_t class_, int64_t since_ms, struct message_place before, int64_t *second, int64_t *first_seq, struct newest *w, bool *more)
{
    size_t n = 0;
    *more = true;
    DB_ROWS rows = db_run(c, &LIST, db_int(class_), db_int(second_of(since_ms)), db_int(*second), db_int(*first_seq), db_int(READ_AT_ONCE));
    for (; db_next(&rows); n++) {
        int64_t at = db_col_int(&rows, 0);
        *more = w->n < w->most || at == *second;
        if (!*more) break;
        *second = at;
        *first_seq = db_col_int(&rows, 1);
        add_places(w, at, db_col_bytes(&rows, 2), since_ms, before);
    }
    *more = *more && n == READ_AT_ONCE;
    return db_finish(&rows);
}

enum status message__list_places(struct call *c, int64_t class_, int64_t since_ms, struct message_place before, size_t limit, struct message_place *ret, size_t *n)
{
    struct newest w = { .list = ret, .most = limit };
    int64_t second = second_of(before.at_ms), first_seq = INT64_MAX;
    for (bool more = true; more;) TRY(read_some(c, class_, since_ms, before, &second, &first_seq, &w, &more));
    sort_newest(&w);
    *n = w.n;
    return ST_OK;
}
