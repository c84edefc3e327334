/* xml_test.c: reading, refusing, and canonical forms from the W3C recommendation. */
#include "base/xml.c"

#include <pthread.h>

#include "base/test.h"

TEST(elements_by_namespace)
{
    XML_DOC d = NULL;
    CHECK_OK(xml_parse(c, STR("<?xml version=\"1.0\"?>\n<a xmlns='urn:1' xmlns:p='urn:2' p:k='v' k='w'>\n t1<p:b/><!-- x --><b>t<![CDATA[<2>]]></b><p:b/></a>"), &d));
    const struct xml *a = xml_root(d), *b;
    CHECK(xml_is(a, "urn:1", "a") && !xml_is(a, NULL, "a") && !xml_is(a, "urn:2", "a") && !xml_is(NULL, NULL, "a"));
    CHECK((b = xml_child(a, "urn:1", "b")) != NULL);
    CHECK_STR(xml_text(c->arena, b), STR("t<2>"));
    CHECK_STR(xml_text(c->arena, a), STR("\n t1t<2>"));
    CHECK(xml_only_child(a, "urn:1", "b") == b && !xml_only_child(a, "urn:2", "b") && !xml_only_child(a, "urn:2", "c"));
    CHECK(!xml_child(NULL, NULL, "b") && !xml_child(a, NULL, "b"));
    CHECK_STR(xml_name(xml_first(a)), STR("b"));
    CHECK_STR(xml_ns(xml_first(a)), STR("urn:2"));
    CHECK(xml_next(xml_first(a)) == b && !xml_next(xml_next(b)) && xml_line(a) == 2 && xml_line(b) == 3);
    CHECK_STR(xml_attr(c->arena, a, NULL, "k"), STR("w"));
    CHECK_STR(xml_attr(c->arena, a, "urn:2", "k"), STR("v"));
    CHECK(!xml_attr(c->arena, a, "urn:1", "k").p && !xml_attr(c->arena, NULL, NULL, "k").p);
}

TEST(an_empty_attribute_is_there)
{
    XML_DOC d = NULL;
    CHECK_OK(xml_parse(c, STR("<a k=''/>"), &d));
    struct str v = xml_attr(c->arena, xml_root(d), NULL, "k");
    CHECK(v.p && v.n == 0);
}

TEST(duplicate_ids_are_counted)
{
    XML_DOC d = NULL;
    CHECK_OK(xml_parse(c, STR("<a Id='x'><b Id='x'><c xmlns:p='urn:p' p:Id='x' Id='y'/></b></a>"), &d));
    CHECK(xml_count_attr(d, "Id", STR("x")) == 2 && xml_count_attr(d, "Id", STR("y")) == 1 && xml_count_attr(d, "Id", STR("z")) == 0);
}

static void check_refused(struct call *c, struct str text, const char *words)
{
    XML_DOC d = NULL;
    CHECK(xml_parse(c, text, &d) == ST_INVALID && !d);
    if (str_find(call_error(c)->sentence, str_z(words)) == SIZE_MAX) CHECK_STR(call_error(c)->sentence, str_z(words));
    call_clear(c);
}

TEST(what_is_not_well_formed_or_dangerous_is_refused)
{
    check_refused(c, STR(""), "not well-formed");
    check_refused(c, STR("text"), "not well-formed");
    check_refused(c, STR("<a>\n<b></a>"), "line 2");
    check_refused(c, STR("<a/><b/>"), "not well-formed");
    check_refused(c, STR("<a b='1' b='2'/>"), "not well-formed");
    check_refused(c, STR("<p:a/>"), "not well-formed");
    check_refused(c, STR("<a>&undeclared;</a>"), "not well-formed");
    check_refused(c, STR("<a>\0</a>"), "not well-formed");
    check_refused(c, STR("<a>\xff</a>"), "UTF-8");
    check_refused(c, STR("<!DOCTYPE a><a/>"), "DOCTYPE");
    check_refused(c, STR("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), "DOCTYPE");
    check_refused(c, STR("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), "DOCTYPE");
    check_refused(c, STR("<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1/\">%x;]><a/>"), "DOCTYPE");
}

static struct str nested(struct call *c, int levels)
{
    struct buf b = buf_in(c->arena, 10000);
    for (int i = 0; i < levels; i++) buf_put_z(&b, "<a>");
    for (int i = 0; i < levels; i++) buf_put_z(&b, "</a>");
    return buf_str(&b);
}

TEST(sixty_four_levels_and_no_more)
{
    XML_DOC d = NULL;
    CHECK_OK(xml_parse(c, nested(c, 64), &d));
    check_refused(c, nested(c, 65), "deeper than 64");
    check_refused(c, nested(c, 400), "");
}

TEST(a_text_over_the_limit_is_too_large)
{
    XML_DOC d = NULL;
    CHECK(xml_parse(c, str_of(arena_alloc(c->arena, BYTES_MAX + 1, 1), BYTES_MAX + 1), &d) == ST_TOO_LARGE);
}

static struct str canonical(struct call *c, struct str text, const char *child)
{
    XML_DOC d = NULL;
    struct buf b = buf_in(c->arena, 10000);
    CHECK_OK(xml_parse(c, text, &d));
    const struct xml *x = child ? xml_first(xml_root(d)) : xml_root(d);
    if (child) CHECK_STR(xml_name(x), str_z(child));
    CHECK_OK(xml_c14n(c, d, x, &b));
    return buf_str(&b);
}

TEST(canonical_form_of_a_document)
{
    /* C14N 1.0, section 3.3: start and end tags */
    CHECK_STR(canonical(c, STR("<doc><e1   /><e2   ></e2><e3   name = \"elem3\"   id=\"elem3\"   /><e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\"/></doc>"), NULL),
              STR("<doc><e1></e1><e2></e2><e3 id=\"elem3\" name=\"elem3\"></e3><e6 xmlns:a=\"http://www.w3.org\"></e6></doc>"));
    /* section 3.4: character modifications */
    CHECK_STR(canonical(c, STR("<doc><text>First line&#x0d;&#10;Second line</text><value>&#x32;</value><compute><![CDATA[value>\"0\" && value<\"10\" ?]]></compute></doc>"), NULL),
              STR("<doc><text>First line&#xD;\nSecond line</text><value>2</value><compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?</compute></doc>"));
    CHECK_STR(canonical(c, STR("<!-- out --><a b='&#9;&quot;'><!-- in --><?p i?></a><?after x?>"), NULL), STR("<a b=\"&#x9;&quot;\"><?p i?></a>"));
}

TEST(an_element_carries_the_namespaces_in_scope)
{
    CHECK_STR(canonical(c, STR("<a xmlns='urn:d' xmlns:z='urn:z' xmlns:b='urn:b' xml:lang='vi'>t<b:c k='1'><d/></b:c>u</a>"), "c"),
              STR("<b:c xmlns=\"urn:d\" xmlns:b=\"urn:b\" xmlns:z=\"urn:z\" k=\"1\" xml:lang=\"vi\"><d></d></b:c>"));
}

/* Exclusive C14N, section 2.2: an element that is moved keeps its form, since only what it uses is written. */
TEST(an_exclusive_form_carries_only_what_is_used)
{
    XML_DOC d = NULL;
    struct buf b = buf_in(c->arena, 1000);
    CHECK_OK(xml_parse(c, STR("<a xmlns='urn:d' xmlns:z='urn:z' xmlns:b='urn:b' xml:lang='vi'>t<b:c k='1'><d/><z:e/></b:c>u</a>"), &d));
    CHECK_OK(xml_c14n_exclusive(c, d, xml_first(xml_root(d)), &b));
    CHECK_STR(buf_str(&b), STR("<b:c xmlns:b=\"urn:b\" k=\"1\"><d xmlns=\"urn:d\"></d><z:e xmlns:z=\"urn:z\"></z:e></b:c>"));
}

TEST(a_canonical_form_over_the_limit_is_too_large)
{
    XML_DOC d = NULL;
    struct buf b = buf_in(c->arena, 5);
    CHECK_OK(xml_parse(c, STR("<abcdef/>"), &d));
    CHECK(xml_c14n(c, d, xml_root(d), &b) == ST_TOO_LARGE);
}

TEST(a_relative_namespace_has_no_canonical_form)
{
    XML_DOC d = NULL;
    struct buf b = buf_in(c->arena, 1000);
    CHECK_OK(xml_parse(c, STR("<a xmlns:r='relative/name'/>"), &d));
    CHECK(xml_c14n(c, d, xml_root(d), &b) == ST_INVALID);
}

TEST(escaping)
{
    struct buf b = buf_in(c->arena, 1000);
    xml_put_text(&b, STR("a<b>&\r\n\"c"));
    CHECK_STR(buf_str(&b), STR("a&lt;b&gt;&amp;&#xD;\n\"c"));
    buf_clear(&b);
    xml_put_attr(&b, STR("<\"\t\n\r&>"));
    CHECK_STR(buf_str(&b), STR("&lt;&quot;&#x9;&#xA;&#xD;&amp;>"));
}

/* The message log tells a document from what is no document by its first byte. */
TEST(no_document_begins_with_a_zero_byte)
{
    static const char wide[] = "\0<\0?\0x\0m\0l\0 \0v\0e\0r\0s\0i\0o\0n\0=\0'\0001\0.\0000\0'\0?\0>\0<\0a\0/\0>", widest[] = "\0\0\0<\0\0\0a\0\0\0/\0\0\0>";
    const struct str texts[] = { STR("\0<a/>"), str_of(wide, sizeof wide - 1), str_of(widest, sizeof widest - 1) };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        XML_DOC d = NULL;
        CHECK(xml_parse(c, texts[i], &d) == ST_INVALID);
        call_clear(c);
    }
}

/* parse_many: what a worker does: its own call, documents that are taken, refused and have no canonical form. */
static void *parse_many(void *data)
{
    static const char *const texts[] = { "<a b='1'>&amp;</a>", "<a><b></a>", "<!DOCTYPE a><a/>", "<a xmlns:r='relative'/>" };
    static const struct app no_app;
    struct call *c = call_open(&no_app);
    for (int i = 0; i < 200; i++) {
        XML_DOC d = NULL;
        struct buf out = buf_in(c->arena, 1000);
        if (xml_parse(c, str_z(texts[i % 4]), &d) == ST_OK && xml_c14n(c, d, xml_root(d), &out) == ST_OK) ++*(int *)data;
        call_renew(c);
    }
    call_close(c);
    return NULL;
}

TEST(threads_do_not_meet_in_the_library)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int taken[THREADS] = { 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, parse_many, &taken[i]) == 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(taken[i] == 50);
    }
}
