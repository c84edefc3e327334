/* search_words.c: names as words: the key they are stored under and how two of them compare. Pure. */
#include "registry/search_int.h"

/* without_hyphens: Latin hyphens only; other dashes do not occur in names that were typed. */
static struct str without_hyphens(struct arena *a, struct str name)
{
    char *p = arena_alloc(a, name.n + 1, 1);
    for (size_t i = 0; i < name.n; i++) p[i] = name.p[i] == '-' ? ' ' : name.p[i];
    return str_of(p, name.n);
}

bool registry__name_words(struct arena *a, struct str name, enum text_fold how, struct words *ret)
{
    struct str key, word;
    struct words w = { .n = 0 };
    if (!text_fold(a, without_hyphens(a, name), how, &key) || key.n == 0) return false;
    while (str_next(&key, ' ', &word)) {
        if (w.n == SEARCH_WORDS) return false;
        w.all[w.n++] = word;
    }
    *ret = w;
    return true;
}

struct str registry__name_key(struct arena *a, const struct words *w)
{
    struct str key = w->all[w->n - 1];
    for (size_t i = 0; i + 1 < w->n; i++) key = str_join(a, key, STR(" "), w->all[i], STR_END);
    return key;
}

void registry__split_key(struct str key, struct words *ret)
{
    struct words w = { .n = 0 };
    struct str first, word;
    if (!str_next(&key, ' ', &first)) return;
    while (w.n + 1 < SEARCH_WORDS && str_next(&key, ' ', &word)) w.all[w.n++] = word;
    w.all[w.n++] = first;
    *ret = w;
}

/* is_within: each word of a stands in b, as often as in a. */
static bool is_within(const struct words *a, const struct words *b)
{
    bool used[SEARCH_WORDS] = { false };
    for (size_t i = 0; i < a->n; i++) {
        size_t k = 0;
        while (k < b->n && (used[k] || !str_eq(a->all[i], b->all[k]))) k++;
        if (k == b->n) return false;
        used[k] = true;
    }
    return true;
}

enum likeness registry__compare_words(const struct words *a, const struct words *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) same = str_eq(a->all[i], b->all[i]);
    if (same) return LIKE_SAME;
    if (a->n == b->n) return is_within(a, b) ? LIKE_ORDER : LIKE_NOT;
    return is_within(a, b) || is_within(b, a) ? LIKE_PART : LIKE_NOT;
}
