/* csv_fuzz.c: a table that was taken, written again and read again, is the same table. */
#include "base/csv.h"

#include "base/buf.h"
#include "base/fuzz.h"

enum { OUT_MAX = 64 * 1024 * 1024 };

static void put_row(struct buf *b, const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i) buf_put_c(b, ',');
        csv_put(b, cells[i]);
    }
    buf_put_c(b, '\n');
}

/* copy_table: false when a row is refused. */
static bool copy_table(struct call *c, struct str text, struct buf *out)
{
    struct csv r;
    bool more = true;
    if (csv_open(c, STR("fuzz.csv"), text, &r) != ST_OK) return false;
    for (put_row(out, r.header, r.columns); more;) {
        if (csv_next(c, &r, c->arena, &more) != ST_OK) return false;
        if (more) put_row(out, r.row, r.columns);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct buf once = buf_in(c->arena, OUT_MAX), twice = buf_in(c->arena, OUT_MAX);
    if (!copy_table(c, str_of(data, size), &once)) {
        FUZZ_CHECK(c->error.sentence.n > 0);
        return 0;
    }
    FUZZ_CHECK(copy_table(c, buf_str(&once), &twice));
    FUZZ_CHECK(str_eq(buf_str(&once), buf_str(&twice)));
    return 0;
}
