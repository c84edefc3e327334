/* ask.c: the portal's questions. It asks only for the person who signed in, and says who that is with a signed assertion in the body; purpose "self". */
#include "portal/portal_int.h"

#include "base/config.h"
#include "identity/identity.h"

enum { BODY_MAX = 128 * 1024 };
#define PURPOSE_SELF STR("self")

enum status portal__registers(struct call *c, const struct xid **ret, size_t *n)
{
    const struct str *names;
    if (!config_flag(c->app->config, "portal.enabled")) return ST_NOT_FOUND;
    size_t count = config_list(c->app->config, "portal.registers", &names);
    struct xid *list = arena_array(c->arena, struct xid, REGISTERS_MAX);
    for (size_t i = 0; i < count && i < REGISTERS_MAX; i++)
        if (!xid_parse_client(c->arena, names[i], &list[i]) || list[i].subsystem.n == 0) return ST_BROKEN; /* checked at start */
    *ret = list;
    *n = count < REGISTERS_MAX ? count : REGISTERS_MAX;
    return ST_OK;
}

static enum status write_body(struct call *c, const struct portal_question *q, const struct xid *service, struct str *ret)
{
    struct str assertion;
    TRY(identity_assertion(c, xid_format(c->arena, service), &assertion));
    struct buf b = buf_in(c->arena, BODY_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "assertion", assertion);
    if (q->put_more) q->put_more(&o, q->arg);
    json_close(&o);
    return buf_finish(&b, ret);
}

static enum status judge_answer(struct call *c, const struct exchange_answer *a)
{
    if (a->status == 200) return ST_OK;
    call_note(c, "portal", "the register answered %d", a->status);
    if (a->status == 404) return call_fail(c, ST_NOT_FOUND, "", "The register has no record of you. Ask the agency that keeps it.");
    if (a->status == 401 || a->status == 403) return call_fail(c, ST_DENIED, "", "The register did not accept who you are. Sign out, sign in again and repeat this.");
    return call_fail(c, ST_UNAVAILABLE, "", "The register could not answer. Try again in a few minutes.");
}

enum status portal__ask(struct call *c, const struct portal_question *q, const struct json **ret)
{
    struct xid service = q->subsystem;
    struct exchange_answer answer;
    const struct purpose *self = exchange_find_purpose(c->app, PURPOSE_SELF);
    service.service = str_z(q->service);
    struct exchange_request rq = { .client_subsystem = STR("portal"), .service = service, .method = STR("POST"), .content_type = STR("application/json"),
                                   .user = c->actor->user, .role = c->actor->role, .purpose = PURPOSE_SELF, .basis = self ? self->basis : STR("") };
    TRY(write_body(c, q, &service, &rq.body));
    TRY(exchange_call(c, &rq, &answer));
    TRY(judge_answer(c, &answer));
    return json_parse(c, answer.body, ret);
}

struct str portal__problem(struct call *c, enum status st)
{
    struct call_error e = call_sentence(c, st);
    struct str sentence = text_tr_args(c, e.key, e.args, e.nargs);
    call_clear(c);
    return sentence;
}
