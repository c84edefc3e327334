/* directory_anchor.c: the configuration anchor (x-road 4.1): a file that the operator gives out and people compare before they accept it, or an element of private parameters. */
#include "exchange/directory/directory_int.h"

#include "base/encode.h"
#include "base/time.h"
#include "base/url.h"

static enum status bad_anchor(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The configuration anchor is malformed. Get it again from the operator."), STR("malformed_anchor"));
}

static enum status read_source(struct call *c, struct arena *a, const struct xml *x, bool strict, struct anchor_source *s)
{
    struct url at;
    *s = (struct anchor_source){ .url = directory__text(a, x, "downloadURL") };
    s->ncerts = directory__certs(c, a, x, "verificationCert", &s->certs);
    if (!url_parse(s->url, &at)) return bad_anchor(c);
    return !strict || (s->ncerts && s->ncerts == directory__count(x, "verificationCert")) ? ST_OK : bad_anchor(c);
}

enum status directory__anchor_of(struct call *c, struct arena *a, const struct xml *x, bool strict, struct anchor *ret)
{
    struct anchor_source *sources = arena_array(a, struct anchor_source, directory__count(x, "source"));
    struct anchor got = { .instance = directory__text(a, x, "instanceIdentifier"), .sources = sources };
    (void)time_parse_ms(directory__text(c->arena, x, "generatedAt"), &got.made_ms);
    if (!got.instance.n || got.instance.n > INSTANCE_MAX) return bad_anchor(c);
    for (const struct xml *e = xml_first(x); e; e = xml_next(e))
        if (xml_is(e, NULL, "source")) TRY(read_source(c, a, e, strict, &sources[got.nsources++]));
    if (!got.nsources) return bad_anchor(c);
    *ret = got;
    return ST_OK;
}

enum status directory__read_anchor(struct call *c, struct str xml, struct anchor *ret)
{
    XML_DOC doc = NULL;
    if (xml.n > ANCHOR_MAX || xml_parse(c, xml, &doc) != ST_OK) return call_clear(c), bad_anchor(c);
    if (!xml_is(xml_root(doc), DIRECTORY_NS, "configurationAnchor")) return bad_anchor(c);
    return directory__anchor_of(c, c->arena, xml_root(doc), true, ret);
}

struct anchor directory__keep_anchor(struct arena *a, const struct anchor *from)
{
    struct anchor_source *sources = arena_array(a, struct anchor_source, from->nsources);
    for (size_t i = 0; i < from->nsources; i++) {
        struct str *certs = arena_array(a, struct str, from->sources[i].ncerts);
        for (size_t k = 0; k < from->sources[i].ncerts; k++) certs[k] = str_copy(a, from->sources[i].certs[k]);
        sources[i] = (struct anchor_source){ str_copy(a, from->sources[i].url), certs, from->sources[i].ncerts };
    }
    return (struct anchor){ str_copy(a, from->instance), from->made_ms, sources, from->nsources };
}
