/* crash.c: see crash.h. */
#include "base/crash.h"

#ifdef SEN_CRASH_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

void crash_point(const char *name)
{
    const char *at = getenv("SEN_CRASH_AT");
    if (at && strcmp(at, name) == 0) (void)raise(SIGKILL);
}
#else
typedef int crash_points_are_not_built_in;
#endif
