/* page.h: pages for people. Templates (*.html in a room) are compiled by tools/template.mjs into functions that take the struct of the page: an unknown name does
 * not compile. Everything is escaped by where it stands; ready markup is another type. */
#ifndef SEN_WEB_PAGE_H
#define SEN_WEB_PAGE_H

#include "web/http.h"

/* What a list of a form offers, for pages of all rooms; note: what may stand beside the text. */
struct page_choice { struct str value, text, note; bool chosen; };

struct html { struct str s; };  /* markup made by templates or web/html.c only */

/* What a compiled template exports (generated header "<room>/<name>.html.h"): extern const struct page PAGE_<NAME>; with data type struct page_<name>. */
struct page_out { struct call *c; const struct request *rq; struct reply *rp; struct buf *b; };
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
void html_url_part(struct page_out *o, struct str s); /* a piece of an address: percent-encoded */
void html_int(struct page_out *o, int64_t v);
void html_bool(struct page_out *o, bool v);           /* yes, no */
void html_raw(struct page_out *o, struct html h);
void html_z(struct page_out *o, const char *literal, size_t n);
void html_tr(struct page_out *o, struct str english); /* translated, escaped for text and attributes */
void html_tr_args(struct page_out *o, struct str english, const struct str *args, size_t n);
void html_day(struct page_out *o, int64_t day);       /* <time datetime=...>22/11/2026</time> */
void html_moment(struct page_out *o, int64_t ms);     /* local time of the country */
void html_number(struct page_out *o, int64_t v);      /* 1.234.567 */
void html_csrf(struct page_out *o);                   /* the hidden input of a POST form */
void html_error(struct page_out *o, struct str field);
bool html_has_error(const struct page_out *o, struct str field);
void html_asset(struct page_out *o, struct str name); /* "/assets/<hash>/<name>" */

/* The C type of a value chooses how it is written; a type without a way to write it does not compile. */
#define html_put(o, x) _Generic((x), struct str: html_text, struct html: html_raw, int64_t: html_int, int: html_int, bool: html_bool)(o, x)
#define html_put_attr(o, x) _Generic((x), struct str: html_attr, int64_t: html_int, int: html_int)(o, x)
#define html_put_part(o, x) _Generic((x), struct str: html_url_part, int64_t: html_int, int: html_int)(o, x)
#define html_is(x) _Generic((x), struct str: html_is_text, struct html: html_is_html, bool: html_is_int, int64_t: html_is_int, int: html_is_int, size_t: html_is_size, \
                            default: html_is_there)(x)
#define html_arg(o, x) _Generic((x), struct str: html_arg_text, int64_t: html_arg_int, int: html_arg_int)(o, x)
static inline bool html_is_text(struct str s) { return s.n > 0; }
static inline bool html_is_html(struct html h) { return h.s.n > 0; }
static inline bool html_is_int(int64_t v) { return v != 0; }
static inline bool html_is_size(size_t n) { return n != 0; }
static inline bool html_is_there(const void *p) { return p != NULL; }
static inline struct str html_arg_text(struct page_out *o, struct str s) { (void)o; return s; }
struct str html_arg_int(struct page_out *o, int64_t v);

/* Embedded files: asset_path is "/assets/<hash>/<name>"; a name that was not embedded is our bug (assert). asset_routes (with the language switch of guard.c) belong to
 * the routes of web: GET /assets/{hash}/{name}, kept by browsers for ever, gzip where the browser takes it. */
struct str asset_path(struct str name);
extern const struct route asset_routes[];

#endif
