/* evidence_cmd.c: `sen message verify FILE`: a container judged on any machine, with or without a node, for people and (--json) for programs; and the
 * containers of this node's own messages as files. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "exchange/evidence/evidence.h"

enum { CERT_FILE_MOST = 64 * 1024, REPORT_MOST = 1024 * 1024 };

static const char *const state_names[] = { [EVIDENCE_UNKNOWN] = "not judged", [EVIDENCE_GOOD] = "good", [EVIDENCE_BROKEN] = "BROKEN", [EVIDENCE_ABSENT] = "unverified", [EVIDENCE_UNSIGNED] = "not signed" };

/* ---- what is printed ---- */

static void put_part(struct buf *b, const struct evidence_part *p)
{
    buf_print(b, "%-10s  %.*s", state_names[p->state], STR_ARG(p->name));
    struct str more = p->state == EVIDENCE_BROKEN ? p->sentence : p->detail;
    if (more.n) buf_print(b, ": %.*s", STR_ARG(more));
    buf_put_c(b, '\n');
}

static void put_text(struct buf *b, const struct evidence *e)
{
    for (size_t i = 0; i < e->n; i++) put_part(b, &e->parts[i]);
    if (e->fault.n) return;
    bool whole = true;
    for (size_t i = 0; i < e->n; i++) whole = whole && e->parts[i].state != EVIDENCE_ABSENT;
    buf_put_z(b, whole ? "The container holds.\n" : "The container holds; what is called unverified is signed but not in it: compare it with the digest.\n");
}

static void put_moment(struct json_out *o, const char *name, int64_t ms)
{
    char text[TIME_TEXT];
    if (!ms) return;
    time_format_ms(ms, text);
    json_text_at(o, name, str_z(text));
}

static void put_json(struct arena *a, struct buf *b, const struct evidence *e)
{
    struct json_out o = json_to(b);
    json_open(&o, '{');
    json_name(&o, STR("holds"));
    json_put_bool(&o, !e->fault.n);
    json_text_at(&o, "fault", e->fault);
    json_text_at(&o, "sentence", e->sentence);
    json_text_at(&o, "kind", e->sender.is_answer ? STR("answer") : STR("request"));
    json_text_at(&o, "sender", xid_format(a, &e->sender.id));
    json_text_at(&o, "message_id", e->sender.message_id);
    put_moment(&o, "signed", e->signed_ms);
    put_moment(&o, "stamped", e->stamped_ms);
    json_name(&o, STR("parts"));
    json_open(&o, '[');
    for (size_t i = 0; i < e->n; i++) {
        json_open(&o, '{');
        json_text_at(&o, "name", e->parts[i].name);
        json_text_at(&o, "state", str_z(state_names[e->parts[i].state]));
        json_text_at(&o, "detail", e->parts[i].detail);
        json_text_at(&o, "fault", e->parts[i].fault);
        json_text_at(&o, "sentence", e->parts[i].sentence);
        json_close(&o);
    }
    json_close(&o);
    json_close(&o);
    buf_put_c(b, '\n');
}

/* ---- sen message verify ---- */

const struct option evidence__verify_options[] = {
    { OPTION_OPERAND, "FILE", NULL, "a container (.asice) of Sen or X-Road", true },
    { OPTION_VALUE, "conf", "FOLDER", "believe the configuration in this folder; without it that of the node", false },
    { OPTION_VALUE, "cert", "FILE", "believe this time-stamp service too", false },
    { OPTION_FLAG, "json", NULL, "write the report for programs", false },
    { OPTION_END, NULL, NULL, NULL, false } };

static enum status read_trust(struct call *c, const struct args *args, struct evidence_trust *ret)
{
    struct str conf = args_value(args, "conf"), cert = args_value(args, "cert"), bytes;
    TRY(conf.n ? evidence__read_conf(c, conf, ret) : evidence__own_conf(c, ret));
    if (!cert.n) return ST_OK;
    TRY(file_read(c, cert, CERT_FILE_MOST, &bytes));
    return cert_of_pem_or_der(c, bytes, &ret->more_stamps[ret->nmore++]);
}

enum status evidence__verify_run(struct call *c, const struct args *args)
{
    EVIDENCE_TRUST by = { 0 };
    struct evidence *e = arena_new(c->arena, struct evidence);
    struct buf b = buf_in(c->arena, REPORT_MOST);
    struct str zip, text;
    TRY(read_trust(c, args, &by));
    TRY(file_read(c, args_value(args, "FILE"), ASIC_BYTES_MOST, &zip));
    enum status st = evidence__judge(c, zip, &by, e);
    if (args_has(args, "json")) put_json(c->arena, &b, e);
    else put_text(&b, e);
    enum status written = buf_finish(&b, &text);
    if (written == ST_OK) (void)fwrite(text.p, 1, text.n, stdout);
    return st == ST_OK ? written : st;
}

/* ---- sen message show --container ---- */

struct export { struct str folder; const struct message_line *line; bool wrote; };

static enum status export_one(struct call *c, struct call *apart, void *arg)
{
    struct export *e = arg;
    struct made_container made;
    enum status st = evidence__make(apart, e->line->seq, &made);
    (void)c;
    if (st == ST_NOT_FOUND) {
        (void)printf("%.*s\n", STR_ARG(call_sentence(apart, st).sentence));
        return call_clear(apart), ST_OK;
    }
    TRY(st);
    struct str path = file_path(apart->arena, e->folder, made.name);
    TRY(file_write(apart, path, made.zip, 0600));
    (void)printf("%.*s%s\n", STR_ARG(path), made.is_stamped ? "" : " (not time-stamped yet: make it again in a minute)");
    e->wrote = true;
    return ST_OK;
}

enum status evidence__export(struct call *c, const struct message_line *list, size_t n, struct str folder)
{
    struct export e = { .folder = folder };
    TRY(file_make_folder(c, folder, 0700));
    for (size_t i = 0; i < n; i++) {
        e.line = &list[i];
        TRY(message__apart(c, export_one, &e));
    }
    return e.wrote ? ST_OK : call_fail(c, ST_NOT_FOUND, "ID", "No container could be made of this message: it was not signed, or too little of it is kept.");
}
