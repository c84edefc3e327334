/* ossl.c: OpenSSL's error queue told to the log, and its buffers copied into arenas. */
#include "trust/ossl.h"

#include <openssl/err.h>

enum { ERRORS_NOTED = 4 };

enum status ossl__broken(struct call *c, const char *what)
{
    char text[256];
    for (int i = 0; i < ERRORS_NOTED; i++) {
        unsigned long e = ERR_get_error();
        if (!e && i > 0) break;
        ERR_error_string_n(e, text, sizeof text);
        call_note(c, "trust", "%s: %s", what, text);
    }
    ERR_clear_error();
    return ST_BROKEN;
}

void ossl__forget(void) { ERR_clear_error(); }

enum status ossl__copy(struct call *c, const char *what, const unsigned char *der, int n, struct str *ret)
{
    if (n <= 0 || !der) return ossl__broken(c, what);
    *ret = str_copy(c->arena, str_of(der, (size_t)n));
    return ST_OK;
}
