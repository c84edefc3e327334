/* crash.c: see crash.h. Compiled only with -Dcrash_points=true. */
#include "base/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void crash_point(const char *name)
{
    const char *at = getenv("SEN_CRASH_AT");
    if (at && strcmp(at, name) == 0) (void)raise(SIGKILL);
}
