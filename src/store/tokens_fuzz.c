/* tokens_fuzz.c: table definitions with any tokens: either refused, or filled so that none is left and what stands between is untouched. */
#include "store/store_int.h"

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct call *c;
    if (!c) {
        log_least(LOG_ERROR);
        c = call_open(NULL);
    }
    call_renew(c);
    const char *filled, *again;
    struct str sql = str_of(data, size);
    if (memchr(data, 0, size) || store__fill_tokens(c, &store__sqlite, sql, &filled) != ST_OK) return 0;
    if (memchr(filled, '{', strlen(filled))) __builtin_trap();
    if (store__fill_tokens(c, &store__sqlite, str_z(filled), &again) != ST_OK || strcmp(filled, again) != 0) __builtin_trap();
    struct str rest = sql, before;
    while (str_cut(&rest, '{', &before)) {
        if (str_find(str_z(filled), before) == SIZE_MAX) __builtin_trap();
        if (!str_cut(&rest, '}', &before)) __builtin_trap();
    }
    return 0;
}
