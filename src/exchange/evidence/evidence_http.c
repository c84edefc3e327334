/* evidence_http.c: what proves its messages, for an information system of this member, on the port for systems (x-road 5.6): GET /asic gives their containers, GET /verificationconf what
 * judges them without a node. Whoever may speak for a subsystem may have its containers; like every opening it has a purpose and stands in the journal first. */
#include "base/url.h"
#include "exchange/evidence/evidence.h"
#include "exchange/rights/rights.h"

enum { QUERY_MOST = 8192, ALL_MOST = 96 * 1024 * 1024 /* of containers at once: they are packed in memory */ };

struct wanted { struct str id; struct xid client; bool only_requests, only_answers, unique, force; };

static enum status bad_query(struct call *c)
{
    return call_fail(c, ST_INVALID, "queryId", "Ask with ?queryId=ID&xRoadInstance=I&memberClass=C&memberCode=M&subsystemCode=S, and requestOnly or responseOnly for one of the two.");
}

static enum status read_query(struct call *c, struct str query, struct wanted *ret)
{
    struct wanted w = { 0 };
    struct str name, value;
    bool bad = query.n > QUERY_MOST;
    const struct { const char *name; struct str *to; } texts[] = { { "queryId", &w.id }, { "xRoadInstance", &w.client.instance }, { "memberClass", &w.client.class_ },
                                                                   { "memberCode", &w.client.member }, { "subsystemCode", &w.client.subsystem } };
    while (!bad && url_query_next(c->arena, &query, &name, &value, &bad)) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (str_eq(name, str_z(texts[i].name))) *texts[i].to = value;
        if (str_eq(name, STR("requestOnly"))) w.only_requests = true;
        if (str_eq(name, STR("responseOnly"))) w.only_answers = true;
        if (str_eq(name, STR("unique"))) w.unique = true;
        if (str_eq(name, STR("force"))) w.force = true;
    }
    if (bad || !w.id.n || !w.client.instance.n || !w.client.class_.n || !w.client.member.n || (w.only_requests && w.only_answers)) return bad_query(c);
    if (w.unique && !w.only_requests && !w.only_answers)
        return call_fail(c, ST_INVALID, "unique", "A single container is that of a request or of an answer: ask with unique and requestOnly, or with unique and responseOnly.");
    *ret = w;
    return ST_OK;
}

/* check_system: may whoever came speak for this client of ours (x-road 1.8)? */
static enum status check_system(struct call *c, const struct request *rq, const struct xid *client)
{
    struct exchange *ex = exchange__of(c);
    if (!xid__same_member(client, &ex->self)) return call_fail(c, ST_DENIED, "memberCode", "This node gives containers to its own member only. Ask the node of that member.");
    return systems__judge(c, &ex->systems, ex->tls_cert, client->subsystem, rq);
}

/* is_wanted: a message with this id that the client sent or that one of its services answered. */
static bool is_wanted(const struct message_line *l, const struct wanted *w, struct str client)
{
    bool is_request = l->kind == MESSAGE_QUESTION;
    bool own = l->side == SIDE_PROVIDER ? str_starts(l->service, client) && l->service.n > client.n && l->service.p[client.n] == '/' : str_eq(l->client, client);
    return own && l->kind != MESSAGE_REFUSAL && str_eq(l->message_id, w->id) && !(w->only_requests && !is_request) && !(w->only_answers && is_request);
}

static enum status not_found(struct call *c) { return call_fail(c, ST_NOT_FOUND, "queryId", "No signed message of this client has this id on this node."); }

/* The containers of an answer that are made so far. */
struct pack { struct asic_entry *list; size_t n, bytes; int64_t seq /* of the next */; bool force; };

static enum status make_one(struct call *c, struct call *apart, void *arg)
{
    struct pack *p = arg;
    struct made_container made;
    if (p->force) TRY(stamp__now(apart, p->seq));
    TRY(evidence__make(apart, p->seq, &made));
    if (!made.is_stamped) return call_fail(c, ST_UNAVAILABLE, "queryId", "The message is not time-stamped yet. Ask again in a minute, or with force.");
    if (made.zip.n > ALL_MOST - p->bytes) return call_fail(c, ST_INVALID, "queryId", "Together the containers are over 96 MiB. Ask for one at a time, with requestOnly or responseOnly.");
    p->bytes += made.zip.n;
    p->list[p->n++] = (struct asic_entry){ str_copy(c->arena, made.name), str_copy(c->arena, made.zip) };
    return ST_OK;
}

/* find_all: what will be packed; what is refused is refused here, before a message is opened. */
static enum status find_all(struct call *c, const struct wanted *w, const struct message_line **ret, size_t *n)
{
    struct str client = xid_format(c->arena, &w->client);
    const struct message_line *list;
    size_t all, hits = 0;
    enum status st = message__find_any(c, w->id, &list, &all);
    if (st == ST_NOT_FOUND) return call_clear(c), not_found(c);
    TRY(st);
    struct message_line *found = arena_array(c->arena, struct message_line, ASIC_FILES_MOST);
    for (size_t i = 0; i < all && hits < ASIC_FILES_MOST; i++)
        if (is_wanted(&list[i], w, client)) found[hits++] = list[i];
    if (!hits) return not_found(c);
    if (w->unique && hits > 1) return call_fail(c, ST_CONFLICT, "unique", "Several messages of this client have this id. Ask without unique.");
    *ret = found;
    *n = hits;
    return ST_OK;
}

static enum status make_all(struct call *c, const struct wanted *w, struct pack *p)
{
    const struct message_line *list;
    size_t n;
    TRY(find_all(c, w, &list, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(message__journal_opening(c, c->purpose, list[i].request_id));
        p->seq = list[i].seq;
        TRY(message__apart(c, make_one, p));
    }
    return ST_OK;
}

/* pack_name: of the ZIP: the id as it stands in the names of the containers (x-road 5.4), and what was asked for. */
static struct str pack_name(struct call *c, const struct wanted *w)
{
    return str_join(c->arena, evidence__name_of(c, w->id), w->only_requests ? STR("-request.zip") : w->only_answers ? STR("-response.zip") : STR(".zip"), STR_END);
}

static void reply_file(struct call *c, struct reply *rp, struct str type, struct str name, struct str bytes)
{
    reply_header(c, rp, "Content-Disposition", str_join(c->arena, STR("attachment; filename=\""), name, STR("\""), STR_END));
    reply_text(rp, 200, type, bytes);
}

enum status evidence__show_containers(struct call *c, const struct request *rq, struct reply *rp)
{
    struct pack p = { .list = arena_array(c->arena, struct asic_entry, ASIC_FILES_MOST) };
    struct wanted w;
    struct str zip;
    TRY(read_query(c, rq->query, &w));
    TRY(check_system(c, rq, &w.client));
    c->purpose = request_header(rq, "X-Sen-Purpose");
    if (!c->purpose.n) return call_fail(c, ST_INVALID, "X-Sen-Purpose", "Say in the header X-Sen-Purpose why the message is opened: a code of the nation's list of purposes.");
    p.force = w.force;
    TRY(make_all(c, &w, &p));
    if (w.unique) return reply_file(c, rp, STR(ASIC_MIMETYPE), p.list[0].name, p.list[0].bytes), ST_OK;
    TRY(zip_write(c, &(struct asic){ p.list, p.n }, &(struct zip_form){ .is_stored = true, .at_ms = c->now_ms }, &zip));
    reply_file(c, rp, STR("application/zip"), pack_name(c, &w), zip);
    return ST_OK;
}

enum status evidence__show_conf(struct call *c, const struct request *rq, struct reply *rp)
{
    struct exchange *ex = exchange__of(c);
    struct str zip, params = STR(""), folder = str_join(c->arena, STR("verificationconf/"), ex->instance, STR("/"), STR_END);
    struct dir_set set = { 0 };
    DIRECTORY d = NULL;
    (void)rq;
    TRY(directory__hold(c, &d));
    TRY(directory__read_stored(c, ex->instance, &set));
    for (size_t i = 0; i < set.n; i++)
        if (str_eq(set.identifiers[i], STR("SHARED-PARAMETERS"))) params = set.bytes[i];
    const struct asic_entry list[] = {
        { str_join(c->arena, folder, STR("shared-params.xml"), STR_END), params },
        { str_join(c->arena, folder, STR("shared-params.xml.metadata"), STR_END), str_print(c->arena, "{\"configurationVersion\":\"%d\"}", d->version) },
        { STR("verificationconf/instance-identifier"), ex->instance } };
    TRY(zip_write(c, &(struct asic){ list, sizeof list / sizeof *list }, &(struct zip_form){ .at_ms = c->now_ms }, &zip));
    reply_file(c, rp, STR("application/zip"), STR("verificationconf.zip"), zip);
    return ST_OK;
}

/* A refusal is a status and a sentence, in plain text (x-road 5.6). */
enum status evidence__show_failed(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct call_error *told = call_error(c);
    int status = told->status == ST_INVALID ? 400 : told->status == ST_DENIED ? 401 : told->status == ST_NOT_FOUND ? 404 : 500;
    (void)rq;
    reply_text(rp, status, STR("text/plain; charset=utf-8"), str_join(c->arena, told->sentence, STR("\n"), STR_END));
    return ST_OK;
}
