/* Tests of operator_conf.c: which of several keys signs the directory, and which may verify it, as time goes by. */
#include "exchange/operator/operator_conf.c"

#include "base/test.h"

enum { OVERLAP_MS = 100 };

/* told: "a*b": a and b verify, a signs. */
static struct str told(struct call *c, const struct operator_cert *list, size_t n, int64_t now_ms)
{
    struct conf_keys k;
    struct buf b = buf_in(c->arena, 64);
    operator__choose_conf(list, n, now_ms, OVERLAP_MS, &k);
    for (size_t i = 0; i < k.n; i++) {
        buf_put(&b, k.certs[i]);
        if (i == k.signing) buf_put_c(&b, '*');
    }
    return buf_str(&b);
}

TEST(a_new_key_is_known_before_it_signs_and_the_old_one_after_it_has_stopped)
{
    const struct operator_cert list[] = { { .der = STR_INIT("a"), .issued_ms = 1000 }, { .der = STR_INIT("b"), .issued_ms = 2000 }, { .der = STR_INIT("c"), .issued_ms = 2150 } };
    static const struct { size_t n; int64_t now_ms; const char *told; } rows[] = {
        { 1, 1000, "a*" },     /* the first one need not wait: the anchor is made with it */
        { 2, 2000, "a*b" },  { 2, 2099, "a*b" }, { 2, 2100, "ab*" }, { 2, 2199, "ab*" }, { 2, 2200, "b*" }, { 2, 9000, "b*" },
        { 3, 2150, "ab*c" }, { 3, 2249, "b*c" }, { 3, 2250, "bc*" }, { 3, 2350, "c*" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) CHECK_STR(told(c, list, rows[i].n, rows[i].now_ms), str_z(rows[i].told));
}
