/* directory_private.c: private parameters (x-road 4.5), which only members of the nation get, and the optional parts of a directory. */
#include "exchange/directory/directory_int.h"

enum { PERIOD_LEAST_S = 60, PERIOD_MOST_S = 86400 };

static enum status read_anchors(struct call *c, const struct xml *root, struct directory *d)
{
    struct anchor *anchors = arena_array(d->arena, struct anchor, directory__count(root, "configurationAnchor"));
    d->anchors = anchors;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "configurationAnchor")) continue;
        TRY(directory__anchor_of(c, d->arena, e, false, &anchors[d->nanchors]));
        d->nanchors++;
    }
    return ST_OK;
}

enum status directory__read_private(struct call *c, struct str xml, struct directory *d)
{
    XML_DOC doc = NULL;
    int64_t period;
    TRY(directory__open_xml(c, xml, &doc));
    const struct xml *root = xml_root(doc), *management = xml_child(root, NULL, "managementService");
    if (!str_eq(directory__text(c->arena, root, "instanceIdentifier"), d->instance)) return directory__bad(c, "private parameters of another instance");
    TRY(read_anchors(c, root, d));
    d->management_url = directory__text(d->arena, management, "authCertRegServiceAddress");
    (void)directory__id(d->arena, xml_child(management, NULL, "managementRequestServiceProviderId"), &d->management);
    if (str_int(directory__text(c->arena, root, "timeStampingIntervalSeconds"), &period) && period > 0) d->stamp_period_s = period;
    return ST_OK;
}

int64_t directory__stamp_period(int64_t said_s)
{
    if (said_s < PERIOD_LEAST_S) return PERIOD_LEAST_S;
    return said_s > PERIOD_MOST_S ? PERIOD_MOST_S : said_s;
}

/* directory__read_optional: one that cannot be read is left out: no exchange rests on these, and a nation may not stand still for one of them. */
void directory__read_optional(struct call *c, struct str identifier, struct str xml, struct directory *d)
{
    XML_DOC doc = NULL;
    int64_t seconds;
    bool monitoring = str_eq(identifier, STR("MONITORING")), fetch = str_eq(identifier, STR("FETCHINTERVAL")), next = str_eq(identifier, STR("NEXTUPDATE"));
    if (!monitoring && !fetch && !next) return;
    enum status st = xml_parse(c, xml, &doc); /* the roots of these stand in namespaces of their own */
    if (st != ST_OK) {
        call_note(c, "exchange", "the optional part %.*s of the directory is left out: %.*s", STR_ARG(identifier), STR_ARG(call_sentence(c, st).sentence));
        return call_clear(c);
    }
    const struct xml *root = xml_root(doc);
    if (monitoring) (void)directory__id(d->arena, xml_child(xml_child(root, NULL, "monitoringClient"), NULL, "monitoringClientId"), &d->monitoring);
    if (fetch && str_int(directory__text(c->arena, root, "ocspFetchInterval"), &seconds) && seconds > 0) d->ocsp_fetch_s = seconds;
    if (next) d->skip_next_update = xml_child(root, NULL, "verifyNextUpdate") && !directory__flag(c, root, "verifyNextUpdate");
}
