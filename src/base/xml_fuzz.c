/* xml_fuzz.c: the canonical form of what was taken is well-formed and its own canonical form; escaping is undone by parsing. */
#include "base/xml.h"

#include "base/fuzz.h"
#include "base/text.h"

enum { OUT_MAX = 64 * 1024 * 1024 };

static void check_canonical(struct call *c, const struct xml_doc *d)
{
    struct buf once = buf_in(c->arena, OUT_MAX), twice = buf_in(c->arena, OUT_MAX);
    XML_DOC again = NULL;
    if (xml_c14n(c, d, xml_root(d), &once) != ST_OK) return;
    FUZZ_CHECK(xml_parse(c, buf_str(&once), &again) == ST_OK);
    FUZZ_CHECK(xml_c14n(c, again, xml_root(again), &twice) == ST_OK);
    FUZZ_CHECK(str_eq(buf_str(&once), buf_str(&twice)));
    FUZZ_CHECK(str_eq(xml_text(c->arena, xml_root(d)), xml_text(c->arena, xml_root(again))));
}

static bool is_xml_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < 0x20 && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r') return false;
    return text_is_utf8(s) && str_find(s, STR("\xef\xbf\xbe")) == SIZE_MAX && str_find(s, STR("\xef\xbf\xbf")) == SIZE_MAX;
}

static void check_escaping(struct call *c, struct str text)
{
    struct buf b = buf_in(c->arena, OUT_MAX);
    XML_DOC d = NULL;
    if (!is_xml_text(text)) return;
    buf_put_z(&b, "<a b=\"");
    xml_put_attr(&b, text);
    buf_put_z(&b, "\">");
    xml_put_text(&b, text);
    buf_put_z(&b, "</a>");
    FUZZ_CHECK(xml_parse(c, buf_str(&b), &d) == ST_OK);
    FUZZ_CHECK(str_eq(xml_text(c->arena, xml_root(d)), text));
    FUZZ_CHECK(str_eq(xml_attr(c->arena, xml_root(d), NULL, "b"), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    XML_DOC d = NULL;
    if (xml_parse(c, str_of(data, size), &d) == ST_OK) check_canonical(c, d);
    else FUZZ_CHECK(!d && c->error.sentence.n > 0);
    call_clear(c);
    check_escaping(c, str_of(data, size));
    return 0;
}
