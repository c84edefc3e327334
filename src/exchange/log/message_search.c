/* message_search.c: messages by time, party, service, side, fault and id, newest first, page by page. A filter chooses classes (message_index.c); of those, the ones with the
 * newest rows are read first, and reading stops where no class can hold anything newer than what was found. */
#include <stdlib.h>

#include "base/time.h"
#include "exchange/log/message_log_int.h"
#include "exchange/message/message.h"

enum { CATCH_UP_ROWS = 10000, NAMED_MOST = 64, SIDES = 8 };

#define COLUMNS \
    "SELECT seq, at_ms, side, is_answer, request_id, message_id, client, service, status, fault, fault_id, took_us, body_bytes, " \
    "CASE WHEN signature IS NULL THEN 0 ELSE 1 END FROM message "
static const struct query GET = { "exchange", COLUMNS "WHERE seq = $1", LOG };
/* seq + 0: else PostgreSQL, as long as it has no statistics, walks all rows in the order of seq. */
static const struct query FIND = { "exchange", COLUMNS "WHERE request_id = $1 ORDER BY seq + 0 LIMIT $2", LOG };

static void read_line(const struct db_rows *r, struct message_line *l)
{
    *l = (struct message_line){
        .seq = db_col_int(r, 0), .at_ms = db_col_int(r, 1), .side = (enum message_side)db_col_int(r, 2), .kind = (enum message_kind)db_col_int(r, 3),
        .request_id = db_col_text(r, 4), .message_id = db_col_text(r, 5), .client = db_col_text(r, 6), .service = db_col_text(r, 7), .status = db_col_int(r, 8),
        .fault = db_col_text(r, 9), .fault_id = db_col_text(r, 10), .took_us = db_col_int(r, 11), .body_bytes = db_col_int(r, 12), .is_signed = db_col_int(r, 13) != 0 };
}

static enum status get_line(struct call *c, int64_t seq, struct message_line *ret)
{
    DB_ROWS rows = db_run(c, &GET, db_int(seq));
    TRY(db_one(&rows));
    read_line(&rows, ret);
    return ST_OK;
}

/* ---- which classes ---- */

/* covers: the id itself, or what stands below it: a member covers its subsystems and their services. */
static bool covers(struct str upper, struct str id) { return str_starts(id, upper) && (id.n == upper.n || id.p[upper.n] == '/'); }

/* names_fault: "access_denied" or "AccessDenied" or the whole type; "ssl_authentication_failed" too in server.serverproxy.ssl_authentication_failed.cert_validation. */
static bool names_fault(struct str type, struct str wanted)
{
    struct str part, rest = type;
    if (fault__same_type(type, wanted)) return true;
    while (str_next(&rest, '.', &part))
        if (fault__same_type(part, wanted)) return true;
    return false;
}

static bool passes(const struct message_class *k, const struct message_filter *f)
{
    return (!f->party.n || covers(f->party, k->client) || covers(f->party, k->service)) && (!f->client.n || covers(f->client, k->client)) &&
           (!f->service.n || covers(f->service, k->service)) && (!f->side || (int64_t)f->side == k->side) && (!f->only_ends || k->kind != MESSAGE_QUESTION) &&
           (!f->only_faults || k->fault.n) && (!f->fault.n || names_fault(k->fault, f->fault));
}

static int newest_class_first(const void *pa, const void *pb)
{
    const struct message_class *a = pa, *b = pb;
    return a->last_ms != b->last_ms ? (a->last_ms < b->last_ms ? 1 : -1) : 0;
}

/* choose: the classes that pass and have a row in time, the one with the newest row first. */
static enum status choose(struct call *c, const struct message_filter *f, struct message_place before, struct message_class **ret, size_t *n)
{
    const struct message_class *all;
    size_t nall, count = 0;
    TRY(message__list_classes(c, before.at_ms, &all, &nall));
    struct message_class *list = arena_array(c->arena, struct message_class, nall);
    for (size_t i = 0; i < nall; i++)
        if (all[i].last_ms >= 0 && all[i].last_ms >= f->since_ms && passes(&all[i], f)) list[count++] = all[i];
    if (count) qsort(list, count, sizeof *list, newest_class_first);
    *ret = list;
    *n = count;
    return ST_OK;
}

/* ---- which rows ---- */

static int newest_place_first(const void *pa, const void *pb)
{
    const struct message_place *a = pa, *b = pb;
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms ? 1 : -1;
    return a->seq != b->seq ? (a->seq < b->seq ? 1 : -1) : 0;
}

/* merge: the newest `most` places of these classes. Three times that many fit into the list: those that stand, and room for those of one more class. */
static enum status merge(struct call *c, const struct message_filter *f, struct message_place before, const struct message_class *classes, size_t nclasses, size_t most,
                         struct message_place *places, size_t *n)
{
    size_t count = 0, more;
    for (size_t i = 0; i < nclasses; i++) {
        int64_t since_ms = count == most ? places[most - 1].at_ms : f->since_ms;
        if (classes[i].last_ms < since_ms) break;
        TRY(message__list_places(c, classes[i].id, since_ms, before, most, places + count, &more));
        count += more;
        if (count) qsort(places, count, sizeof *places, newest_place_first);
        if (count > most) count = most;
    }
    *n = count;
    return ST_OK;
}

static struct message_place start_of(const struct message_filter *f)
{
    if (f->before.at_ms) return f->before;
    return (struct message_place){ f->until_ms ? f->until_ms : INT64_MAX, INT64_MAX };
}

enum status message__list(struct call *c, const struct message_filter *f, struct message_found *ret)
{
    size_t limit = f->limit > 0 && f->limit < MESSAGE_LIST_MOST ? (size_t)f->limit : MESSAGE_LIST_MOST, nclasses, nplaces;
    struct message_place before = start_of(f);
    struct message_place *places = arena_array(c->arena, struct message_place, 3 * (limit + 1));
    struct message_class *classes;
    struct message_found found = { 0 };
    if (f->until_ms && f->since_ms > f->until_ms) return call_fail(c, ST_INVALID, "until", "The end lies before the beginning. Write a later end, or an earlier beginning.");
    TRY(message__catch_up(c, CATCH_UP_ROWS, &found.behind));
    TRY(choose(c, f, before, &classes, &nclasses));
    TRY(merge(c, f, before, classes, nclasses, limit + 1, places, &nplaces));
    struct message_line *lines = arena_array(c->arena, struct message_line, limit);
    for (size_t i = 0; i < nplaces && i < limit; i++) {
        enum status st = get_line(c, places[i].seq, &lines[found.n]);
        if (st != ST_NOT_FOUND) TRY(st); /* removed this very moment by retention */
        found.n += st == ST_OK;
    }
    if (nplaces > limit) found.next = places[limit - 1];
    found.lines = lines;
    *ret = found;
    return ST_OK;
}

/* ---- by id ---- */

enum status message__find(struct call *c, struct str request_id, const struct message_line **ret, size_t *n)
{
    struct message_line *list = arena_array(c->arena, struct message_line, SIDES);
    size_t count = 0;
    DB_ROWS rows = db_run(c, &FIND, db_text(request_id), db_int(SIDES));
    while (count < SIDES && db_next(&rows)) read_line(&rows, &list[count++]);
    TRY(db_finish(&rows));
    if (!count) return call_fail(c, ST_NOT_FOUND, "ID", "No message of this node has this id. List them with `sen message list`.");
    *ret = list;
    *n = count;
    return ST_OK;
}

/* add_message: all rows of the message that a row belongs to, once. */
static enum status add_message(struct call *c, const struct message_line *of, struct message_line *list, size_t most, size_t *n)
{
    const struct message_line *rows;
    size_t nrows;
    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i].request_id, of->request_id)) return ST_OK;
    TRY(message__find(c, of->request_id, &rows, &nrows));
    for (size_t i = 0; i < nrows && *n < most; i++) list[(*n)++] = rows[i];
    return ST_OK;
}

/* add_made: the message whose id the asking node made of its request id. */
static enum status add_made(struct call *c, struct str id, struct message_line *list, size_t most, size_t *n)
{
    const struct message_line *rows;
    size_t nrows = 0;
    struct str request_id = message__request_of(id);
    enum status st = request_id.n ? message__find(c, request_id, &rows, &nrows) : ST_NOT_FOUND;
    call_clear(c);
    if (st == ST_NOT_FOUND) return ST_OK;
    TRY(st);
    for (size_t i = 0; i < nrows; i++)
        if (str_eq_nocase(rows[i].message_id, id)) TRY(add_message(c, &rows[i], list, most, n));
    return ST_OK;
}

/* find_named: by an id as it stands there. */
static enum status find_named(struct call *c, struct str id, const struct message_line **ret, size_t *n)
{
    enum { MOST = NAMED_MOST * SIDES };
    int64_t seqs[NAMED_MOST], behind;
    size_t nseqs, count = 0;
    enum status st = message__find(c, id, ret, n);
    if (st != ST_NOT_FOUND) return st;
    struct call_error none = c->error;
    call_clear(c);
    TRY(message__catch_up(c, CATCH_UP_ROWS, &behind));
    TRY(message__list_named(c, id, NAMED_MOST, seqs, &nseqs));
    struct message_line *list = arena_array(c->arena, struct message_line, MOST);
    TRY(add_made(c, id, list, MOST, &count));
    for (size_t i = 0; i < nseqs; i++) {
        struct message_line l;
        st = get_line(c, seqs[i], &l);
        if (st != ST_NOT_FOUND) TRY(st);
        if (st == ST_OK && (str_eq(l.message_id, id) || str_eq(l.fault_id, id))) TRY(add_message(c, &l, list, MOST, &count));
    }
    if (!count) return c->error = none, ST_NOT_FOUND;
    *ret = list;
    *n = count;
    return ST_OK;
}

/* message__find_any: an id comes as people copy it: with blanks around it, or in capitals where ours are small. */
enum status message__find_any(struct call *c, struct str id, const struct message_line **ret, size_t *n)
{
    struct str trimmed = str_trim(id), small = str_lower(c->arena, trimmed);
    enum status st = find_named(c, trimmed, ret, n);
    if (st != ST_NOT_FOUND || str_eq(trimmed, small)) return st;
    call_clear(c);
    return find_named(c, small, ret, n);
}

/* ---- moments and places as text ---- */

enum { MINUTE_MS = 60000, DAY_MINUTES = 24 * 60 };

/* read_clock: "8:05", "08:05": minutes of the day. */
static bool read_clock(struct str text, int64_t *ret)
{
    struct str hour;
    int64_t h, m;
    if (!str_cut(&text, ':', &hour) || hour.n > 2 || text.n != 2 || !str_int(hour, &h) || !str_int(text, &m) || h < 0 || h > 23 || m < 0 || m > 59) return false;
    *ret = h * 60 + m;
    return true;
}

bool message__read_moment(const struct call *c, struct str text, bool end, int64_t *ret)
{
    struct str day = text;
    struct date date;
    int64_t minute = 0;
    if (time_parse_ms(text, ret)) return true;
    bool has_clock = str_cut(&text, ' ', &day);
    if (!has_clock) day = text;
    if (!date_parse_written(day, &date) || date.precision != PRECISION_DAY || (has_clock && !read_clock(text, &minute))) return false;
    int64_t length = has_clock ? 1 : DAY_MINUTES;
    minute += date.day * DAY_MINUTES - c->app->time_offset_min + (end ? length : 0);
    *ret = minute * MINUTE_MS - (end ? 1 : 0);
    return true;
}

struct str message__format_place(struct call *c, struct message_place p) { return str_print(c->arena, "%lld-%lld", (long long)p.at_ms, (long long)p.seq); }

bool message__parse_place(struct str text, struct message_place *ret)
{
    struct str at;
    struct message_place p;
    if (!str_cut(&text, '-', &at) || !str_int(at, &p.at_ms) || !str_int(text, &p.seq) || p.at_ms <= 0 || p.seq <= 0) return false;
    *ret = p;
    return true;
}
