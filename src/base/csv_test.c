/* csv_test.c */
#include "base/csv.c"

#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

TEST(rows_with_quotes_commas_and_line_breaks)
{
    struct csv r;
    bool more = false;
    CHECK_OK(csv_open(c, STR("t.csv"), STR("\xef\xbb\xbfpin,name\r\n001,\"Ng \"\"A\"\", B\"\n\"two\nlines\",\"\"\"\"\r\n,"), &r));
    CHECK(r.columns == 2);
    CHECK_STR(r.header[0], STR("pin"));
    CHECK_OK(csv_next(c, &r, c->arena, &more));
    CHECK(more && str_eq(r.row[0], STR("001")) && str_eq(r.row[1], STR("Ng \"A\", B")));
    CHECK_OK(csv_next(c, &r, c->arena, &more));
    CHECK(more && r.line == 4 && str_eq(r.row[0], STR("two\nlines")) && str_eq(r.row[1], STR("\"")));
    CHECK_OK(csv_next(c, &r, c->arena, &more));
    CHECK(more && r.row[0].n == 0 && r.row[1].n == 0);
    CHECK_OK(csv_next(c, &r, c->arena, &more));
    CHECK(!more);
}

/* refusal: the sentence of the first failure anywhere in the text; empty when there is none. */
static struct str refusal(struct call *c, struct str text)
{
    struct csv r;
    bool more = true;
    enum status st = csv_open(c, STR("t.csv"), text, &r);
    while (st == ST_OK && more) st = csv_next(c, &r, c->arena, &more);
    struct str sentence = call_error(c)->sentence;
    CHECK((st == ST_INVALID) == (sentence.n > 0));
    call_clear(c);
    return sentence;
}

TEST(what_a_spreadsheet_would_guess_at_is_refused)
{
    CHECK(str_starts(refusal(c, STR("")), STR("t.csv, line 1: The file is empty")));
    CHECK(str_starts(refusal(c, STR("a,b\n1,2\n3\n")), STR("t.csv, line 3: This line has fewer")));
    CHECK(str_starts(refusal(c, STR("a,b\n1,2,3\n")), STR("t.csv, line 2: This line has more")));
    CHECK(str_starts(refusal(c, STR("a,b\n1,2\n\n")), STR("t.csv, line 3: This line has fewer")));
    CHECK(str_starts(refusal(c, STR("a\nb\"c\n")), STR("t.csv, line 2: A quote")));
    CHECK(str_starts(refusal(c, STR("a\n\"b\"c\n")), STR("t.csv, line 2: After a cell")));
    CHECK(str_starts(refusal(c, STR("a\n\"b\n")), STR("t.csv, line 2: A quoted cell")));
    CHECK(str_starts(refusal(c, STR("a\rb\n")), STR("t.csv, line 1: After a cell")));
    CHECK(str_starts(refusal(c, STR("a,\n")), STR("t.csv, line 1: A column has no name")));
    CHECK(str_starts(refusal(c, STR("a,b,a\n")), STR("t.csv, line 1: Two columns")));
    CHECK(str_starts(refusal(c, STR("a\n\0\n")), STR("t.csv, line 1: The file holds a NUL")));
    CHECK(str_starts(refusal(c, STR("a\n\xff\n")), STR("t.csv, line 1: The file is not valid UTF-8")));
    CHECK(refusal(c, STR("a\n")).n == 0);
}

TEST(too_many_columns_are_refused)
{
    struct buf b = buf_in(c->arena, 100000);
    for (int i = 0; i <= COLUMNS_MAX; i++) buf_print(&b, "c%d,", i);
    CHECK(str_find(refusal(c, buf_str(&b)), STR("more than 1000")) != SIZE_MAX);
}

TEST(columns_are_found_by_name)
{
    struct csv r;
    size_t at = 9;
    CHECK_OK(csv_open(c, STR("t.csv"), STR("pin,name\n"), &r));
    CHECK_OK(csv_column(c, &r, "name", &at));
    CHECK(at == 1);
    CHECK(csv_column(c, &r, "birth", &at) == ST_INVALID && at == 1);
    CHECK_STR(call_error(c)->sentence, STR("t.csv has no column \"birth\". Add it to the first line."));
}

TEST(cells_are_quoted_where_needed)
{
    struct buf b = buf_in(c->arena, 1000);
    static const struct str cells[] = { STR_INIT("plain é"), STR_INIT(""), STR_INIT("a,b"), STR_INIT("\"x\""), STR_INIT("a\nb"), STR_INIT("\xef\xbb\xbfx") };
    for (size_t i = 0; i < 6; i++) {
        csv_put(&b, cells[i]);
        buf_put_c(&b, ';');
    }
    CHECK_STR(buf_str(&b), STR("plain é;\"\";\"a,b\";\"\"\"x\"\"\";\"a\nb\";\"\xef\xbb\xbfx\";"));
}

TEST(a_file_is_read_whole_and_tells_how_many_rows_it_may_have)
{
    char name[] = "/tmp/sen-csv-XXXXXX";
    struct csv r;
    bool more = false;
    int fd = mkstemp(name);
    CHECK(fd >= 0 && write(fd, "a,b\n1,2\n3,4", 11) == 11 && close(fd) == 0);
    CHECK_OK(csv_load(c, str_z(name), 11, &r));
    CHECK(csv_rows_most(&r) == 2);
    for (int i = 0; i < 2; i++) CHECK(csv_next(c, &r, c->arena, &more) == ST_OK && more);
    CHECK_STR(r.row[1], STR("4"));
    CHECK(csv_load(c, str_z(name), 10, &r) == ST_TOO_LARGE);
    (void)unlink(name);
}
