/* file.c: whole files. A file that is written is there with its old content or its new one, also after a power cut. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/random.h"

enum { CHUNK = 64 * 1024, REASON_MAX = 200 };

/* note_errno: the system's reason goes to the log, the person gets a sentence. */
static void note_errno(struct call *c, const char *step, int reason)
{
    char text[REASON_MAX] = "";
    (void)strerror_r(reason, text, sizeof text);
    call_note(c, "base", "%s: %s", step, text);
}

static enum status fail_read(struct call *c, struct str path, int reason)
{
    if (reason == ENOENT || reason == ENOTDIR) return call_fail(c, ST_NOT_FOUND, "", "There is no file %s. Check the name.", path);
    note_errno(c, "file_read", reason);
    if (reason == EACCES) return call_fail(c, ST_UNAVAILABLE, "", "The file %s may not be read by this user. Change its owner or its mode.", path);
    return call_fail(c, ST_UNAVAILABLE, "", "The file %s cannot be read now. The log says why.", path);
}

static enum status fail_write(struct call *c, struct str path, const char *step, int reason)
{
    note_errno(c, step, reason);
    if (reason == ENOSPC || reason == EDQUOT) return call_fail(c, ST_UNAVAILABLE, "", "The disk is full: %s was not written. Make room and try again.", path);
    if (reason == EACCES || reason == EPERM || reason == EROFS)
        return call_fail(c, ST_UNAVAILABLE, "", "%s may not be written by this user. Change the owner or the mode of its folder.", path);
    return call_fail(c, ST_UNAVAILABLE, "", "%s cannot be written now. The log says why.", path);
}

static enum status path_z(struct call *c, struct str path, const char **ret)
{
    const char *z = path.n ? str_to_z(c->arena, path) : NULL;
    if (!z) return call_fail(c, ST_INVALID, "", "The name of a file is empty or holds a NUL byte. Write another name.");
    *ret = z;
    return ST_OK;
}

static enum status fail_large(struct call *c, struct str path, size_t max)
{
    return call_fail(c, ST_TOO_LARGE, "", "The file %s is too large: at most %s bytes are read.", path, str_print(c->arena, "%zu", max));
}

enum status file_read(struct call *c, struct str path, size_t max, struct str *ret)
{
    const char *z;
    struct stat info;
    TRY(path_z(c, path, &z));
    call_may_wait(c);
    FILE_FD fd = open(z, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &info) != 0) return fail_read(c, path, errno);
    if (S_ISDIR(info.st_mode)) return call_fail(c, ST_INVALID, "", "%s is a folder. Name a file.", path);
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > max) return fail_large(c, path, max);
    /* One byte more than the size shows the end without a second block; pipes and /proc say 0 and grow: on the heap, since an arena would keep each size that they had. */
    bool is_sized = S_ISREG(info.st_mode) && info.st_size > 0;
    size_t step = is_sized ? (size_t)info.st_size + 1 : CHUNK;
    BUF b = is_sized ? buf_in(c->arena, SIZE_MAX / 2) : buf_heap(SIZE_MAX / 2);
    for (;; step = CHUNK) {
        ssize_t n = read(fd, buf_room(&b, step), step);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_read(c, path, errno);
        if (n == 0) break;
        buf_added(&b, (size_t)n);
        if (b.n > max) return fail_large(c, path, max);
    }
    *ret = is_sized ? buf_str(&b) : str_copy(c->arena, buf_str(&b));
    return ST_OK;
}

static bool write_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        s = str_skip(s, (size_t)n);
    }
    return true;
}

/* sync_folder: the new name itself must survive a power cut, not only the bytes. */
static bool sync_folder(struct call *c, struct str path)
{
    size_t n = path.n;
    while (n && path.p[n - 1] != '/') n--;
    const char *folder = n ? str_to_z(c->arena, str_first(path, n)) : ".";
    FILE_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static enum status write_temporary(struct call *c, struct str path, const char *temporary, struct str content, unsigned mode)
{
    FILE_FD fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return fail_write(c, path, "open", errno);
    if (!write_all(fd, content)) return fail_write(c, path, "write", errno);
    if (fchmod(fd, mode) != 0) return fail_write(c, path, "fchmod", errno);
    return fsync(fd) == 0 ? ST_OK : fail_write(c, path, "fsync", errno);
}

enum status file_write(struct call *c, struct str path, struct str content, unsigned mode)
{
    const char *z, *temporary;
    TRY(path_z(c, path, &z));
    TRY(path_z(c, str_join(c->arena, path, STR(".new-"), random_token(c->arena, 9), STR_END), &temporary));
    call_may_wait(c);
    enum status st = write_temporary(c, path, temporary, content, mode);
    if (st == ST_OK && rename(temporary, z) != 0) st = fail_write(c, path, "rename", errno);
    if (st != ST_OK) {
        (void)unlink(temporary); /* it may never have been made */
        return st;
    }
    return sync_folder(c, path) ? ST_OK : fail_write(c, path, "fsync of the folder", errno);
}

enum status file_make_folder(struct call *c, struct str path, unsigned mode)
{
    const char *z;
    struct stat info;
    TRY(path_z(c, path, &z));
    for (size_t i = 1; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/') continue;
        const char *part = str_to_z(c->arena, str_first(path, i));
        if (mkdir(part, mode) != 0 && errno != EEXIST) return fail_write(c, path, "mkdir", errno);
    }
    if (stat(z, &info) != 0) return fail_write(c, path, "stat", errno);
    if (!S_ISDIR(info.st_mode)) return call_fail(c, ST_CONFLICT, "", "%s is a file, but a folder is needed here. Move it away.", path);
    return ST_OK;
}

bool file_exists(struct call *c, struct str path)
{
    struct stat info;
    const char *z = path.n ? str_to_z(c->arena, path) : NULL;
    return z && stat(z, &info) == 0;
}

struct str file_path(struct arena *a, struct str folder, struct str name)
{
    if (folder.n == 0 || str_starts(name, STR("/"))) return str_copy(a, name);
    return str_join(a, folder, str_ends(folder, STR("/")) ? STR("") : STR("/"), name, STR_END);
}
