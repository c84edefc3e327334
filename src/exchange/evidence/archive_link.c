/* archive_link.c: linkinginfo, the file of an archive that chains its containers and the archive before it (x-road 5.6):
 *   <digest of the file before | -> <its name | -> SHA-512
 *   <digest> <name of a container>                            one line each, in order; digest = hex H(hex(digest before) + hex(H(container))) */
#include "exchange/evidence/archive.h"

#include "base/encode.h"

enum { DIGEST_HEX = 128, NAME_MOST = 512, LINKS_BYTES_MOST = ARCHIVE_FILES_MOST * (DIGEST_HEX + NAME_MOST + 2) };

struct str archive__next_digest(struct arena *a, struct str prev, struct str container)
{
    struct str own = encode_hex(a, trust_digest(a, DIGEST_SHA512, container));
    return encode_hex(a, trust_digest(a, DIGEST_SHA512, str_join(a, prev, own, STR_END)));
}

/* ---- reading ---- */

static enum status refuse(struct call *c) { return call_fail(c, ST_INVALID, "archive", "The list of links (linkinginfo) is damaged: a line of it is not of its form."); }

static bool is_digest(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'))) return false;
    return s.n == DIGEST_HEX;
}

/* is_name: of a file in the same folder. */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '/') return false;
    return s.n > 0 && s.n <= NAME_MOST && !str_eq(s, STR("-"));
}

static bool read_head(struct str line, struct archive_links *l)
{
    struct str digest, file;
    if (!str_cut(&line, ' ', &digest) || !str_cut(&line, ' ', &file) || !str_eq(line, STR("SHA-512"))) return false;
    if (str_eq(digest, STR("-")) && str_eq(file, STR("-"))) return true;
    l->prev_digest = digest;
    l->prev_file = file;
    return is_digest(digest) && is_name(file);
}

static size_t count_lines(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    return n;
}

enum status archive__parse_links(struct call *c, struct str text, struct archive_links *ret)
{
    struct archive_links l = { 0 };
    struct str line;
    size_t lines = count_lines(text);
    if (lines > ARCHIVE_FILES_MOST + 1 || !str_cut(&text, '\n', &line) || !read_head(line, &l)) return refuse(c);
    struct archive_link *list = arena_array(c->arena, struct archive_link, lines - 1);
    for (; str_cut(&text, '\n', &line); l.n++) {
        struct str digest;
        if (!str_cut(&line, ' ', &digest) || !is_digest(digest) || !is_name(line)) return refuse(c);
        list[l.n] = (struct archive_link){ digest, line };
    }
    if (text.n) return refuse(c);
    l.list = list;
    *ret = l;
    return ST_OK;
}

/* ---- writing ---- */

enum status archive__write_links(struct call *c, const struct archive_links *l, struct str *ret)
{
    struct buf b = buf_in(c->arena, LINKS_BYTES_MOST);
    buf_put(&b, l->prev_digest.n ? l->prev_digest : STR("-"));
    buf_put_c(&b, ' ');
    buf_put(&b, l->prev_file.n ? l->prev_file : STR("-"));
    buf_put_z(&b, " SHA-512\n");
    for (size_t i = 0; i < l->n; i++) {
        buf_put(&b, l->list[i].digest);
        buf_put_c(&b, ' ');
        buf_put(&b, l->list[i].name);
        buf_put_c(&b, '\n');
    }
    return buf_finish(&b, ret);
}
