/* sqlite_tidy.c: what was committed goes from SQLite's log of writes (-wal) into the database file. SQLite by itself would do so inside a commit, while everybody waits for it. Here a
 * thread with a connection of its own moves nearly all of it, beside the writer, who goes on meanwhile. But SQLite begins the log anew only when all of it has been moved, which
 * never happens beside a writer that does not rest: so the little that came meanwhile is moved by the writer. */
#include "store/store_int.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/strand.h"
#include "base/thread_name.h"

enum { FULL_PAGES = 4000 /* 16 MiB, far below journal_size_limit */, FEW_PAGES = 500, ROUNDS_MOST = 4 /* a disk that is slower than the writer */ };

struct tidier {
    sqlite3 *db;             /* opened when it is needed first */
    pthread_t thread;
    bool runs;
    _Atomic bool done;       /* the thread is; it has only to be joined */
    int moved, rounds;       /* pages of the log that stand in the database; threads one after the other */
    int next;                /* with so many pages in the log it is time */
    char path[];
};

struct tidier *store__sqlite_tidier_new(const char *path)
{
    struct tidier *t = heap_grow(NULL, sizeof *t + strlen(path) + 1);
    *t = (struct tidier){ 0 };
    memcpy(t->path, path, strlen(path) + 1);
    return t;
}

/* open_own: SQLite looks at the log for a connection that has read something; before, it has nothing to move. */
static bool open_own(struct tidier *t)
{
    if (t->db) return true;
    if (sqlite3_open_v2(t->path, &t->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
        && sqlite3_exec(t->db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) == SQLITE_OK) return true;
    (void)sqlite3_close_v2(t->db);
    t->db = NULL;
    return false;
}

static void *move(void *arg)
{
    struct tidier *t = arg;
    int pages, moved = 0;
    thread_name("sen-tidy");
    bool done = open_own(t) && sqlite3_wal_checkpoint_v2(t->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved) == SQLITE_OK;
    t->moved = done && moved > 0 ? moved : 0;
    atomic_store(&t->done, true);
    return NULL;
}

/* begin: false when there is no thread to be had. */
static bool begin(struct tidier *t)
{
    atomic_store(&t->done, false);
    t->runs = pthread_create(&t->thread, NULL, move, t) == 0;
    t->rounds++;
    return t->runs;
}

static void finish(struct tidier *t)
{
    if (t->runs) (void)pthread_join(t->thread, NULL);
    t->runs = false;
}

static void move_rest(void *arg) { (void)sqlite3_wal_checkpoint_v2(arg, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL); }

/* One that does not come to its end (readers, another process, no room) is tried again when the log has grown a little. */
void store__sqlite_tidy(struct tidier *t, sqlite3 *writer, int pages)
{
    if (pages < FULL_PAGES) t->next = FULL_PAGES;
    if (t->runs ? !atomic_load(&t->done) : pages < t->next) return;
    bool moved = t->runs;
    finish(t);
    bool again = !moved || (pages - t->moved > FEW_PAGES && t->rounds < ROUNDS_MOST);
    if (again && begin(t)) return;
    t->rounds = 0;
    t->next = pages + FEW_PAGES;
    strand_outside(move_rest, writer);
}

void store__sqlite_tidier_free(struct tidier *t)
{
    if (!t) return;
    finish(t);
    (void)sqlite3_close_v2(t->db);
    heap_free(t);
}
