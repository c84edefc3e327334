/* portal_http.c: the portal's routes. None of them takes a personal number: whose record it is comes from the session alone. */
#include "portal/portal_int.h"

#include "base/config.h"
#include "base/time.h"
#include "base/url.h"
#include "portal/home.html.h"
#include "portal/my_readers.html.h"
#include "portal/my_record.html.h"
#include "portal/portal.h"

static enum status show_home(struct call *c, const struct request *rq, struct reply *rp)
{
    const bool signed_in = c->actor != NULL, official = signed_in && c->actor->pin.n == 0;
    struct page_home data = { .portal = config_flag(c->app->config, "portal.enabled") && !official, .signed_in = signed_in,
                              .may_look_up = signed_in && call_has_right(c, STR("registry.lookup")), .may_watch = signed_in && call_has_right(c, STR("monitor.read")) };
    data.watches_all = data.may_watch && config_flag(c->app->config, "exchange.operator");
    data.may_read_log = signed_in && call_has_right(c, STR("message.read"));
    data.has_tiles = data.portal || data.may_look_up || data.may_watch || data.may_read_log;
    return reply_page(c, rq, rp, &PAGE_HOME, &data);
}

static enum status show_record(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct xid *registers;
    size_t n;
    TRY(portal__registers(c, &registers, &n));
    struct record_register *list = arena_array(c->arena, struct record_register, n);
    for (size_t i = 0; i < n; i++) list[i] = record__read(c, &registers[i]);
    rp->no_store = true;
    return reply_page(c, rq, rp, &PAGE_MY_RECORD, &(struct page_record){ list, n });
}

/* chosen: the number of a register of ours, from a form or an address; false when it is none. */
static bool chosen(struct str text, size_t n, int64_t *ret) { return str_int(text, ret) && *ret >= 0 && (size_t)*ret < n; }

static enum status show_readers(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct xid *registers;
    size_t n, shown = 0;
    int64_t only = -1;
    struct readers_wanted wanted = { .before = TIME_FAR, .own = request_query(rq, "own").n > 0 };
    TRY(portal__registers(c, &registers, &n));
    struct str choice = request_query(rq, "register"), leaf = request_query(rq, "before");
    if (choice.n && !chosen(choice, n, &only)) return ST_NOT_FOUND;
    if (leaf.n && (only < 0 || !str_int(leaf, &wanted.before) || wanted.before < 0)) return ST_NOT_FOUND;
    struct reader_register *list = arena_array(c->arena, struct reader_register, n);
    for (size_t i = 0; i < n; i++)
        if (only < 0 || (size_t)only == i) list[shown++] = readers__read(c, &registers[i], (int64_t)i, wanted);
    rp->no_store = true;
    return reply_page(c, rq, rp, &PAGE_MY_READERS, &(struct page_readers){ list, shown, wanted.own });
}

/* show_proof: the proof of one of the person's own entries as a file for `sen journal verify --proof`. */
static enum status show_proof(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct xid *registers;
    size_t n;
    int64_t number, leaf;
    TRY(portal__registers(c, &registers, &n));
    if (!chosen(request_path(rq, "register"), n, &number) || !str_int(request_path(rq, "leaf"), &leaf) || leaf < 0 || leaf == INT64_MAX) return ST_NOT_FOUND;
    struct reader_register r = readers__read(c, &registers[number], number, (struct readers_wanted){ .before = leaf + 1, .own = true });
    if (r.problem.n || r.nentries == 0 || !r.entries[0].proved || r.entries[0].leaf != leaf) return ST_NOT_FOUND;
    reply_text(rp, 200, STR("application/json"), r.entries[0].proof);
    reply_header(c, rp, "Content-Disposition", str_print(c->arena, "attachment; filename=\"proof-%lld.json\"", (long long)leaf));
    rp->no_store = true;
    return ST_OK;
}

/* show_head: what this node published of a server's journal: the signed head, or with ?key=on the key that verifies it. */
static enum status show_head(struct call *c, const struct request *rq, struct reply *rp)
{
    struct str server, key, checkpoint;
    if (!url_decode(c->arena, request_path(rq, "server"), false, &server)) return ST_NOT_FOUND;
    TRY(exchange_published_head(c, server, &key, &checkpoint));
    struct str body = request_query(rq, "key").n ? str_join(c->arena, key, STR("\n"), STR_END) : checkpoint;
    reply_text(rp, 200, STR("text/plain; charset=utf-8"), body);
    return ST_OK;
}

static const struct field readers_form[] = {
    { "register", FIELD_DIGITS, .max_length = 2, .label = "Register" },
    { "before", FIELD_DIGITS, .max_length = 18, .label = "Entries before this one" },
    { "own", FIELD_CHECK, .label = "Show also what was done with your own account" },
    { 0 } };
static const struct field head_form[] = { { "key", FIELD_CHECK, .label = "Show the key" }, { 0 } };

static const struct route routes[] = {
    { "GET", "/", show_home, .need = "public" },
    { "GET", "/my/record", show_record, .need = "signed-in" },
    { "GET", "/my/readers", show_readers, .need = "signed-in", .form = readers_form },
    { "GET", "/my/readers/{register}/{leaf}/proof", show_proof, .need = "signed-in" },
    { "GET", "/heads/{server*}", show_head, .need = "public", .form = head_form, .api = true },
    { 0 } };

static const struct setting settings[] = {
    { "portal.enabled", SETTING_FLAG, "false", "", "This node is the people's portal: My record, Who read my data.", false },
    { "portal.registers", SETTING_LIST, "", "", "Registers a person may see their own record of, for example VN/GOV/G01/population.", false },
    { 0 } };

/* check_registers: a mistake in node.yaml is told at start, not to a citizen. */
static enum status start(struct call *c, struct app *app)
{
    const struct str *names;
    size_t n = config_list(app->config, "portal.registers", &names);
    if (n > REGISTERS_MAX) return call_fail(c, ST_INVALID, "portal.registers", "Name at most 16 registers.");
    for (size_t i = 0; i < n; i++) {
        struct xid id;
        if (!xid_parse_client(c->arena, names[i], &id) || id.subsystem.n == 0)
            return call_fail(c, ST_INVALID, "portal.registers", "Write each register as instance/class/member/subsystem, not %s.", names[i]);
    }
    return ST_OK;
}

const struct module portal_module = { .name = "portal", .settings = settings, .routes = routes, .start = start };
