/* status.h: what a function answers to the program. The sentence for the person travels in struct call (call.h). */
#ifndef SEN_BASE_STATUS_H
#define SEN_BASE_STATUS_H

enum status {
    ST_OK,
    ST_INVALID,     /* the input is wrong; the sentence says at which field and what to write instead */
    ST_NO_ACTOR,    /* nobody is signed in */
    ST_DENIED,      /* signed in, but not allowed */
    ST_NOT_FOUND,
    ST_CONFLICT,    /* somebody else changed it first, or it exists already */
    ST_TOO_LARGE,   /* over a limit; the sentence names the limit */
    ST_UNAVAILABLE, /* a peer, disk or service is not there now; trying again later may work */
    ST_BROKEN       /* our bug or damaged data; the cause stands in the log */
};

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* TRY: leave with the status of expr unless it is ST_OK. The only macro that hides a return. */
#define TRY(expr) \
    do { \
        enum status st_ = (expr); \
        if (st_ != ST_OK) return st_; \
    } while (0)

/* status_name: "invalid", "denied" ...; for log lines and tests. Never NULL. */
const char *status_name(enum status st);

/* status_http: the HTTP status code that stands for st (200, 400, 401, 403, 404, 409, 413, 503, 500). */
int status_http(enum status st);

/* status_exit: the exit code of a command that ended with st (0 for ST_OK; sysexits-like otherwise). */
int status_exit(enum status st);

/* status_sentence: the standard English sentence for a status that came without one of its own. */
const char *status_sentence(enum status st);

#endif
