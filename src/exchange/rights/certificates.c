/* certificates.c: the TLS certificates of information systems and backends, registered as files in node.yaml. A file that changes counts within seconds, one that is taken
 * away counts for nothing; what else becomes of it (unreadable, no certificate any more) is told in the log, and the certificate that was in it stays. */
#include "exchange/rights/rights.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/yaml.h"
#include "trust/cert.h"

enum { CERT_FILE_MAX = 64 * 1024, RETRY_MS = 60000 };

/* How a file looks; changed is the time of its inode, since a file that is let in by chmod has no other sign. Taken before the file is read: what is written in between is read
 * again. */
struct mark { struct timespec changed; off_t size; ino_t inode; };

/* A file; the same one may stand in several lists. The marks, of the last time it was read and of the last time that this failed, are the job's alone after the start. */
struct certificate_file {
    struct certificate_file *next;
    const char *path;
    struct str der; /* on the heap; guarded by exchange.lock */
    struct mark read, failed;
    int64_t again_ms;
};

static bool look_at(const char *path, struct mark *ret)
{
    struct stat s;
    if (stat(path, &s) != 0) return false;
    *ret = (struct mark){ s.st_ctim, s.st_size, s.st_ino };
    return true;
}

static bool is_same(const struct mark *a, const struct mark *b)
{
    return a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec && a->size == b->size && a->inode == b->inode;
}

static void replace(struct exchange *ex, struct certificate_file *f, struct str der)
{
    struct str fresh = heap_copy(der);
    (void)pthread_mutex_lock(&ex->lock);
    struct str old = f->der;
    f->der = fresh;
    (void)pthread_mutex_unlock(&ex->lock);
    heap_drop(old);
}

/* ---- at start ---- */

static struct certificate_file *add_file(struct exchange *ex, const char *path, const struct mark *mark, struct str der)
{
    struct certificate_file *f = arena_new(ex->arena, struct certificate_file);
    *f = (struct certificate_file){ .next = ex->certificate_files, .path = path, .der = heap_copy(der), .read = *mark };
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
        const char *z = str_to_z(ex->arena, path);
        struct mark mark;
        if (!z || !look_at(z, &mark) || file_read(c, path, CERT_FILE_MAX, &bytes) != ST_OK)
            return call_clear(c), yaml_fail(c, y, "This file cannot be read. Name a certificate file as it lies in the node's folder.");
        if (cert_of_pem_or_der(c, bytes, &der) != ST_OK) return call_clear(c), yaml_fail(c, y, "This file holds no certificate. Give one X.509 certificate in PEM or DER form.");
        files[n++] = add_file(ex, z, &mark, der);
    }
    *ret = (struct certificates){ files, n };
    return ST_OK;
}

void certificates__free(struct exchange *ex)
{
    for (struct certificate_file *f = ex->certificate_files; f; f = f->next) heap_drop(f->der);
    ex->certificate_files = NULL;
}

/* is_below: of two real paths, by whole components; a folder is below itself. */
static bool is_below(struct str path, struct str folder)
{
    return str_starts(path, folder) && (path.n == folder.n || str_ends(folder, STR("/")) || path.p[folder.n] == '/');
}

/* folder_of: what the confined server must be let into to read the file again, also when another takes its place. The node's own folder (a real path, of node_load), where the
 * PIN lies, is not opened for that, by whatever name: there only the file itself is, so that it may be written anew but not replaced. */
static struct str folder_of(struct arena *a, struct str path, struct str node)
{
    char real[PATH_MAX];
    size_t n = path.n;
    while (n && path.p[n - 1] != '/') n--;
    const char *folder = n ? str_to_z(a, str_first(path, n)) : NULL;
    bool opens_node = !folder || !realpath(folder, real) || is_below(node, str_z(real));
    return opens_node ? path : str_copy(a, str_z(real));
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

/* read_again: a failure may pass without another change of the file (too many files are open), so it is tried again now and then; it is told once. */
static void read_again(struct call *c, struct certificate_file *f, const struct mark *now)
{
    struct str bytes, der;
    enum status st = file_read(c, str_z(f->path), CERT_FILE_MAX, &bytes);
    if (st == ST_OK) st = cert_of_pem_or_der(c, bytes, &der);
    if (st == ST_OK) {
        f->read = *now;
        replace(exchange__of(c), f, der);
        log_line(LOG_INFO, "exchange", "certificate.read", c->trace, log_text("file", str_z(f->path)));
        return;
    }
    if (!is_same(now, &f->failed)) tell(c, f, "certificate.kept", call_sentence(c, st).sentence);
    f->failed = *now;
    f->again_ms = c->now_ms + RETRY_MS;
    call_clear(c);
}

enum status certificates__job(struct call *c)
{
    for (struct certificate_file *f = exchange__of(c)->certificate_files; f; f = f->next) {
        struct mark now;
        bool is_there = look_at(f->path, &now);
        if (!is_there && errno == ENOENT && f->read.inode) {
            f->read = (struct mark){ 0 };
            replace(exchange__of(c), f, STR(""));
            tell(c, f, "certificate.gone", STR("The file was taken away: whoever shows this certificate is not let in any more."));
        }
        if (is_there && !is_same(&now, &f->read) && (!is_same(&now, &f->failed) || c->now_ms >= f->again_ms)) read_again(c, f, &now);
    }
    return ST_OK;
}
