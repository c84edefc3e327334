/* node_init.c: `sen node init` and `sen node certificate`. Works on the folder and the key holder alone: no database is opened. */
#include "main/node_init.h"

#include <stdio.h>

#include "base/config.h"
#include "base/file.h"
#include "base/random.h"
#include "main/node.h"

enum { CERT_FILE_MAX = 64 * 1024 };

/* The node's keys: purpose, algorithm, who needs it. The operator's own (authority, status, directory) are made by `sen ca init`. */
enum needed_by { NEED_ALL, NEED_IDENTITY };
static const struct { enum key_purpose purpose; enum key_algorithm algorithm; enum needed_by by; const char *request; } keys[] = {
    { KEY_TLS, KEY_P256, NEED_ALL, "tls" },
    { KEY_SIGN, KEY_P256, NEED_ALL, "sign" },
    { KEY_HEAD, KEY_ED25519, NEED_ALL, NULL },
    { KEY_SEAL, KEY_AES256, NEED_ALL, NULL },
    { KEY_ASSERT, KEY_P256, NEED_IDENTITY, "assert" },
};

const struct node_request node_requests[] = {
    { "tls", CERT_TLS }, { "sign", CERT_SIGN }, { "assert", CERT_SIGN }, { 0 },
};

static bool is_needed(const struct node *n, enum needed_by by)
{
    const struct config *cfg = node_app(n)->config;
    struct str issuer = config_text(cfg, "identity.issuer"), instance = config_text(cfg, "instance"), member = config_text(cfg, "member");
    switch (by) {
    case NEED_ALL: return true;
    case NEED_IDENTITY: return str_starts(issuer, instance) && str_ends(issuer, member) && issuer.n == instance.n + 1 + member.n;
    }
    return false;
}

/* subject_of: the Basic profile of X-Road (x-road digest 3.7). */
static struct cert_subject subject_of(struct call *c, const struct config *cfg, enum key_purpose purpose)
{
    struct str code = config_text(cfg, "member"), class_ = STR(""), name = config_text(cfg, "name"), country = config_text(cfg, "country");
    (void)str_cut(&code, '/', &class_);
    char *upper = arena_alloc(c->arena, country.n + 1, 1);
    for (size_t i = 0; i < country.n; i++) upper[i] = (char)(country.p[i] >= 'a' && country.p[i] <= 'z' ? country.p[i] - 32 : country.p[i]);
    struct cert_subject s = { .country = str_of(upper, country.n), .o = name, .serial_number = code };
    if (purpose == KEY_SIGN || purpose == KEY_ASSERT) {
        s.business_category = class_;
        s.cn = name;
    } else {
        struct str dns = str_print(c->arena, "%.*s.%.*s.%.*s", STR_ARG(config_text(cfg, "server")), STR_ARG(code), STR_ARG(config_text(cfg, "instance")));
        s.cn = str_lower(c->arena, dns);
    }
    return s;
}

static enum status make_one(struct call *c, const struct node *n, size_t i, enum key_algorithm sign)
{
    const struct config *cfg = c->app->config;
    const struct key *k;
    struct str owner = keys[i].purpose == KEY_SIGN ? config_text(cfg, "member") : STR("");
    enum status st = trust_key(c, keys[i].purpose, owner, &k);
    if (st != ST_OK) {
        call_clear(c);
        TRY(trust_make_key(c, keys[i].purpose, keys[i].purpose == KEY_SIGN ? sign : keys[i].algorithm, owner, &k));
    }
    if (!keys[i].request) return ST_OK;
    struct str der, path = str_print(c->arena, "%.*s/requests/%s.csr", STR_ARG(node_folder(n)), keys[i].request);
    struct cert_subject subject = subject_of(c, cfg, keys[i].purpose);
    TRY(csr_make(c, k, &subject, &der));
    return file_write(c, path, der, 0644);
}

static enum status with_holder(struct call *c, struct node *n, enum status (*work)(struct call *c, struct node *n, void *arg), void *arg)
{
    struct app *app = node_app(n);
    const struct app *before = c->app;
    int holder = 0;
    if (!node_holder_answers(c, n)) TRY(node_holder_start(c, n, &holder));
    c->app = app;
    enum status st = trust_start(c, node_keys_folder(c, n), node_socket(c, n), config_count(app->config, "trust.holder_ms"), &app->trust);
    if (st == ST_OK) st = work(c, n, arg);
    if (app->trust) trust_stop(app->trust);
    app->trust = NULL;
    c->app = before;
    node_holder_stop(holder);
    return st;
}

static enum status make_all(struct call *c, struct node *n, void *arg)
{
    const enum key_algorithm *sign = arg;
    TRY(file_make_folder(c, file_path(c->arena, node_folder(n), STR("requests")), 0755));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (is_needed(n, keys[i].by)) TRY(make_one(c, n, i, *sign));
    return ST_OK;
}

static enum status on_folder(struct call *c, struct str folder, enum status (*work)(struct call *c, struct node *n, void *arg), void *arg)
{
    struct node *n = NULL;
    TRY(node_load(c, folder, &n));
    enum status st = with_holder(c, n, work, arg);
    node_close(c, n);
    return st;
}

enum status node_init_pin(struct call *c, struct str folder)
{
    struct str path = file_path(c->arena, folder, STR("pin"));
    if (file_exists(c, path)) return ST_OK;
    return file_write(c, path, random_token(c->arena, 24), 0600);
}

enum status node_init_keys(struct call *c, struct str folder, enum key_algorithm sign) { return on_folder(c, folder, make_all, &sign); }

static enum status take_certificate(struct call *c, struct node *n, struct str cert)
{
    struct str der;
    struct cert_info info;
    TRY(cert_of_pem_or_der(c, cert, &der));
    TRY(cert_read(c, der, &info));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct key *k;
        struct str owner = keys[i].purpose == KEY_SIGN ? config_text(c->app->config, "member") : STR("");
        if (!keys[i].request || trust_key(c, keys[i].purpose, owner, &k) != ST_OK) {
            call_clear(c);
            continue;
        }
        if (!str_eq(key_public(k), info.public_key)) continue;
        struct str path = str_print(c->arena, "%.*s/%.*s.cert.pem", STR_ARG(node_keys_folder(c, n)), STR_ARG(key_id(k)));
        return file_write(c, path, cert_to_pem(c->arena, der), 0644);
    }
    return call_fail(c, ST_NOT_FOUND, "FILE", "No key of this node belongs to this certificate. Was the request made by another node?");
}

struct certificates { const struct str *certs; size_t n; };

static enum status take_certificates(struct call *c, struct node *n, void *arg)
{
    const struct certificates *list = arg;
    for (size_t i = 0; i < list->n; i++) TRY(take_certificate(c, n, list->certs[i]));
    return ST_OK;
}

enum status node_init_certificates(struct call *c, struct str folder, const struct str *certs, size_t n)
{
    return on_folder(c, folder, take_certificates, &(struct certificates){ certs, n });
}

enum status node_init_kind(struct call *c, struct str name, enum key_algorithm *ret)
{
    if (name.n && !str_eq(name, STR("p256")) && !str_eq(name, STR("rsa2048"))) return call_fail(c, ST_INVALID, "sign", "The signing key is p256 or rsa2048.");
    *ret = str_eq(name, STR("rsa2048")) ? KEY_RSA2048 : KEY_P256;
    return ST_OK;
}

enum status node_init_run(struct call *c, const struct args *args)
{
    struct str folder = args_value(args, "node");
    enum key_algorithm sign;
    if (str_is_empty(folder)) folder = STR(".");
    TRY(node_init_kind(c, args_value(args, "sign"), &sign));
    TRY(node_init_pin(c, folder));
    TRY(node_init_keys(c, folder, sign));
    (void)printf("Keys are made. Send requests/*.csr to the operator; take what comes back with\n  sen node certificate --node %.*s FILE\n"
                 "Put the configuration anchor of the operator beside node.yaml as anchor.xml, then start: sen serve --node %.*s\n", STR_ARG(folder), STR_ARG(folder));
    return ST_OK;
}

enum status node_certificate_run(struct call *c, const struct args *args)
{
    struct str folder = args_value(args, "node");
    const struct str *files;
    size_t n = args_rest(args, &files);
    struct str *certs = arena_array(c->arena, struct str, n);
    for (size_t i = 0; i < n; i++) TRY(file_read(c, files[i], CERT_FILE_MAX, &certs[i]));
    TRY(node_init_certificates(c, str_is_empty(folder) ? STR(".") : folder, certs, n));
    for (size_t i = 0; i < n; i++) (void)printf("%.*s is taken.\n", STR_ARG(files[i]));
    return ST_OK;
}
