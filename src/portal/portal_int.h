/* portal_int.h: what the files of the portal share. */
#ifndef SEN_PORTAL_INT_H
#define SEN_PORTAL_INT_H

#include "base/json.h"
#include "exchange/exchange.h"
#include "portal/portal_pages.h"
#include "web/http.h"

enum { REGISTERS_MAX = 16 };

/* ---- ask.c: questions to registers about the person who is signed in ---- */
/* portal__registers: the registers of `portal.registers`; ST_NOT_FOUND where the portal is not enabled. */
NODISCARD enum status portal__registers(struct call *c, const struct xid **ret, size_t *n);
/* portal__ask: service "self" or "readers" of a register; the assertion is put into the body, put_more (may be NULL) adds to it. */
struct portal_question { struct xid subsystem; const char *service; void (*put_more)(struct json_out *o, const void *arg); const void *arg; };
NODISCARD enum status portal__ask(struct call *c, const struct portal_question *q, const struct json **ret);
/* portal__problem: the failure of this call as a sentence in its language; the call goes on as if nothing had happened. */
struct str portal__problem(struct call *c, enum status st);

/* ---- record.c and readers.c: answers to what a page shows ---- */
struct record_register record__read(struct call *c, const struct xid *subsystem);
void record__take(struct call *c, const struct json *answer, struct record_register *ret);
/* readers__read: entries before this leaf (TIME_FAR: from the newest); own: also what the person did. */
struct readers_wanted { int64_t before; bool own; };
struct reader_register readers__read(struct call *c, const struct xid *subsystem, int64_t number, struct readers_wanted wanted);
void readers__take(struct call *c, const struct json *answer, struct reader_register *ret);
bool readers__head_size(struct str checkpoint, int64_t *ret);

#endif
