/* str.h: text as a view with a length. Parsers eat a view from the front and copy nothing. */
#ifndef SEN_BASE_STR_H
#define SEN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str { const char *p; size_t n; };  /* borrowed bytes, UTF-8, no NUL at the end, passed by value */

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal) { "" literal, sizeof(literal) - 1 } /* for static tables */
/* For printf: printf("%.*s", STR_ARG(s)). Views longer than INT_MAX do not exist: input is limited at the door. */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* str_z: a view of a NUL-terminated text; NULL gives an empty view. */
static inline struct str str_z(const char *z) { return (struct str){ z, z ? strlen(z) : 0 }; }
static inline struct str str_of(const void *p, size_t n) { return (struct str){ (const char *)p, n }; }
static inline bool str_is_empty(struct str s) { return s.n == 0; }
static inline bool str_eq(struct str a, struct str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_starts(struct str s, struct str with) { return s.n >= with.n && (with.n == 0 || memcmp(s.p, with.p, with.n) == 0); }
static inline bool str_ends(struct str s, struct str with) { return s.n >= with.n && (with.n == 0 || memcmp(s.p + s.n - with.n, with.p, with.n) == 0); }
/* str_skip: the view without its first n bytes (empty if it is shorter). */
static inline struct str str_skip(struct str s, size_t n)
{
    if (n > s.n) n = s.n;
    return n ? (struct str){ s.p + n, s.n - n } : s; /* p may be NULL, and NULL + 0 is not defined */
}
static inline struct str str_first(struct str s, size_t n) { return (struct str){ s.p, n < s.n ? n : s.n }; }

/* str_cut: take what stands before the first sep; *in becomes the rest. False, and nothing moves, without a sep. */
static inline bool str_cut(struct str *in, char sep, struct str *ret)
{
    const char *at = in->n ? memchr(in->p, sep, in->n) : NULL;
    if (!at) return false;
    *ret = (struct str){ in->p, (size_t)(at - in->p) };
    *in = (struct str){ at + 1, in->n - ret->n - 1 };
    return true;
}

/* str_next: like str_cut, but the last piece counts too. False only when *in is used up (its p is NULL then). */
bool str_next(struct str *in, char sep, struct str *ret);

/* str_cut_at: as str_cut with a separator of several bytes. */
bool str_cut_at(struct str *in, struct str sep, struct str *ret);

/* str_find: offset of the first needle in s, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);

/* str_trim: without ASCII blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* str_eq_nocase: equal when ASCII letters are compared without case. For protocol words, never for people's text. Names are compared all the time and seldom have one length, so
 * that is looked at here; str_eq_letters does the rest. */
bool str_eq_letters(const char *a, const char *b, size_t n);
static inline bool str_eq_nocase(struct str a, struct str b) { return a.n == b.n && str_eq_letters(a.p, b.p, a.n); }

/* str_plain_run: how many bytes at the start of s are printable ASCII (space to tilde) and neither of the two; 0 stands for no byte. */
size_t str_plain_run(struct str s, char not, char nor);

/* str_cmp: order by bytes, shorter first where one starts the other; for qsort and binary search. */
int str_cmp(struct str a, struct str b);

/* str_find_twin: sorts the list and tells a text that stands in it twice; false when there is none. */
bool str_find_twin(struct str *list, size_t n, struct str *ret);

/* str_int: whole decimal number, optional leading '-'; false on anything else or on overflow. */
bool str_int(struct str s, int64_t *ret);

/* str_hash: 64-bit FNV-1a; for tables in memory fed by our own data, not for hostile keys. */
uint64_t str_hash(struct str s);

/* str_copy, str_to_z, str_lower: copies in the arena; str_to_z answers NULL when s holds an inner NUL. str_lower: ASCII only. */
struct str str_copy(struct arena *a, struct str s);
char *str_to_z(struct arena *a, struct str s);
struct str str_lower(struct arena *a, struct str s);

/* str_print: printf into the arena. */
struct str str_print(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* str_join: a, b, c ... up to a {0} view: str_join(arena, a, b, STR_END). */
#define STR_END ((struct str){ NULL, SIZE_MAX })
struct str str_join(struct arena *a, struct str first, ...);

/* str_same_secret: equality in time that depends only on the lengths. */
bool str_same_secret(struct str a, struct str b);

#endif
