/* directory_cmd.c: `sen directory anchor ...`, `sen directory group ...` and `sen directory rotate-key`: whom a node and a nation believe, and who belongs together. */
#include <stdio.h>

#include "base/args.h"
#include "base/config.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/operator/operator_int.h"

enum { SHA224_BYTES = 28, SHA256_BYTES = 32 };

/* ---- anchors ---- */

struct seen { struct str xml, sha224, sha256; struct anchor anchor; };

static enum status see(struct call *c, struct str path, struct seen *ret)
{
    uint8_t short_hash[SHA224_BYTES], hash[SHA256_BYTES];
    TRY(file_read(c, path, ANCHOR_MAX, &ret->xml));
    TRY(directory__read_anchor(c, ret->xml, &ret->anchor));
    trust_sha224(ret->xml, short_hash);
    trust_sha256(ret->xml, hash);
    ret->sha224 = encode_hex(c->arena, str_of(short_hash, sizeof short_hash));
    ret->sha256 = encode_hex(c->arena, str_of(hash, sizeof hash));
    return ST_OK;
}

static void print_anchor(struct call *c, const struct anchor *a)
{
    char made[TIME_TEXT] = "not said";
    if (a->made_ms) time_format_ms(a->made_ms, made);
    (void)printf("Instance   %.*s\nGenerated  %s\n", STR_ARG(a->instance), made);
    for (size_t i = 0; i < a->nsources; i++) {
        (void)printf("Source     %.*s\n", STR_ARG(a->sources[i].url));
        for (size_t k = 0; k < a->sources[i].ncerts; k++)
            (void)printf("  signed by the key of the certificate %.*s\n", STR_ARG(encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, a->sources[i].certs[k]))));
    }
}

static enum status anchor_show_run(struct call *c, const struct args *args)
{
    struct seen s;
    TRY(see(c, args_value(args, "FILE"), &s));
    print_anchor(c, &s.anchor);
    (void)printf("SHA-224    %.*s\nSHA-256    %.*s\nCompare one of them with what the operator told you by another way, then `sen directory anchor accept FILE --hash ...`.\n", STR_ARG(s.sha224), STR_ARG(s.sha256));
    return ST_OK;
}

/* plain_hash: as people read it to each other: in groups, with colons, in capitals. */
static struct str plain_hash(struct call *c, struct str text)
{
    struct buf b = buf_in(c->arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ':' && text.p[i] != ' ') buf_put_c(&b, text.p[i]);
    return str_lower(c->arena, buf_str(&b));
}

static enum status check_hash(struct call *c, const struct seen *s, struct str given)
{
    struct str hash = plain_hash(c, given);
    if (hash.n != s->sha224.n && hash.n != s->sha256.n) return call_fail(c, ST_INVALID, "hash", "Give the anchor's SHA-224 (56 digits) or SHA-256 (64 digits) as the operator told it to you.");
    if (str_eq(hash, s->sha224) || str_eq(hash, s->sha256)) return ST_OK;
    return call_fail(c, ST_DENIED, "hash", "The anchor is another one than the operator told you: its hash is different. Get it again, and do not use this one.");
}

/* accept_own: the anchor of our own nation stands in a file; it is read at the start. */
static enum status accept_own(struct call *c, const struct seen *s)
{
    if (config_flag(c->app->config, "exchange.operator"))
        return call_fail(c, ST_CONFLICT, "FILE", "This is the anchor of this nation itself. At the operator's node it is written with `sen directory publish --anchor FILE`.");
    TRY(file_write(c, file_path(c->arena, c->app->folder, config_text(c->app->config, "exchange.anchor")), s->xml, 0644));
    (void)printf("The anchor of %.*s is accepted. Restart the node.\n", STR_ARG(s->anchor.instance));
    return ST_OK;
}

static enum status accept_foreign(struct call *c, const struct seen *s)
{
    const struct anchor *list;
    size_t n;
    bool known = false;
    if (!config_flag(c->app->config, "exchange.operator"))
        return call_fail(c, ST_DENIED, "FILE", "The anchor is of the instance %s, this node of %s. Only the operator's node federates nations.", s->anchor.instance, exchange__of(c)->instance);
    TRY(operator__list_anchors(c, &list, &n));
    for (size_t i = 0; i < n && !known; i++) known = str_eq(list[i].instance, s->anchor.instance);
    if (n == FOREIGN_MAX && !known) return call_fail(c, ST_CONFLICT, "FILE", "A nation is federated with at most 16 others. Withdraw an anchor first.");
    TRY(operator__add_anchor(c, s->anchor.instance, s->xml));
    TRY(operator_publish(c));
    (void)printf("The anchor of %.*s is accepted and published to the members. Members of both nations exchange messages when %.*s has accepted ours too:\n"
                 "  sen directory publish --external-anchor FILE\n", STR_ARG(s->anchor.instance), STR_ARG(s->anchor.instance));
    return ST_OK;
}

static enum status anchor_accept_run(struct call *c, const struct args *args)
{
    struct seen s;
    TRY(see(c, args_value(args, "FILE"), &s));
    TRY(check_hash(c, &s, args_value(args, "hash")));
    return str_eq(s.anchor.instance, exchange__of(c)->instance) ? accept_own(c, &s) : accept_foreign(c, &s);
}

static enum status anchor_withdraw_run(struct call *c, const struct args *args)
{
    struct str instance = args_value(args, "INSTANCE");
    TRY(operator__need(c));
    TRY(operator__drop_anchor(c, instance));
    TRY(operator_publish(c));
    (void)printf("The anchor of %.*s is withdrawn. Members exchange nothing with it from their next fetch of the directory on.\n", STR_ARG(instance));
    return ST_OK;
}

/* anchor_list: what the nation believes: at the operator its table, elsewhere what the directory says. */
static enum status anchor_list_run(struct call *c, const struct args *args)
{
    const struct exchange *ex = exchange__of(c);
    DIRECTORY d = NULL;
    (void)args;
    if (ex->has_anchor) print_anchor(c, &ex->anchor);
    TRY(directory__hold(c, &d));
    for (size_t i = 0; i < d->nanchors; i++) {
        (void)printf("\n");
        print_anchor(c, &d->anchors[i]);
    }
    return ST_OK;
}

/* ---- configurations for those that judge evidence ---- */

/* export_nation: FOLDER/INSTANCE/shared-params.xml and the version beside it, as X-Road stores them. */
static enum status export_nation(struct call *c, struct str folder, struct str instance)
{
    struct dir_set set;
    struct signed_directory s;
    struct str into = file_path(c->arena, folder, url_encode(c->arena, instance)), xml = file_path(c->arena, into, STR("shared-params.xml"));
    TRY(directory__read_stored(c, instance, &set));
    TRY(directory__read_signed(c, set.document, &s));
    TRY(file_make_folder(c, into, 0755));
    for (size_t i = 0; i < set.n; i++)
        if (str_eq(set.identifiers[i], STR("SHARED-PARAMETERS"))) TRY(file_write(c, xml, set.bytes[i], 0644));
    TRY(file_write(c, str_join(c->arena, xml, STR(".metadata"), STR_END), str_print(c->arena, "{\"configurationVersion\":\"%d\"}", s.version), 0644));
    (void)printf("%.*s\n", STR_ARG(xml));
    return ST_OK;
}

static enum status export_run(struct call *c, const struct args *args)
{
    struct directory *list[FOREIGN_MAX + 1];
    size_t n = directory__hold_all(exchange__of(c), list, FOREIGN_MAX + 1);
    enum status st = n ? ST_OK : call_fail(c, ST_UNAVAILABLE, "", "This node has no directory yet. Start it, and try again when it has fetched one.");
    for (size_t i = 0; i < n; i++) {
        if (st == ST_OK) st = export_nation(c, args_value(args, "FOLDER"), list[i]->instance);
        directory__drop(&list[i]);
    }
    return st;
}

/* ---- groups ---- */

static enum status group_add_run(struct call *c, const struct args *args)
{
    TRY(operator__need(c));
    TRY(operator__put_group(c, args_value(args, "CODE"), args_value(args, "title")));
    return operator_publish(c);
}

static enum status change_group(struct call *c, const struct args *args, bool in)
{
    struct xid member;
    TRY(operator__need(c));
    if (!xid_parse_client(c->arena, args_value(args, "MEMBER"), &member)) return call_fail(c, ST_INVALID, "MEMBER", "Write a member of a group as INSTANCE/CLASS/MEMBER[/SUBSYSTEM].");
    TRY(operator__put_group_member(c, args_value(args, "CODE"), &member, in));
    return operator_publish(c);
}

static enum status group_put_run(struct call *c, const struct args *args) { return change_group(c, args, true); }
static enum status group_take_run(struct call *c, const struct args *args) { return change_group(c, args, false); }

static enum status group_list_run(struct call *c, const struct args *args)
{
    DIRECTORY d = NULL;
    (void)args;
    TRY(directory__hold(c, &d));
    for (size_t i = 0; i < d->ngroups; i++) {
        (void)printf("%.*s/%.*s\n", STR_ARG(d->instance), STR_ARG(d->groups[i].code));
        for (size_t k = 0; k < d->groups[i].nmembers; k++) (void)printf("  %.*s\n", STR_ARG(xid_format(c->arena, &d->groups[i].members[k])));
    }
    return ST_OK;
}

/* ---- the key ---- */

static enum status rotate_key_run(struct call *c, const struct args *args)
{
    int64_t at_ms;
    (void)args;
    TRY(operator_rotate_key(c, &at_ms));
    (void)printf("A new key of the directory is made and published. It signs from %.*s on. Nobody needs a new anchor; give new members the one of `sen directory publish --anchor FILE`.\n", STR_ARG(text_moment(c, at_ms)));
    return ST_OK;
}

/* ---- tables ---- */

static const struct option file_options[] = { { OPTION_OPERAND, "FILE", NULL, "the anchor", true }, { OPTION_END, NULL, NULL, NULL, false } };
static const struct option accept_options[] = {
    { OPTION_OPERAND, "FILE", NULL, "the anchor", true },
    { OPTION_VALUE, "hash", "HEX", "its SHA-224 or SHA-256, as the operator told it by another way", true },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option folder_options[] = { { OPTION_OPERAND, "FOLDER", NULL, "where they are written", true }, { OPTION_END, NULL, NULL, NULL, false } };
static const struct option instance_options[] = { { OPTION_OPERAND, "INSTANCE", NULL, "the other nation's instance", true }, { OPTION_END, NULL, NULL, NULL, false } };
static const struct option group_options[] = {
    { OPTION_OPERAND, "CODE", NULL, "code of the group", true },
    { OPTION_VALUE, "title", "TEXT", "what it is for", true },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option group_member_options[] = {
    { OPTION_OPERAND, "CODE", NULL, "code of the group", true },
    { OPTION_OPERAND, "MEMBER", NULL, "INSTANCE/CLASS/MEMBER[/SUBSYSTEM]", true },
    { OPTION_END, NULL, NULL, NULL, false } };

static const struct command commands[] = {
    { .name = "directory anchor show", .summary = "Shows a configuration anchor and its hashes.", .options = file_options, .run = anchor_show_run, .needs = COMMAND_FREE },
    { .name = "directory anchor accept", .summary = "Accepts a configuration anchor whose hash was compared.", .options = accept_options, .run = anchor_accept_run, .needs = COMMAND_NODE },
    { .name = "directory anchor withdraw", .summary = "Ends the federation with another nation (operator).", .options = instance_options, .run = anchor_withdraw_run, .needs = COMMAND_NODE },
    { .name = "directory anchor list", .summary = "Lists the anchors that this nation believes.", .options = NULL, .run = anchor_list_run, .needs = COMMAND_NODE },
    { .name = "directory group add", .summary = "Makes a global group, or changes its title (operator).", .options = group_options, .run = group_add_run, .needs = COMMAND_NODE },
    { .name = "directory group put", .summary = "Puts a member or subsystem into a global group (operator).", .options = group_member_options, .run = group_put_run, .needs = COMMAND_NODE },
    { .name = "directory group take", .summary = "Takes a member or subsystem out of a global group (operator).", .options = group_member_options, .run = group_take_run, .needs = COMMAND_NODE },
    { .name = "directory group list", .summary = "Lists the global groups of the directory.", .options = NULL, .run = group_list_run, .needs = COMMAND_NODE },
    { .name = "directory export", .summary = "Writes the shared parameters of every known nation, for `message verify --conf`.", .options = folder_options, .run = export_run, .needs = COMMAND_NODE },
    { .name = "directory rotate-key", .summary = "Makes a new key for the signature of the directory (operator).", .options = NULL, .run = rotate_key_run, .needs = COMMAND_NODE },
    { 0 } };

const struct module directory_module = { .name = "directory", .commands = commands };
