/* csv.c: strict RFC 4180 with LF or CRLF. What a spreadsheet would guess at is refused with file and line, because a guess in
 * a register is a wrong entry. */
#include "base/csv.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

enum { COLUMNS_MAX = 1000 };

static const struct str byte_order_mark = STR_INIT("\xef\xbb\xbf"); /* spreadsheets put it in front */

static enum status refuse(struct call *c, const struct csv *r, const char *sentence)
{
    return call_fail(c, ST_INVALID, "", "%s, line %s: %s", r->file, str_print(c->arena, "%d", r->line), str_z(sentence));
}

enum ending { ENDS_CELL, ENDS_ROW, ENDS_BADLY };

/* take_ending: eats what must follow a cell: a comma, a line break or the end of the text. */
static enum ending take_ending(struct csv *r)
{
    if (r->rest.n == 0) return ENDS_ROW;
    size_t n = str_starts(r->rest, STR("\r\n")) ? 2 : 1;
    char ch = r->rest.p[0];
    if (n == 1 && ch != ',' && ch != '\n') return ENDS_BADLY;
    r->rest = str_skip(r->rest, n);
    return ch == ',' ? ENDS_CELL : ENDS_ROW;
}

/* quoted_size: bytes up to the closing quote, or SIZE_MAX without one; counts the doubled quotes and lines on the way. */
static size_t quoted_size(struct str s, size_t *doubled, int *lines)
{
    for (size_t i = 0; i < s.n; i++) {
        *lines += s.p[i] == '\n';
        if (s.p[i] != '"') continue;
        if (i + 1 == s.n || s.p[i + 1] != '"') return i;
        ++*doubled;
        i++;
    }
    return SIZE_MAX;
}

/* read_quoted: r stands behind the opening quote. Two quotes are one quote; only such a cell is copied. */
static enum status read_quoted(struct call *c, struct csv *r, struct arena *scratch, struct str *ret)
{
    size_t doubled = 0;
    int lines = 0;
    size_t n = quoted_size(r->rest, &doubled, &lines);
    if (n == SIZE_MAX) return refuse(c, r, "A quoted cell has no closing quote. Add it.");
    struct str cell = str_first(r->rest, n);
    if (doubled) {
        char *p = arena_alloc(scratch, n - doubled, 1);
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            p[k++] = cell.p[i];
            i += cell.p[i] == '"';
        }
        cell = str_of(p, k);
    }
    r->rest = str_skip(r->rest, n + 1);
    r->line += lines;
    *ret = cell;
    return ST_OK;
}

static bool ends_plain(char ch) { return ch == ',' || ch == '\n' || ch == '"' || ch == '\r' || ch == '\0'; }

static enum status read_plain(struct call *c, struct csv *r, struct str *ret)
{
    size_t n = 0;
    while (n < r->rest.n && !ends_plain(r->rest.p[n])) n++;
    if (n < r->rest.n && r->rest.p[n] == '"') return refuse(c, r, "A quote stands inside a cell without quotes. Put the whole cell in quotes and write \"\" for one.");
    *ret = str_first(r->rest, n);
    r->rest = str_skip(r->rest, n);
    return ST_OK;
}

static enum status read_cell(struct call *c, struct csv *r, struct arena *scratch, struct str *ret, enum ending *ending)
{
    if (str_starts(r->rest, STR("\""))) {
        r->rest = str_skip(r->rest, 1);
        TRY(read_quoted(c, r, scratch, ret));
    } else {
        TRY(read_plain(c, r, ret));
    }
    *ending = take_ending(r);
    if (*ending == ENDS_BADLY) return refuse(c, r, "After a cell comes a comma or the end of the line. Put cells with other characters in quotes.");
    return ST_OK;
}

static enum status read_header(struct call *c, struct csv *r)
{
    struct str cells[COLUMNS_MAX], twin;
    enum ending ending = ENDS_CELL;
    while (ending == ENDS_CELL) {
        if (r->columns == COLUMNS_MAX) return refuse(c, r, "There are more than 1000 columns. Split the file.");
        TRY(read_cell(c, r, c->arena, &cells[r->columns], &ending));
        if (cells[r->columns++].n == 0) return refuse(c, r, "A column has no name. Write one in the first line.");
    }
    r->header = arena_array(c->arena, struct str, r->columns);
    r->row = arena_array(c->arena, struct str, r->columns);
    memcpy(r->header, cells, r->columns * sizeof *cells);
    return str_find_twin(cells, r->columns, &twin) ? refuse(c, r, "Two columns have the same name. Rename one.") : ST_OK;
}

enum status csv_open(struct call *c, struct str file, struct str text, struct csv *ret)
{
    struct csv r = { .rest = text, .file = str_copy(c->arena, file), .line = 1 };
    if (str_starts(r.rest, byte_order_mark)) r.rest = str_skip(r.rest, byte_order_mark.n);
    if (text.n && memchr(text.p, 0, text.n)) return refuse(c, &r, "The file holds a NUL byte, so it is no CSV text. Export it again as CSV in UTF-8.");
    if (!text_is_utf8(text)) return refuse(c, &r, "The file is not valid UTF-8. Save it as UTF-8.");
    if (r.rest.n == 0) return refuse(c, &r, "The file is empty. The first line names the columns.");
    TRY(read_header(c, &r));
    *ret = r;
    return ST_OK;
}

enum status csv_load(struct call *c, struct str path, size_t most, struct csv *ret)
{
    struct str text;
    TRY(file_read(c, path, most, &text));
    return csv_open(c, path, text, ret);
}

size_t csv_rows_most(const struct csv *r)
{
    size_t n = 1; /* the last line may lack its end */
    for (size_t i = 0; i < r->rest.n; i++) n += r->rest.p[i] == '\n';
    return n;
}

enum status csv_next(struct call *c, struct csv *r, struct arena *scratch, bool *more)
{
    if (r->rest.n == 0) {
        *more = false;
        return ST_OK;
    }
    r->line++;
    enum ending ending = ENDS_CELL;
    size_t n = 0;
    for (; ending == ENDS_CELL && n < r->columns; n++) TRY(read_cell(c, r, scratch, &r->row[n], &ending));
    if (ending == ENDS_CELL) return refuse(c, r, "This line has more cells than the first line has names.");
    if (n < r->columns) return refuse(c, r, "This line has fewer cells than the first line has names.");
    *more = true;
    return ST_OK;
}

enum status csv_column(struct call *c, const struct csv *r, const char *name, size_t *ret)
{
    for (size_t i = 0; i < r->columns; i++) {
        if (!str_eq(r->header[i], str_z(name))) continue;
        *ret = i;
        return ST_OK;
    }
    return call_fail(c, ST_INVALID, "", "%s has no column \"%s\". Add it to the first line.", r->file, str_z(name));
}

void csv_put(struct buf *b, struct str cell)
{
    bool quote = cell.n == 0 || str_starts(cell, byte_order_mark); /* an empty line would be lost, a mark in front taken off */
    for (size_t i = 0; i < cell.n && !quote; i++) quote = cell.p[i] == ',' || cell.p[i] == '"' || cell.p[i] == '\r' || cell.p[i] == '\n';
    if (!quote) {
        buf_put(b, cell);
        return;
    }
    struct str piece;
    buf_put_c(b, '"');
    while (str_cut(&cell, '"', &piece)) {
        buf_put(b, piece);
        buf_put(b, STR("\"\""));
    }
    buf_put(b, cell);
    buf_put_c(b, '"');
}
