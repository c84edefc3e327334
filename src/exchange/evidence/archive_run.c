/* archive_run.c: the job that archives the message log (x-road 5.6). A file is made whole in memory from the rows that follow the last one archived; then it stands in the journal
 * and, as a plan, in LOG; then it is written durably; then it counts. A crash leaves a plan: when its file is there and whole it counts, else it is made anew. */
#include "exchange/evidence/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/config.h"
#include "base/file.h"
#include "base/time.h"
#include "trust/journal.h"

enum { MOMENT_DIGITS = 14, NAME_DIGITS = 10, FILE_MODE = 0600, FOLDER_MODE = 0700 };

static void folder_done(DIR **d) { if (*d) (void)closedir(*d); }
#define FOLDER __attribute__((cleanup(folder_done))) DIR *

/* A run: calls of their own for a file, for a time-stamp and for a message, so that memory does not grow with the log. */
struct run {
    const struct archive_how *how;
    struct call *file, *stamp, *message;
    struct evidence_stamp under; size_t at; bool has_stamp; /* where the next message stands */
    int64_t seq;                                            /* the last row that was looked at */
};

/* A file that is being made. */
struct filling { struct archive_row row; struct archive_links links; struct asic_entry *entries; struct archive_link *list; struct str digest; size_t bytes; int64_t first_ms, last_ms; };

/* ---- the next message ---- */

/* find_place: the first leaf after the last row that was looked at; ST_NOT_FOUND when everything that is time-stamped was. */
static enum status find_place(struct run *r)
{
    for (;;) {
        for (; r->has_stamp && r->at < (size_t)r->under.row.n; r->at++)
            if (message__leaf_seq(r->under.row.leaves, r->at) > r->seq) return ST_OK;
        if (r->has_stamp && r->seq < r->under.row.last_seq) r->seq = r->under.row.last_seq; /* unsigned rows at its end */
        size_t at;
        r->has_stamp = false;
        call_renew(r->stamp);
        TRY(evidence__read_stamp(r->stamp, r->seq + 1, &r->under, &at));
        r->has_stamp = true;
        r->at = 0;
    }
}

static void add(struct run *r, struct filling *f, int64_t seq, const struct made_container *made)
{
    struct arena *a = r->file->arena;
    struct asic_entry *e = &f->entries[f->links.n];
    *e = (struct asic_entry){ str_copy(a, made->name), str_copy(a, made->zip) };
    f->digest = archive__next_digest(a, f->digest, e->bytes);
    f->list[f->links.n++] = (struct archive_link){ f->digest, e->name };
    f->bytes += e->bytes.n;
    if (!f->row.first_seq) {
        f->row.first_seq = seq;
        f->first_ms = r->under.row.at_ms;
    }
    f->last_ms = r->under.row.at_ms;
}

/* add_message: one of which only metadata is kept proves nothing, and is passed over. */
static enum status add_message(struct run *r, struct filling *f)
{
    int64_t seq = message__leaf_seq(r->under.row.leaves, r->at);
    struct call *c = r->message;
    struct message_parts parts;
    struct made_container made;
    call_renew(c);
    enum status st = message__open(c, seq, &parts);
    if (st == ST_NOT_FOUND)
        return call_fail(c, ST_BROKEN, "archive", "Row %s of the message log is missing, so nothing after it is archived. Run sen message verify-stamps, and restore the log from a backup.",
                         str_print(c->arena, "%lld", (long long)seq));
    TRY(st);
    if (parts.is_whole) {
        TRY(evidence__under_stamp(c, &parts, &r->under, r->at, &made));
        add(r, f, seq, &made);
    }
    r->seq = seq;
    r->at++;
    return ST_OK;
}

/* ---- a file ---- */

static enum status begin(struct run *r, struct filling *f)
{
    struct call *c = r->file;
    struct archive_row last;
    call_renew(c);
    TRY(archive__last(c, &last));
    *f = (struct filling){ .links = { .prev_digest = last.digest, .prev_file = last.file }, .digest = last.digest, .entries = arena_array(c->arena, struct asic_entry, ARCHIVE_FILES_MOST + 1),
                           .list = arena_array(c->arena, struct archive_link, ARCHIVE_FILES_MOST) };
    f->links.list = f->list;
    return ST_OK;
}

static enum status fill(struct call *c, struct run *r, struct filling *f)
{
    while (f->bytes < r->how->full && f->links.n < ARCHIVE_FILES_MOST) {
        enum status st = find_place(r);
        if (st == ST_NOT_FOUND) return ST_OK;
        TRY(call_adopt(c, r->stamp, st));
        TRY(call_adopt(c, r->message, add_message(r, f)));
    }
    return ST_OK;
}

/* put_moment: yyyyMMddHHmmss. */
static void put_moment(struct buf *b, int64_t ms)
{
    char text[TIME_TEXT];
    time_format_ms(ms, text);
    for (size_t i = 0, n = 0; text[i] && n < MOMENT_DIGITS; i++)
        if (text[i] >= '0' && text[i] <= '9') {
            buf_put_c(b, text[i]);
            n++;
        }
}

/* name_file: the time-stamps of its first and its last message, and the beginning of its digest. */
static enum status name_file(struct call *c, struct filling *f)
{
    struct buf b = buf_in(c->arena, 128);
    buf_put_z(&b, ARCHIVE_PREFIX);
    put_moment(&b, f->first_ms);
    buf_put_c(&b, '-');
    put_moment(&b, f->last_ms);
    buf_print(&b, "-%.*s.zip", NAME_DIGITS, f->digest.p);
    return buf_finish(&b, &f->row.file);
}

static enum status journal(struct call *c, const struct archive_how *how, const struct archive_row *row)
{
    struct str uid;
    const struct journal_event e = { .kind = STR_INIT("message.archived"), .class_ = JOURNAL_NORMAL, .agency = exchange_self(c), .user = how->by, .role = how->by,
                                     .purpose = how->purpose->code, .basis = how->purpose->basis,
                                     .fields = str_print(c->arena, "rows %lld to %lld", (long long)row->first_seq, (long long)row->last_seq) };
    return journal_append(c, &e, &uid);
}

/* write: the journal first, then the plan, then the file, then that it counts. */
static enum status write_file(struct run *r, struct filling *f)
{
    struct call *c = r->file;
    struct str zip;
    f->row.last_seq = r->seq;
    f->row.at_ms = c->now_ms;
    f->row.n = (int64_t)f->links.n;
    f->row.digest = f->digest;
    f->entries[f->links.n].name = STR(ARCHIVE_LINKS);
    TRY(archive__write_links(c, &f->links, &f->entries[f->links.n].bytes));
    TRY(name_file(c, f));
    TRY(zip_write(c, &(struct asic){ f->entries, f->links.n + 1 }, &(struct zip_form){ .is_stored = true, .at_ms = f->last_ms }, &zip));
    TRY(journal(c, r->how, &f->row));
    TRY(archive__plan(c, &f->row));
    TRY(file_write(c, file_path(c->arena, r->how->folder, f->row.file), zip, FILE_MODE));
    return archive__count_plan(c, f->row.last_seq);
}

/* next_file: false in *ret when there was nothing left to archive. */
static enum status next_file(struct call *c, struct run *r, bool *ret)
{
    struct filling f;
    TRY(call_adopt(c, r->file, begin(r, &f)));
    TRY(fill(c, r, &f));
    *ret = f.links.n > 0;
    return *ret ? call_adopt(c, r->file, write_file(r, &f)) : ST_OK;
}

/* ---- a run ---- */

/* settle: what a run that was cut off left: a plan whose file is there, whole and the one that was planned, counts; else its messages are archived anew. */
static enum status settle(struct call *c, const struct archive_how *how)
{
    struct archive_row plan;
    struct archive_facts facts;
    struct str zip;
    enum status st = archive__find_plan(c, &plan);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    st = file_read(c, file_path(c->arena, how->folder, plan.file), ARCHIVE_BYTES_MOST, &zip);
    if (st == ST_OK) st = archive__check(c, zip, plan.file, &facts);
    if (st == ST_OK && str_eq(facts.digest, plan.digest)) return archive__count_plan(c, plan.last_seq);
    call_clear(c);
    return archive__drop_plan(c);
}

/* remove_leftovers: what file_write had not renamed yet when its process was killed: messages in the clear that nobody looks after. */
static enum status remove_leftovers(struct call *c, struct str folder)
{
    FOLDER d = opendir(str_to_z(c->arena, folder));
    if (!d) return call_fail(c, ST_UNAVAILABLE, "archive", "The folder of archives %s cannot be opened. Change its owner or its mode.", folder);
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        struct str name = str_z(e->d_name);
        if (!str_starts(name, STR(ARCHIVE_PREFIX)) || str_find(name, STR(".zip.new-")) == SIZE_MAX) continue;
        if (unlinkat(dirfd(d), e->d_name, 0) != 0) call_note(c, "exchange", "an archive that was not finished cannot be removed: %s", e->d_name);
    }
    return ST_OK;
}

/* lock_folder: one process archives at a time; the lock goes with the process. */
static enum status lock_folder(struct call *c, struct str folder, int *ret)
{
    TRY(file_make_folder(c, folder, FOLDER_MODE));
    FILE_FD fd = open(str_to_z(c->arena, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return call_fail(c, ST_UNAVAILABLE, "archive", "The folder of archives %s cannot be opened. Change its owner or its mode.", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) return call_fail(c, ST_CONFLICT, "archive", "The message log is being archived at this moment. Try again in a minute.");
    *ret = fd;
    fd = -1;
    return ST_OK;
}

static enum status run_all(struct call *c, struct run *r, int64_t *ret)
{
    struct archive_mark mark;
    struct message_cut cut;
    TRY(archive__read_mark(c, &mark));
    TRY(message__read_cut(c, &cut));
    r->seq = mark.seq > cut.seq ? mark.seq : cut.seq; /* what retention removed before archives were wanted is in none */
    for (bool more = true; more;) {
        TRY(next_file(c, r, &more));
        *ret += more;
    }
    return archive__move_mark(c, r->seq, c->now_ms);
}

static struct call *open_part(const struct call *c)
{
    struct call *part = call_open(c->app);
    part->now_ms = c->now_ms;
    return part;
}

static void close_part(struct call *part)
{
    store_release(part);
    call_close(part);
}

enum status archive__run(struct call *c, const struct archive_how *how, int64_t *ret)
{
    FILE_FD lock = -1;
    int64_t files = 0;
    TRY(lock_folder(c, how->folder, &lock));
    TRY(remove_leftovers(c, how->folder));
    TRY(settle(c, how));
    struct run r = { .how = how, .file = open_part(c), .stamp = open_part(c), .message = open_part(c) };
    enum status st = run_all(c, &r, &files);
    close_part(r.file);
    close_part(r.stamp);
    close_part(r.message);
    if (st == ST_OK) *ret = files;
    return st;
}

/* ---- settings and the job ---- */

enum status archive__how(struct call *c, struct str by, struct archive_how *ret)
{
    const struct config *cfg = c->app->config;
    struct archive_how how = { .folder = file_path(c->arena, c->app->folder, config_text(cfg, "exchange.archive")), .full = ARCHIVE_FULL, .by = by,
                               .purpose = exchange_find_purpose(c->app, config_text(cfg, "exchange.archive_purpose")) };
    if (!how.purpose) return call_fail(c, ST_INVALID, "exchange.archive_s", "An archive holds whole messages, opened: write in node.yaml as exchange.archive_purpose why, a code of purposes.yaml.");
    *ret = how;
    return ST_OK;
}

enum status archive__load(struct call *c, struct exchange *ex)
{
    struct archive_how how;
    ex->archives = config_count(c->app->config, "exchange.archive_s") > 0;
    return ex->archives ? archive__how(c, STR("job"), &how) : ST_OK;
}

enum status archive__job(struct call *c)
{
    struct archive_how how;
    struct archive_mark mark;
    int64_t files, period_ms = config_count(c->app->config, "exchange.archive_s") * 1000;
    if (!period_ms) return ST_OK;
    TRY(archive__read_mark(c, &mark));
    if (c->now_ms - mark.ran_ms < period_ms) return ST_OK;
    TRY(archive__how(c, STR("job"), &how));
    return archive__run(c, &how, &files);
}
