/* assets.c: the embedded files at addresses that hold a hash of their content, so that a browser may keep them for ever. */
#include "web/page_int.h"

#include <assert.h>

static const struct asset *find(struct str name)
{
    for (size_t i = 0; i < web__nassets; i++)
        if (str_eq(web__assets[i].name, name)) return &web__assets[i];
    return NULL;
}

struct str asset_path(struct str name)
{
    const struct asset *a = find(name);
    assert(a && "a page names a file that is not embedded");
    return a ? a->path : STR("/assets/missing");
}

/* takes_gzip: "gzip" or "*" stands among the codings and is not refused by q=0. */
static bool takes_gzip(struct str accept)
{
    struct str item;
    while (str_next(&accept, ',', &item)) {
        struct str coding = item, params = item;
        if (!str_cut(&params, ';', &coding)) params = (struct str){ NULL, 0 };
        coding = str_trim(coding);
        if (!str_eq_nocase(coding, STR("gzip")) && !str_eq(coding, STR("*"))) continue;
        params = str_trim(params);
        return !(str_starts(params, STR("q=0")) && (params.n == 3 || str_eq(params, STR("q=0.0")) || str_eq(params, STR("q=0.00")) || str_eq(params, STR("q=0.000"))));
    }
    return false;
}

static enum status show_asset(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct asset *a = find(request_path(rq, "name"));
    if (!a || !str_eq(a->hash, request_path(rq, "hash"))) return ST_NOT_FOUND;
    bool packed = a->packed.n && takes_gzip(request_header(rq, "Accept-Encoding"));
    reply_text(rp, 200, a->type, packed ? a->packed : a->bytes);
    reply_header(c, rp, "Cache-Control", STR("public, max-age=31536000, immutable"));
    if (a->packed.n) reply_header(c, rp, "Vary", STR("Accept-Encoding"));
    if (packed) reply_header(c, rp, "Content-Encoding", STR("gzip"));
    return ST_OK;
}

const struct route asset_routes[] = { { "GET", "/assets/{hash}/{name}", show_asset, .need = "public", .api = true }, { 0 } };
