/* crash.h: places where a test may kill the process to show that nothing is lost. Built in only with -Dcrash_points=true. */
#ifndef SEN_BASE_CRASH_H
#define SEN_BASE_CRASH_H

#ifdef SEN_CRASH_POINTS
/* crash_point: SIGKILL to itself when the environment variable SEN_CRASH_AT names this place. */
void crash_point(const char *name);
#else
#define crash_point(name) ((void)0)
#endif

#endif
