/* sqlite_wal.c: SQLite writes its log of writes (-wal) in pieces: for each page a head of 24 bytes and the page. Here they are joined, and reach the file as one piece when SQLite
 * asks for what it wrote to be on the disk, or reads it. Only for a connection that syncs at every commit (PRAGMA synchronous = FULL): there nobody else is told of a page
 * before the sync behind it came back well; what a crash leaves unwritten was never committed. All other files are the default VFS's own. */
#include "store/store_int.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

/* The default VFS writes less than 128 KiB at a time, and takes a longer piece for a shorter one. */
enum { JOINED_MOST = 120 * 1024 };

/* A -wal file. pending: bytes that belong at `at` of the real file and do not stand there yet; they are kept until they do, or their transaction is over. */
struct wal { sqlite3_file base; sqlite3_file *real; char *pending; size_t n; sqlite3_int64 at; };

static const sqlite3_io_methods methods;

static struct wal *wal_of(sqlite3_file *f) { return (struct wal *)f; }
static sqlite3_file *real_of(sqlite3_file *f) { return wal_of(f)->real; }

static int flush(struct wal *w)
{
    int code = w->n ? w->real->pMethods->xWrite(w->real, w->pending, (int)w->n, w->at) : SQLITE_OK;
    if (code == SQLITE_OK) w->n = 0;
    return code;
}

/* fits: the bytes continue what is pending, or replace some of it, as after a rollback. */
static bool fits(const struct wal *w, size_t n, sqlite3_int64 at)
{
    return w->n && at >= w->at && at <= w->at + (sqlite3_int64)w->n && (size_t)(at - w->at) + n <= JOINED_MOST;
}

static int wal_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    struct wal *w = wal_of(f);
    size_t size = (size_t)n;
    assert(size <= JOINED_MOST); /* a page has at most 64 KiB */
    if (!fits(w, size, at)) {
        int code = flush(w);
        if (code != SQLITE_OK) return code;
        w->at = at;
    }
    size_t from = (size_t)(at - w->at);
    memcpy(w->pending + from, bytes, size);
    if (from + size > w->n) w->n = from + size;
    return SQLITE_OK;
}

static int wal_read(sqlite3_file *f, void *bytes, int n, sqlite3_int64 at)
{
    struct wal *w = wal_of(f);
    int code = at + n > w->at ? flush(w) : SQLITE_OK;
    return code == SQLITE_OK ? w->real->pMethods->xRead(w->real, bytes, n, at) : code;
}

static int wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int code = flush(wal_of(f));
    return code == SQLITE_OK ? real_of(f)->pMethods->xTruncate(real_of(f), size) : code;
}

static int wal_sync(sqlite3_file *f, int flags)
{
    int code = flush(wal_of(f));
    return code == SQLITE_OK ? real_of(f)->pMethods->xSync(real_of(f), flags) : code;
}

static int wal_size(sqlite3_file *f, sqlite3_int64 *ret)
{
    int code = flush(wal_of(f));
    return code == SQLITE_OK ? real_of(f)->pMethods->xFileSize(real_of(f), ret) : code;
}

/* Once a transaction is over its place in the file belongs to whoever writes next, perhaps another process: what is pending of it must never get there. */
void store__sqlite_wal_forget(sqlite3 *db)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f) == SQLITE_OK && f && f->pMethods == &methods) wal_of(f)->n = 0;
}

/* wal_close: what is still pending was of a transaction that has not ended. */
static int wal_close(sqlite3_file *f)
{
    heap_free(wal_of(f)->pending);
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int wal_lock(sqlite3_file *f, int level) { return real_of(f)->pMethods->xLock(real_of(f), level); }
static int wal_unlock(sqlite3_file *f, int level) { return real_of(f)->pMethods->xUnlock(real_of(f), level); }
static int wal_is_reserved(sqlite3_file *f, int *ret) { return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret); }
static int wal_control(sqlite3_file *f, int what, void *arg) { return real_of(f)->pMethods->xFileControl(real_of(f), what, arg); }
static int wal_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int wal_device(sqlite3_file *f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); }

static const sqlite3_io_methods methods = {
    .iVersion = 1, .xClose = wal_close, .xRead = wal_read, .xWrite = wal_write, .xTruncate = wal_truncate, .xSync = wal_sync, .xFileSize = wal_size, .xLock = wal_lock,
    .xUnlock = wal_unlock, .xCheckReservedLock = wal_is_reserved, .xFileControl = wal_control, .xSectorSize = wal_sector, .xDeviceCharacteristics = wal_device,
};

/* The default VFS, and a copy of it that opens -wal files as above. Written once, before the first connection. */
static sqlite3_vfs *standard;
static sqlite3_vfs joining;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL)) return standard->xOpen(standard, name, f, flags, ret_flags);
    struct wal *w = wal_of(f);
    *w = (struct wal){ .real = (sqlite3_file *)(w + 1) };
    int code = standard->xOpen(standard, name, w->real, flags, ret_flags);
    if (code != SQLITE_OK) return code;
    w->pending = heap_alloc(JOINED_MOST, 1);
    w->base.pMethods = &methods;
    return SQLITE_OK;
}

const char store__sqlite_wal[] = "sen-wal";

void store__sqlite_wal_register(void)
{
    standard = sqlite3_vfs_find(NULL);
    joining = *standard;
    joining.zName = store__sqlite_wal;
    joining.pNext = NULL;
    joining.szOsFile = (int)sizeof(struct wal) + standard->szOsFile;
    joining.xOpen = open_file;
    (void)sqlite3_vfs_register(&joining, 0);
}
