/* translate.c: English text to the language of the call, from the tables that tools/po.mjs makes of country/<cc>/<lang>.po. */
#include "web/page_int.h"

enum { SENTENCE_MAX = 16 * 1024 };

static const struct translation *find(const struct translation_table *t, struct str english)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(english, t->rows[mid].english);
        if (order == 0) return &t->rows[mid];
        if (order < 0) high = mid;
        else low = mid + 1;
    }
    return NULL;
}

struct str text_tr(struct str lang, struct str english)
{
    for (size_t i = 0; i < web__ntranslations; i++) {
        if (!str_eq(web__translations[i].lang, lang)) continue;
        const struct translation *found = find(&web__translations[i], english);
        return found ? found->text : english;
    }
    return english;
}

/* fill: each %s takes the next value; %% is a percent sign. */
static void fill(struct buf *b, struct str text, const struct str *args, size_t n)
{
    struct str before;
    size_t used = 0;
    while (str_cut(&text, '%', &before)) {
        buf_put(b, before);
        if (str_starts(text, STR("s")) && used < n) buf_put(b, args[used++]);
        else if (str_starts(text, STR("%"))) buf_put_c(b, '%');
        else {
            buf_put_c(b, '%');
            continue;
        }
        text = str_skip(text, 1);
    }
    buf_put(b, text);
}

struct str text_tr_args(struct call *c, struct str english, const struct str *args, size_t n)
{
    struct str text = text_tr(c->lang, english), filled = text;
    if (!memchr(text.p ? text.p : "", '%', text.n)) return text;
    struct buf b = buf_in(c->arena, SENTENCE_MAX);
    fill(&b, text, args, n);
    return buf_finish(&b, &filled) == ST_OK ? filled : text;
}
