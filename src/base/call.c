/* call.c: the first failure is kept, with the template of its sentence so that it can be translated later. */
#include "base/call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "base/spool.h"
#include "base/time.h"

enum { ARENA_CAP = 256 * 1024 * 1024, SENTENCE_MAX = 4096 };

enum status call_fail_(struct call *c, enum status st, const char *field, const char *sentence, ...)
{
    if (c->error.status != ST_OK) return st;
    struct str args[8];
    size_t nargs = 0;
    va_list list;
    va_start(list, sentence);
    for (struct str s = va_arg(list, struct str); s.n != SIZE_MAX && nargs < 8; s = va_arg(list, struct str)) args[nargs++] = s;
    va_end(list);

    struct str *kept = arena_array(c->arena, struct str, nargs);
    for (size_t i = 0; i < nargs; i++) kept[i] = str_copy(c->arena, args[i]);
    struct buf text = buf_in(c->arena, SENTENCE_MAX);
    struct str rest = str_z(sentence), piece;
    for (size_t i = 0; str_cut_at(&rest, STR("%s"), &piece); i++) {
        buf_put(&text, piece);
        if (i < nargs) buf_put(&text, kept[i]);
    }
    buf_put(&text, rest);
    struct str filled = str_z(sentence);
    if (buf_finish(&text, &filled) != ST_OK) filled = str_z(sentence);
    c->error = (struct call_error){ st, str_z(field), filled, str_z(sentence), kept, nargs, { NULL, 0 } };
    return st;
}

enum status call_fault(struct call *c, enum status st, struct str fault)
{
    if (c->error.status == ST_OK) c->error.status = st;
    if (str_is_empty(c->error.fault)) c->error.fault = str_copy(c->arena, fault);
    return st;
}

const struct call_error *call_error(const struct call *c) { return &c->error; }

struct call_error call_sentence(const struct call *c, enum status st)
{
    struct call_error e = c->error;
    e.status = st;
    if (str_is_empty(e.sentence)) {
        e.sentence = str_z(status_sentence(st));
        e.key = e.sentence;
    }
    return e;
}

enum status call_adopt(struct call *c, const struct call *from, enum status st)
{
    const struct call_error *e = &from->error;
    if (c == from || c->error.status != ST_OK || e->status == ST_OK) return st;
    struct str *args = arena_array(c->arena, struct str, e->nargs);
    for (size_t i = 0; i < e->nargs; i++) args[i] = str_copy(c->arena, e->args[i]);
    c->error = (struct call_error){ e->status, str_copy(c->arena, e->field), str_copy(c->arena, e->sentence), str_copy(c->arena, e->key), args, e->nargs, str_copy(c->arena, e->fault) };
    return st;
}

void call_clear(struct call *c) { c->error = (struct call_error){ 0 }; }

void call_note(const struct call *c, const char *room, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    log_vnote(c->trace, room, fmt, args);
    va_end(args);
}

void call_forgive(struct call *c, enum status st, const char *why)
{
    if (st == ST_OK) return;
    call_note(c, "base", "forgiven %s: %.*s (%s)", status_name(st), STR_ARG(c->error.sentence), why);
    call_clear(c);
}

void call_may_wait(const struct call *c)
{
    assert(!c->in_tx);
    (void)c;
}

bool call_has_right(const struct call *c, struct str right)
{
    if (str_eq(right, STR("public"))) return true;
    if (!c->actor) return false;
    if (str_eq(right, STR("signed-in"))) return true;
    for (size_t i = 0; i < c->actor->nrights; i++)
        if (str_eq(c->actor->rights[i], right) || str_eq(c->actor->rights[i], STR("*"))) return true;
    return false;
}

static void begin(struct call *c)
{
    c->now_ms = time_now_ms();
    c->spools = arena_new(c->arena, struct spool *);
    c->trace = random_uuid(c->arena);
    c->lang = STR("en");
}

struct call *call_open(const struct app *app)
{
    struct call *c = heap_new(struct call);
    c->arena = arena_open(ARENA_CAP);
    c->app = app;
    begin(c);
    return c;
}

void call_renew(struct call *c)
{
    struct call fresh = { .arena = c->arena, .app = c->app, .db = c->db };
    spool_end_call(c);
    arena_reset(c->arena);
    *c = fresh;
    begin(c);
}

void call_close(struct call *c)
{
    if (!c) return;
    spool_end_call(c);
    arena_close(c->arena);
    heap_free(c);
}
