/* client_answer.c: see client_answer.h. One step takes what one state can use and says where the next one begins, so that it does not matter in what pieces the
 * bytes come. */
#include "web/client_answer.h"

#include "base/arena.h"

enum { HEADERS_MOST = 100, LINES_MOST = 64 * 1024 /* head, heads before it and trailers together */, CHUNK_LINE_MOST = 1024, BODY_FIRST = 1024 * 1024 };

void answer_begin(struct answer *r, struct arena *a, bool bodiless, size_t most, struct spool_room *room)
{
    *r = (struct answer){ .arena = a, .bodiless = bodiless, .most = most, .room = room, .lines = buf_in(a, LINES_MOST), .body = buf_in(a, most) };
    (void)buf_room(&r->lines, 2048); /* enough for nearly all heads */
}

/* ---- the head ---- */

static bool is_name(struct str s) { return s.n > 0 && str_plain_run(s, ' ', ':') == s.n; }

static bool is_value(struct str s)
{
    for (size_t i = str_plain_run(s, 0, 0); i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if ((ch < ' ' && ch != '\t') || ch == 0x7f) return false;
    }
    return true;
}

/* cut_line: up to LF; a CR before it belongs to the end. */
static bool cut_line(struct str *rest, struct str *ret)
{
    if (!str_cut(rest, '\n', ret)) return false;
    if (ret->n && ret->p[ret->n - 1] == '\r') ret->n--;
    return true;
}

/* read_status: "HTTP/1.1 200 OK"; the reason may be missing. *minor: 0 or 1. */
static bool read_status(struct str line, int *status, int *minor)
{
    int64_t code;
    if (!str_starts(line, STR("HTTP/1.")) || line.n < 12 || (line.p[7] != '0' && line.p[7] != '1') || line.p[8] != ' ') return false;
    if (line.n > 12 && line.p[12] != ' ') return false;
    if (line.p[9] < '1' || line.p[9] > '9' || !str_int(str_of(line.p + 9, 3), &code)) return false;
    *status = (int)code;
    *minor = line.p[7] - '0';
    return true;
}

/* What the head says about the body and the connection. */
struct framing { bool has_length, chunked, broken, close, alive; uint64_t length; };

static void read_length(struct str value, struct framing *f)
{
    int64_t length;
    bool good = value.n && value.p[0] != '-' && str_int(value, &length) && (!f->has_length || (uint64_t)length == f->length);
    if (!good) f->broken = true;
    else f->has_length = true, f->length = (uint64_t)length;
}

static void read_connection(struct str value, struct framing *f)
{
    struct str rest = value, word;
    while (str_next(&rest, ',', &word)) {
        f->close = f->close || str_eq_nocase(str_trim(word), STR("close"));
        f->alive = f->alive || str_eq_nocase(str_trim(word), STR("keep-alive"));
    }
}

static void read_framing(const struct header *h, struct framing *f)
{
    if (str_eq_nocase(h->name, STR("content-length"))) {
        read_length(h->value, f);
    } else if (str_eq_nocase(h->name, STR("transfer-encoding"))) {
        f->broken = f->broken || f->chunked || !str_eq_nocase(h->value, STR("chunked"));
        f->chunked = true;
    } else if (str_eq_nocase(h->name, STR("connection"))) {
        read_connection(h->value, f);
    }
}

static bool read_headers(struct answer *r, struct str rest, struct framing *f)
{
    struct header list[HEADERS_MOST];
    struct str line;
    size_t n = 0;
    while (cut_line(&rest, &line) && line.n) {
        struct header h;
        if (!str_cut(&line, ':', &h.name) || !is_name(h.name)) return false;
        h.value = str_trim(line);
        if (!is_value(h.value)) return false;
        if (n == HEADERS_MOST) return r->state = ANSWER_TOO_LARGE, false;
        list[n++] = h;
        read_framing(&h, f);
    }
    r->headers = arena_copy(r->arena, struct header, list, n);
    r->nheaders = n;
    return !f->broken;
}

static enum answer_state body_state(struct answer *r, const struct framing *f)
{
    if (r->bodiless || r->status == 204 || r->status == 304) return ANSWER_DONE;
    if (f->chunked) return ANSWER_CHUNK_SIZE;
    if (!f->has_length) return ANSWER_TO_END;
    if (f->length == 0) return ANSWER_DONE;
    if (f->length > r->most) return ANSWER_TOO_LARGE;
    size_t first = r->room ? SPOOL_FROM : BODY_FIRST;
    (void)buf_room(&r->body, f->length < first ? f->length : first); /* a length that was only claimed costs little */
    r->left = f->length;
    return ANSWER_COUNTED;
}

static void read_head(struct answer *r)
{
    struct str rest = buf_str(&r->lines), line;
    struct framing f = { 0 };
    int minor;
    if (!cut_line(&rest, &line) || !read_status(line, &r->status, &minor) || !read_headers(r, rest, &f) || r->status == 101) {
        if (r->state != ANSWER_TOO_LARGE) r->state = ANSWER_BROKEN;
        return;
    }
    r->taken_lines += r->lines.n;
    r->lines = buf_in(r->arena, LINES_MOST - r->taken_lines);
    r->line_from = 0;
    if (r->status < 200) return; /* the real one comes after it */
    r->state = body_state(r, &f);
    r->keep = !f.close && (minor == 1 || f.alive) && !(f.chunked && f.has_length) && r->state != ANSWER_TO_END;
}

/* ---- steps: each takes what it can use off the front ---- */

/* take_line: adds to the lines up to and with an LF; *whole when there was one. False, with the state set, when they are too long. */
static bool take_line(struct answer *r, struct str *bytes, bool *whole)
{
    const char *end = memchr(bytes->p, '\n', bytes->n);
    size_t n = end ? (size_t)(end - bytes->p) + 1 : bytes->n;
    buf_put(&r->lines, str_first(*bytes, n));
    *bytes = str_skip(*bytes, n);
    *whole = end != NULL;
    if (r->lines.failed) r->state = ANSWER_TOO_LARGE;
    return !r->lines.failed;
}

/* last_line: the line that has just become whole, without its end. */
static struct str last_line(struct answer *r)
{
    struct str rest = str_skip(buf_str(&r->lines), r->line_from), line = { 0 };
    (void)cut_line(&rest, &line);
    r->line_from = r->lines.n;
    return line;
}

static void forget_lines(struct answer *r)
{
    r->line_from = 0;
    buf_clear(&r->lines);
}

static void take_head(struct answer *r, struct str *bytes)
{
    bool whole;
    if (!take_line(r, bytes, &whole)) return;
    if (!str_starts(STR("HTTP/1."), str_first(buf_str(&r->lines), 7))) r->state = ANSWER_BROKEN; /* another protocol may never end its line */
    else if (whole && last_line(r).n == 0) read_head(r);
}

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    return -1;
}

/* read_size: "1a2b" or "1a2b;extension". */
static bool read_size(struct str line, uint64_t *ret)
{
    size_t i = 0;
    uint64_t size = 0;
    for (; i < line.n && i < 15 && hex_digit(line.p[i]) >= 0; i++) size = size << 4 | (uint64_t)hex_digit(line.p[i]);
    struct str tail = str_trim(str_skip(line, i));
    *ret = size;
    return i > 0 && line.n <= CHUNK_LINE_MOST && (tail.n == 0 || tail.p[0] == ';');
}

static void take_size(struct answer *r, struct str *bytes)
{
    bool whole;
    if (!take_line(r, bytes, &whole)) return;
    if (!whole) {
        if (r->lines.n - r->line_from > CHUNK_LINE_MOST) r->state = ANSWER_BROKEN;
        return;
    }
    if (!read_size(last_line(r), &r->left)) r->state = ANSWER_BROKEN;
    else if (r->left == 0) r->state = ANSWER_TRAILER;
    else if (r->left > r->most - r->taken) r->state = ANSWER_TOO_LARGE;
    else r->state = ANSWER_CHUNK;
    forget_lines(r); /* sizes do not add up: the body's own limit holds */
}

/* keep: in memory, or from SPOOL_FROM on in a file. False, with the state set, when it is too much. */
static bool keep(struct answer *r, struct str bytes)
{
    if (bytes.n > r->most - r->taken) return r->state = ANSWER_TOO_LARGE, false;
    r->taken += bytes.n;
    if (!r->room || (!r->spool && r->taken <= SPOOL_FROM)) {
        buf_put(&r->body, bytes);
        return true;
    }
    bool first = !r->spool;
    if (first) r->spool = spool_new(r->room);
    bool kept = r->spool && (!first || spool_put(r->spool, buf_str(&r->body))) && spool_put(r->spool, bytes);
    if (!kept) r->state = ANSWER_NO_ROOM;
    return kept;
}

static void take_body(struct answer *r, struct str *bytes, enum answer_state then)
{
    size_t n = bytes->n < r->left ? bytes->n : (size_t)r->left;
    if (!keep(r, str_first(*bytes, n))) return;
    *bytes = str_skip(*bytes, n);
    r->left -= n;
    if (r->left == 0) r->state = then;
}

static void take_chunk_end(struct answer *r, struct str *bytes)
{
    bool whole;
    if (!take_line(r, bytes, &whole)) return;
    if (!whole && r->lines.n <= 1) return; /* a CR, so far */
    if (whole && last_line(r).n == 0) r->state = ANSWER_CHUNK_SIZE;
    else r->state = ANSWER_BROKEN;
    forget_lines(r);
}

static void take_trailer(struct answer *r, struct str *bytes)
{
    bool whole;
    if (take_line(r, bytes, &whole) && whole && last_line(r).n == 0) r->state = ANSWER_DONE;
}

static void take_rest(struct answer *r, struct str *bytes)
{
    if (keep(r, *bytes)) *bytes = str_skip(*bytes, bytes->n);
}

static void step(struct answer *r, struct str *bytes)
{
    switch (r->state) {
    case ANSWER_HEAD: take_head(r, bytes); break;
    case ANSWER_COUNTED: take_body(r, bytes, ANSWER_DONE); break;
    case ANSWER_CHUNK_SIZE: take_size(r, bytes); break;
    case ANSWER_CHUNK: take_body(r, bytes, ANSWER_CHUNK_END); break;
    case ANSWER_CHUNK_END: take_chunk_end(r, bytes); break;
    case ANSWER_TRAILER: take_trailer(r, bytes); break;
    case ANSWER_TO_END: take_rest(r, bytes); break;
    case ANSWER_DONE:
    case ANSWER_BROKEN:
    case ANSWER_TOO_LARGE:
    case ANSWER_NO_ROOM: break;
    }
}

bool answer_take(struct answer *r, struct str bytes)
{
    r->begun = r->begun || bytes.n > 0;
    while (bytes.n && r->state < ANSWER_DONE) step(r, &bytes);
    if (bytes.n) r->keep = false;
    return r->state < ANSWER_DONE;
}

bool answer_end(struct answer *r)
{
    if (r->state == ANSWER_TO_END) r->state = ANSWER_DONE;
    return r->state == ANSWER_DONE;
}
