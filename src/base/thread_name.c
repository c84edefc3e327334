/* thread_name.c */
#include "base/thread_name.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>

enum { NAME_ROOM = 16 }; /* prctl(2) */

void thread_name(const char *format, ...)
{
    char name[NAME_ROOM];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(name, sizeof name, format, args);
    va_end(args);
    (void)prctl(PR_SET_NAME, name); /* fails for no name */
}
