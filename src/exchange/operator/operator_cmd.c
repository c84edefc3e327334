/* operator_cmd.c: the operator's commands: `sen ca ...`, `sen directory ...` and, in a sandbox, `sen outage ...`. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/time.h"
#include "exchange/figures.h"
#include "exchange/operator/operator_int.h"

enum { FILE_MAX_BYTES = 64 * 1024, CERT_S = 825 * 86400 };

static const char *kind_name(enum cert_kind kind)
{
    switch (kind) {
    case CERT_CA: return "ca";
    case CERT_OCSP: return "ocsp";
    case CERT_TLS: return "tls";
    case CERT_SIGN: return "sign";
    case CERT_CONF: return "conf";
    case CERT_STAMP: return "stamp";
    }
    return "?";
}

static bool kind_of_name(struct str name, enum cert_kind *ret)
{
    static const enum cert_kind kinds[] = { CERT_TLS, CERT_SIGN, CERT_OCSP };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(name, str_z(kind_name(kinds[i])))) return *ret = kinds[i], true;
    return false;
}

static enum status ca_init_run(struct call *c, const struct args *args)
{
    (void)args;
    TRY(operator_ca_init(c));
    (void)printf("The authority is made. Publish the directory with `sen directory publish`.\n");
    return ST_OK;
}

static enum status ca_issue_run(struct call *c, const struct args *args)
{
    struct str csr, der, out = args_value(args, "out");
    enum cert_kind kind;
    int64_t lasts_s;
    if (!kind_of_name(args_value(args, "kind"), &kind)) return call_fail(c, ST_INVALID, "kind", "The kind is tls, sign or ocsp.");
    TRY(args_count(c, args, "seconds", CERT_S, 1, CERT_S, &lasts_s));
    TRY(file_read(c, args_value(args, "CSR"), FILE_MAX_BYTES, &csr));
    TRY(operator_issue_for(c, csr, kind, 1000 * lasts_s, &der));
    struct str pem = cert_to_pem(c->arena, der);
    if (out.n) return file_write(c, out, pem, 0644);
    (void)printf("%.*s", STR_ARG(pem));
    return ST_OK;
}

static enum status ca_revoke_run(struct call *c, const struct args *args)
{
    int64_t serial;
    if (!str_int(args_value(args, "SERIAL"), &serial)) return call_fail(c, ST_INVALID, "SERIAL", "Write the serial number in decimal digits, as `sen ca list` shows it.");
    TRY(operator_revoke(c, serial));
    (void)printf("Certificate %lld is revoked.\n", (long long)serial);
    return ST_OK;
}

static enum status ca_list_run(struct call *c, const struct args *args)
{
    const struct operator_cert *list;
    char ends[TIME_TEXT];
    size_t n;
    (void)args;
    TRY(operator__list_certs(c, &list, &n));
    for (size_t i = 0; i < n; i++) {
        time_format_ms(list[i].ends_ms, ends);
        const char *state = list[i].revoked_ms != TIME_FAR ? "revoked" : list[i].ends_ms <= c->now_ms ? "ended" : "good";
        (void)printf("%6lld  %-5s  %-7s  until %.10s  %.*s\n", (long long)list[i].serial, kind_name(list[i].kind), state, ends, STR_ARG(list[i].subject));
    }
    return ST_OK;
}

/* ---- directory ---- */

/* admit_with: add what was said; the certificate comes from a file. */
static enum status admit_with(struct call *c, const struct args *args, struct operator_admission *a)
{
    struct str path = args_value(args, "cert"), bytes;
    a->member = args_value(args, "MEMBER");
    a->name = args_value(args, "name");
    a->server = args_value(args, "server");
    a->address = args_value(args, "address");
    if (path.n) {
        TRY(file_read(c, path, FILE_MAX_BYTES, &bytes));
        TRY(cert_of_pem_or_der(c, bytes, &a->auth_cert));
    }
    TRY(operator_admit(c, a));
    return operator_publish(c);
}

static enum status add_member_run(struct call *c, const struct args *args)
{
    struct operator_admission a = { 0 };
    return admit_with(c, args, &a);
}

static enum status add_client_run(struct call *c, const struct args *args)
{
    struct operator_subsystem s = { args_value(args, "SUBSYSTEM"), args_value(args, "title") };
    struct operator_admission a = { .subsystems = &s, .nsubsystems = 1 };
    return admit_with(c, args, &a);
}

static enum status publish_run(struct call *c, const struct args *args)
{
    struct str anchor, out = args_value(args, "anchor"), outside = args_value(args, "external-anchor");
    TRY(operator_publish(c));
    if (out.n) {
        TRY(operator_anchor(c, &anchor));
        TRY(file_write(c, out, anchor, 0644));
    }
    if (!outside.n) return ST_OK;
    TRY(operator_external_anchor(c, &anchor));
    return file_write(c, outside, anchor, 0644);
}

/* print_ends: the countdown of our own directory and of those of other nations. */
static void print_ends(struct call *c)
{
    struct exchange_directory_info list[EXCHANGE_DIRECTORIES_MAX];
    size_t n = exchange_list_directories(c, list);
    for (size_t i = 0; i < n; i++) {
        int64_t left_s = (list[i].ends_ms - c->now_ms) / 1000;
        if (!list[i].ends_ms) (void)printf("directory of %.*s  not fetched yet\n", STR_ARG(list[i].instance));
        else if (left_s <= 0) (void)printf("directory of %.*s  has ended\n", STR_ARG(list[i].instance));
        else (void)printf("directory of %.*s  ends in %lld min %02lld s unless it is renewed\n", STR_ARG(list[i].instance), (long long)(left_s / 60), (long long)(left_s % 60));
    }
}

static enum status show_run(struct call *c, const struct args *args)
{
    DIRECTORY d = NULL;
    (void)args;
    print_ends(c);
    TRY(directory__hold(c, &d));
    for (size_t i = 0; i < d->nmembers; i++) (void)printf("%.*s  %.*s\n", STR_ARG(d->members[i].key), STR_ARG(d->members[i].name));
    for (size_t i = 0; i < d->nservers; i++) {
        const struct dir_server *s = &d->servers[i];
        (void)printf("server %.*s  %.*s  %zu certificates:", STR_ARG(s->key), STR_ARG(s->address), s->nhashes);
        for (size_t k = 0; k < s->nclients; k++) (void)printf(" %.*s", STR_ARG(d->members[s->clients[k]].key));
        (void)printf("\n");
    }
    return ST_OK;
}

static const struct option issue_options[] = {
    { OPTION_OPERAND, "CSR", NULL, "file with the request, PEM or DER", true },
    { OPTION_VALUE, "kind", "KIND", "tls, sign or ocsp", true },
    { OPTION_VALUE, "out", "FILE", "where the certificate is written; else it is printed", false },
    { OPTION_VALUE, "seconds", "N", "how long it is valid (825 days)", false },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option revoke_options[] = { { OPTION_OPERAND, "SERIAL", NULL, "serial number", true }, { OPTION_END, NULL, NULL, NULL, false } };
static const struct option member_options[] = {
    { OPTION_OPERAND, "MEMBER", NULL, "GOV/H26", true },
    { OPTION_VALUE, "name", "NAME", "the agency's name", true },
    { OPTION_VALUE, "server", "CODE", "code of its server", true },
    { OPTION_VALUE, "address", "HOST", "host name or address of its server", true },
    { OPTION_VALUE, "cert", "FILE", "the server's TLS certificate", false },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option client_options[] = {
    { OPTION_OPERAND, "MEMBER", NULL, "GOV/H26", true },
    { OPTION_OPERAND, "SUBSYSTEM", NULL, "code of the subsystem", true },
    { OPTION_VALUE, "title", "NAME", "the subsystem's name", true },
    { OPTION_VALUE, "name", "NAME", "the agency's name", true },
    { OPTION_VALUE, "server", "CODE", "code of its server", true },
    { OPTION_VALUE, "address", "HOST", "host name or address of its server", true },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option publish_options[] = { { OPTION_VALUE, "anchor", "FILE", "write the configuration anchor for members too", false },
    { OPTION_VALUE, "external-anchor", "FILE", "write the one for operators of other nations too", false }, { OPTION_END, NULL, NULL, NULL, false } };

static const struct option service_options[] = { { OPTION_OPERAND, "SERVICE", NULL, "ocsp, stamp or directory", true }, { OPTION_END, NULL, NULL, NULL, false } };
static const struct option stall_options[] = {
    { OPTION_OPERAND, "SERVICE", NULL, "ocsp, stamp or directory", true },
    { OPTION_VALUE, "seconds", "N", "how late it answers (30)", false },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option expire_options[] = { { OPTION_VALUE, "seconds", "N", "how long from now it is still valid (90)", false }, { OPTION_END, NULL, NULL, NULL, false } };

static const struct command commands[] = {
    { .name = "ca init", .summary = "Makes the sandbox authority (operator).", .options = NULL, .run = ca_init_run, .needs = COMMAND_NODE },
    { .name = "ca issue", .summary = "Answers a certificate request (operator).", .options = issue_options, .run = ca_issue_run, .needs = COMMAND_NODE },
    { .name = "ca revoke", .summary = "Revokes a certificate (operator).", .options = revoke_options, .run = ca_revoke_run, .needs = COMMAND_NODE },
    { .name = "ca list", .summary = "Lists the certificates that were issued (operator).", .options = NULL, .run = ca_list_run, .needs = COMMAND_NODE },
    { .name = "directory add-member", .summary = "Admits a member and its server (operator).", .options = member_options, .run = add_member_run, .needs = COMMAND_NODE },
    { .name = "directory add-server", .summary = "Adds a server, its address or its certificate (operator).", .options = member_options, .run = add_member_run, .needs = COMMAND_NODE },
    { .name = "directory add-client", .summary = "Registers a subsystem on a server (operator).", .options = client_options, .run = add_client_run, .needs = COMMAND_NODE },
    { .name = "directory publish", .summary = "Signs and publishes the directory now (operator).", .options = publish_options, .run = publish_run, .needs = COMMAND_NODE },
    { .name = "directory show", .summary = "Shows members and servers of the valid directory.", .options = NULL, .run = show_run, .needs = COMMAND_NODE },
    { .name = "outage list", .summary = "Lists which services of the sandbox were taken away (operator).", .options = NULL, .run = outage__list_run, .needs = COMMAND_NODE },
    { .name = "outage stop", .summary = "Stops a service of the sandbox (operator).", .options = service_options, .run = outage__stop_run, .needs = COMMAND_NODE },
    { .name = "outage stall", .summary = "Makes a service of the sandbox answer late (operator).", .options = stall_options, .run = outage__stall_run, .needs = COMMAND_NODE },
    { .name = "outage expire", .summary = "Lets the sandbox's directory run out (operator).", .options = expire_options, .run = outage__expire_run, .needs = COMMAND_NODE },
    { .name = "outage end", .summary = "Gives a service of the sandbox back (operator).", .options = service_options, .run = outage__end_run, .needs = COMMAND_NODE },
    { 0 } };

const struct module operator_module = { .name = "operator", .commands = commands };
