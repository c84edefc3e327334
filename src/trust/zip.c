/* zip.c: ZIP files in memory, read under hard limits and written in one known form, by libzip. What is read comes from anybody: nothing is unpacked before its size, its
 * name and how it is packed were found acceptable. */
#include "trust/asic.h"

#include <zip.h>

#include "base/text.h"
#include "base/time.h"

enum { NAME_MOST = 512, DOS_YEAR = 1980, DEFLATE_LEVEL = 6 };

static void archive_done(zip_t **z) { if (*z) zip_discard(*z); }
static void source_done(zip_source_t **s) { if (*s) zip_source_free(*s); }
static void file_done(zip_file_t **f) { if (*f) (void)zip_fclose(*f); }
#define ARCHIVE __attribute__((cleanup(archive_done))) zip_t *
#define SOURCE __attribute__((cleanup(source_done))) zip_source_t *
#define ZIP_FILE __attribute__((cleanup(file_done))) zip_file_t *

/* ---- reading ---- */

static enum status refuse(struct call *c, const char *why)
{
    return call_fault(c, call_fail(c, ST_INVALID, "container", "The container cannot be read: %s.", str_z(why)), STR("asic_invalid_container"));
}

/* is_safe_name: a path that stays below the folder it is unpacked in, on every system. */
static bool is_safe_name(struct str name)
{
    struct str rest = name, segment;
    if (name.n == 0 || name.n > NAME_MOST || !text_is_utf8(name)) return false;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f || name.p[i] == '\\' || name.p[i] == ':') return false;
    while (str_next(&rest, '/', &segment))
        if (segment.n == 0 || str_eq(segment, STR(".")) || str_eq(segment, STR(".."))) return false;
    return true;
}

static enum status check_entry(struct call *c, const zip_stat_t *st, size_t left)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((st->valid & needed) != needed) return refuse(c, "a file in it is not described");
    if (st->encryption_method != ZIP_EM_NONE) return refuse(c, "a file in it is encrypted");
    if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE) return refuse(c, "a file in it is packed in an unusual way");
    if (st->size > left) return refuse(c, "it unpacks to more than is allowed");
    return ST_OK;
}

static enum status read_entry(struct call *c, zip_t *z, zip_uint64_t i, size_t *left, struct asic_entry *ret)
{
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat_index(z, i, ZIP_FL_ENC_RAW, &st) != 0) return refuse(c, "a file in it is not described");
    TRY(check_entry(c, &st, *left));
    struct asic_entry e = { .name = str_copy(c->arena, str_z(st.name)) };
    if (st.size == 0 && str_ends(e.name, STR("/")) && is_safe_name(str_first(e.name, e.name.n - 1))) return *ret = e, ST_OK; /* a folder */
    if (!is_safe_name(e.name)) return refuse(c, "a file in it has a name that leads elsewhere");
    ZIP_FILE file = zip_fopen_index(z, i, 0);
    char *bytes = arena_room(c->arena, (size_t)st.size + 1), more;
    if (!file || zip_fread(file, bytes, st.size) != (zip_int64_t)st.size || zip_fread(file, &more, 1) != 0) return refuse(c, "a file in it is damaged");
    *left -= (size_t)st.size;
    e.bytes = str_of(bytes, (size_t)st.size);
    *ret = e;
    return ST_OK;
}

static enum status check_names(struct call *c, const struct asic *files)
{
    struct str twin, *names = arena_array(c->arena, struct str, files->n);
    for (size_t i = 0; i < files->n; i++) names[i] = files->entries[i].name;
    return str_find_twin(names, files->n, &twin) ? refuse(c, "two files in it have the same name") : ST_OK;
}

enum status zip_read(struct call *c, struct str bytes, size_t files, size_t most, struct asic *ret)
{
    SOURCE source = bytes.n ? zip_source_buffer_create(bytes.p, bytes.n, 0, NULL) : NULL;
    ARCHIVE z = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL) : NULL;
    if (!z) return refuse(c, "it is not a ZIP file, or it is damaged");
    source = NULL; /* belongs to z now */
    zip_int64_t n = zip_get_num_entries(z, 0);
    if (n < 0 || (size_t)n > files) return refuse(c, "there are too many files in it");
    struct asic_entry *list = arena_array(c->arena, struct asic_entry, (size_t)n);
    struct asic all = { .entries = list };
    for (zip_int64_t i = 0; i < n; i++) {
        TRY(read_entry(c, z, (zip_uint64_t)i, &most, &list[all.n]));
        all.n += !str_ends(list[all.n].name, STR("/"));
    }
    TRY(check_names(c, &all));
    *ret = all;
    return ST_OK;
}

/* ---- writing ---- */

static enum status broken(struct call *c, zip_t *z)
{
    call_note(c, "trust", "zip: %s", z ? zip_strerror(z) : "no memory");
    return ST_BROKEN;
}

/* set_time: as DOS counts it, in steps of two seconds and here in UTC. */
static bool set_time(zip_t *z, zip_uint64_t at, int64_t ms)
{
    int year, month, day;
    int64_t minute = ms / 60000, second = ms / 1000 % 60;
    date_civil(minute / (24 * 60), &year, &month, &day);
    if (year < DOS_YEAR) return true;
    int date = (year - DOS_YEAR) << 9 | month << 5 | day, time = (int)(minute / 60 % 24) << 11 | (int)(minute % 60) << 5 | (int)second / 2;
    return zip_file_set_dostime(z, at, (zip_uint16_t)time, (zip_uint16_t)date, 0) == 0;
}

static enum status add_entry(struct call *c, zip_t *z, const struct asic_entry *e, const struct zip_form *form)
{
    zip_source_t *bytes = zip_source_buffer(z, e->bytes.p, e->bytes.n, 0);
    const char *name = str_to_z(c->arena, e->name);
    zip_int64_t at = bytes && name ? zip_file_add(z, name, bytes, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        zip_source_free(bytes);
        return broken(c, z);
    }
    bool ok = zip_set_file_compression(z, (zip_uint64_t)at, form->is_stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, form->is_stored ? 0 : DEFLATE_LEVEL) == 0 && set_time(z, (zip_uint64_t)at, form->at_ms);
    return ok ? ST_OK : broken(c, z);
}

static enum status copy_out(struct call *c, zip_source_t *source, struct str *ret)
{
    zip_stat_t st;
    if (zip_source_open(source) != 0) return broken(c, NULL);
    bool ok = zip_source_stat(source, &st) == 0 && (st.valid & ZIP_STAT_SIZE);
    char *bytes = ok ? arena_alloc(c->arena, (size_t)st.size, 1) : NULL;
    ok = ok && zip_source_read(source, bytes, st.size) == (zip_int64_t)st.size;
    (void)zip_source_close(source);
    if (!ok) return broken(c, NULL);
    *ret = str_of(bytes, (size_t)st.size);
    return ST_OK;
}

enum status zip_write(struct call *c, const struct asic *files, const struct zip_form *form, struct str *ret)
{
    SOURCE source = zip_source_buffer_create(NULL, 0, 0, NULL);
    ARCHIVE z = source ? zip_open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
    if (!z) return broken(c, NULL);
    zip_source_keep(source); /* one for z, one for us */
    for (size_t i = 0; i < files->n; i++) TRY(add_entry(c, z, &files->entries[i], form));
    if (form->comment.n && zip_set_archive_comment(z, form->comment.p, (zip_uint16_t)form->comment.n) != 0) return broken(c, z);
    if (zip_close(z) != 0) return broken(c, z);
    z = NULL;
    return copy_out(c, source, ret);
}
