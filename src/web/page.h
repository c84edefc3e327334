/* page.h: pages for people. Templates (*.html in a room) are compiled by tools/template.mjs into functions that take the struct of the page: an unknown name does
 * not compile. Everything is escaped by where it stands; ready markup is another type. */
#ifndef SEN_WEB_PAGE_H
#define SEN_WEB_PAGE_H

#include "web/http.h"

struct html { struct str s; };  /* markup made by templates or web/html.c only */

/* What a compiled template exports (generated header "<room>/<name>.html.h"): extern const struct page PAGE_<NAME>; with data type struct page_<name>. */
struct page_out { struct call *c; const struct request *rq; struct buf *b; };
struct page {
    const char *name;
    void (*body)(struct page_out *o, const void *data);
    void (*title)(struct page_out *o, const void *data);
};

/* reply_page: the page in the frame (strip, header, language switch, error summary, footer), in the language of the call. A failed form is shown again by its
 * handler with status 422: see page_error. */
enum status reply_page(struct call *c, const struct request *rq, struct reply *rp, const struct page *p, const void *data);

/* page_error: the translated sentence when the call failed at this field, else empty; templates use {{error "pin"}}. After the handler decided to show the form
 * again it calls reply_page_again, which turns c->error into the error summary and status (422 for ST_INVALID, 403, 404, 409, 503 ...). */
enum status reply_page_again(struct call *c, const struct request *rq, struct reply *rp, const struct page *p, const void *data);
/* reply_error_page: a whole page for a status; the edge calls it for handlers that fail on page routes. */
void reply_error_page(struct call *c, const struct request *rq, struct reply *rp, enum status st);

/* text_tr: the translation of an English text into the call's language (English itself for "en"; the key where none exists, which the tests do not allow).
 * Mark texts in C with TR("...") so that tools/po.mjs finds them; call_fail sentences are found as they are. */
struct str text_tr(struct str lang, struct str english);
#define TR(text) STR(text)
/* text_tr_args: a template with %s filled in after translation. */
struct str text_tr_args(struct call *c, struct str english, const struct str *args, size_t n);

/* What compiled templates call (web/html.c). */
void html_text(struct page_out *o, struct str s);
void html_attr(struct page_out *o, struct str s);
void html_url(struct page_out *o, struct str s);      /* in href/src/action: only http, https, or a local path; else "#" */
void html_int(struct page_out *o, int64_t v);
void html_raw(struct page_out *o, struct html h);
void html_z(struct page_out *o, const char *literal, size_t n);
void html_tr(struct page_out *o, struct str english); /* translated, escaped as text */
void html_day(struct page_out *o, int64_t day);       /* <time datetime=...>22/11/2026</time> */
void html_moment(struct page_out *o, int64_t ms);     /* local time of the country */

#endif
