/* page_int.h: what the frame's templates are given; shared by page.c, html.c, translate.c and assets.c only. */
#ifndef SEN_WEB_PAGE_INT_H
#define SEN_WEB_PAGE_INT_H

#include "web/page.h"

struct page_field_error { struct str field, sentence; };
struct page_language { struct str code, name; };

/* frame.html: everything around a page. */
struct page_frame {
    struct str lang, site;       /* site: the agency whose node this is */
    const struct page_language *languages; size_t nlanguages; /* the others */
    struct str back;             /* the page to come back to after a change of language */
    bool sandbox;
    bool signed_in;
    struct str who;              /* the name of who is signed in; shown to that person alone */
    struct html title, body;
    bool failed;                 /* the error summary is shown */
    const struct page_field_error *faults; size_t nfaults;
};

/* error.html: a page that only says what went wrong and what to do next. */
struct page_problem {
    struct str heading, sentence, trace;
    bool sign_in;
};

struct page_form_token { struct str token; };
struct page_time { struct str iso, shown; };

/* Made by tools/po.mjs: the translations of each language, sorted by key. */
struct translation { struct str english, text; };
struct translation_table { struct str lang, name; const struct translation *rows; size_t n; };
extern const struct translation_table web__translations[];
extern const size_t web__ntranslations;

/* Made by tools/assets.mjs: the embedded files, sorted by name. packed is the gzip form, empty where it would not be smaller. */
struct asset { struct str name, path, hash, type, bytes, packed; };
extern const struct asset web__assets[];
extern const size_t web__nassets;

/* web__sentence: of a failure, in the language of the call. web__fault: the failure of a field, or NULL; the form check may have found several. */
struct str web__sentence(struct call *c, const struct call_error *e);
const struct call_error *web__fault(const struct page_out *o, struct str field);

#endif
