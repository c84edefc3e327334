/* certificates.c: the TLS certificates of information systems and backends, registered as files in node.yaml. A file that changes counts within seconds, one that is taken
 * away counts for nothing; what else becomes of it (unreadable, no certificate any more) is told in the log, and the certificate that was in it stays. */
#include "exchange/rights/rights.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/yaml.h"
#include "trust/cert.h"

enum { CERT_FILE_MAX = 64 * 1024 };

/* A file; the same one may stand in several lists. mark: how it looked when it was read, the job's alone after the start. */
struct certificate_file { struct certificate_file *next; const char *path; struct str der /* on the heap; guarded by exchange.lock */; struct timespec changed; off_t size; ino_t inode; };

static bool is_as_it_was(const struct certificate_file *f, const struct stat *s)
{
    return f->changed.tv_sec == s->st_mtim.tv_sec && f->changed.tv_nsec == s->st_mtim.tv_nsec && f->size == s->st_size && f->inode == s->st_ino;
}

static void look_at(struct certificate_file *f, const struct stat *s)
{
    f->changed = s->st_mtim;
    f->size = s->st_size;
    f->inode = s->st_ino;
}

static struct str on_heap(struct str s)
{
    char *p = heap_alloc(s.n + 1, 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (struct str){ p, s.n };
}

static void replace(struct exchange *ex, struct certificate_file *f, struct str der)
{
    struct str fresh = on_heap(der);
    (void)pthread_mutex_lock(&ex->lock);
    struct str old = f->der;
    f->der = fresh;
    (void)pthread_mutex_unlock(&ex->lock);
    heap_free((char *)(uintptr_t)old.p);
}

/* ---- at start ---- */

static struct certificate_file *add_file(struct exchange *ex, struct str path, struct str der)
{
    struct stat s;
    struct certificate_file *f = arena_new(ex->arena, struct certificate_file);
    f->path = str_to_z(ex->arena, path);
    f->der = on_heap(der);
    if (f->path && stat(f->path, &s) == 0) look_at(f, &s);
    f->next = ex->certificate_files;
    return ex->certificate_files = f;
}

enum status certificates__read(struct call *c, struct app *app, const struct yaml *list, struct certificates *ret)
{
    struct exchange *ex = app->exchange;
    struct str bytes, der;
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST) return yaml_fail(c, list, "Write certificates as a list of files: [systems/desk.pem].");
    struct certificate_file **files = arena_array(ex->arena, struct certificate_file *, yaml_count(list));
    size_t n = 0;
    for (const struct yaml *y = list->first; y; y = y->next) {
        if (y->kind != YAML_TEXT || !y->text.n) return yaml_fail(c, y, "Only names of certificate files may stand in this list.");
        struct str path = file_path(c->arena, app->folder, y->text);
        if (file_read(c, path, CERT_FILE_MAX, &bytes) != ST_OK)
            return call_clear(c), yaml_fail(c, y, "This file cannot be read. Name a certificate file as it lies in the node's folder.");
        if (cert_of_pem_or_der(c, bytes, &der) != ST_OK) return call_clear(c), yaml_fail(c, y, "This file holds no certificate. Give one X.509 certificate in PEM or DER form.");
        files[n++] = add_file(ex, path, der);
    }
    *ret = (struct certificates){ files, n };
    return ST_OK;
}

void certificates__free(struct exchange *ex)
{
    for (struct certificate_file *f = ex->certificate_files; f; f = f->next) heap_free((char *)(uintptr_t)f->der.p);
    ex->certificate_files = NULL;
}

/* folder_of: what the confined server must be let into to read the file again, also when another takes its place. The node's own folder, where the PIN lies, is not opened
 * for that: there only the file itself is, so that it may be written anew but not replaced. */
static struct str folder_of(struct arena *a, struct str path, struct str node)
{
    size_t n = path.n;
    while (n && path.p[n - 1] != '/') n--;
    struct str folder = str_first(path, n > 1 ? n - 1 : n);
    bool opens_node = folder.n == 0 || str_starts(node, folder) || str_find(path, STR("..")) != SIZE_MAX;
    return str_copy(a, opens_node ? path : folder);
}

size_t exchange_files_read_later(struct call *c, const struct app *app, const struct str **ret)
{
    size_t n = 0;
    const struct certificate_file *first = app->exchange ? app->exchange->certificate_files : NULL;
    for (const struct certificate_file *f = first; f; f = f->next) n++;
    struct str *list = arena_array(c->arena, struct str, n);
    n = 0;
    for (const struct certificate_file *f = first; f; f = f->next) list[n++] = folder_of(c->arena, str_z(f->path), app->folder);
    *ret = list;
    return n;
}

/* ---- asked ---- */

bool certificates__have(struct call *c, const struct certificates *certs, struct str der)
{
    struct exchange *ex = exchange__of(c);
    bool found = false;
    (void)pthread_mutex_lock(&ex->lock);
    for (size_t i = 0; i < certs->n && !found; i++) found = certs->files[i]->der.n && str_eq(certs->files[i]->der, der);
    (void)pthread_mutex_unlock(&ex->lock);
    return found;
}

/* ---- the job ---- */

static void tell(struct call *c, const struct certificate_file *f, const char *what, struct str why)
{
    log_line(LOG_WARN, "exchange", what, c->trace, log_text("file", str_z(f->path)), log_text("reason", why));
}

static void read_again(struct call *c, struct certificate_file *f)
{
    struct str bytes, der;
    enum status st = file_read(c, str_z(f->path), CERT_FILE_MAX, &bytes);
    if (st == ST_OK) st = cert_of_pem_or_der(c, bytes, &der);
    if (st == ST_OK) {
        replace(exchange__of(c), f, der);
        log_line(LOG_INFO, "exchange", "certificate.read", c->trace, log_text("file", str_z(f->path)));
        return;
    }
    tell(c, f, "certificate.kept", call_sentence(c, st).sentence);
    call_clear(c);
}

enum status certificates__job(struct call *c)
{
    struct stat s;
    for (struct certificate_file *f = exchange__of(c)->certificate_files; f; f = f->next) {
        bool is_there = stat(f->path, &s) == 0;
        if (!is_there && errno == ENOENT && f->inode) {
            look_at(f, &(struct stat){ 0 });
            replace(exchange__of(c), f, STR(""));
            tell(c, f, "certificate.gone", STR("The file was taken away: whoever shows this certificate is not let in any more."));
        }
        if (!is_there || is_as_it_was(f, &s)) continue;
        look_at(f, &s);
        read_again(c, f);
    }
    return ST_OK;
}
