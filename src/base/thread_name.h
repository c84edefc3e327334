/* thread_name.h: names by which operators tell threads apart: top -H, ps -L, a debugger. */
#ifndef SEN_BASE_THREAD_NAME_H
#define SEN_BASE_THREAD_NAME_H

/* thread_name: of the thread that calls, and of those it starts until they name themselves. The system keeps 15 bytes; the rest is cut. Of the first thread it is the name of
 * the process. */
__attribute__((format(printf, 1, 2))) void thread_name(const char *format, ...);

#endif
