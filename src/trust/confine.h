/* confine.h: a process gives away what it does not need: files outside a few folders (Landlock), programs, tracing, other kinds of sockets
 * (seccomp). For the key holder and for the server. What was open before stays open; threads that ran before keep their files. */
#ifndef SEN_TRUST_CONFINE_H
#define SEN_TRUST_CONFINE_H

#include "base/call.h"

struct confinement {
    const struct str *read;  size_t nread;   /* files or folders, with all below them, that may be read; one that does not exist is skipped */
    const struct str *write; size_t nwrite;  /* folders that may be read and changed */
    bool network;                            /* false: no new socket of any kind, not even a local one; accept() on an open one still works */
};

/* confine_process: for this process and its children, for good. Call it before threads are started. A kernel without Landlock gets one log
 * line and only the rules of seccomp. ST_BROKEN when the kernel refuses a rule. */
NODISCARD enum status confine_process(struct call *c, const struct confinement *k);

#endif
