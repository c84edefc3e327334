/* client_answer.h: an HTTP/1.1 answer, taken in as it arrives (RFC 9112). Knows no sockets. What is refused: more than is allowed, and whatever two readers could
 * understand in two ways (blanks before a colon, folded lines, two lengths, unknown codings). */
#ifndef SEN_WEB_CLIENT_ANSWER_H
#define SEN_WEB_CLIENT_ANSWER_H

#include "base/buf.h"
#include "base/spool.h"
#include "web/http.h"

enum answer_state {
    ANSWER_HEAD,                                                              /* status line and headers */
    ANSWER_COUNTED,                                                           /* a body of known length */
    ANSWER_CHUNK_SIZE, ANSWER_CHUNK, ANSWER_CHUNK_END, ANSWER_TRAILER,        /* a chunked one; trailers are dropped */
    ANSWER_TO_END,                                                            /* a body that ends with the connection */
    ANSWER_DONE, ANSWER_BROKEN, ANSWER_TOO_LARGE, ANSWER_NO_ROOM /* of the spool */
};

struct answer {
    enum answer_state state;
    bool begun;                                  /* a first byte has come */
    bool keep;                                   /* when done: the connection can take another request */
    int status; struct header *headers; size_t nheaders; /* views of lines */
    struct buf lines, body;
    struct arena *arena;
    bool bodiless;                               /* the answer to HEAD */
    size_t line_from, taken_lines; uint64_t left;
    uint64_t taken, most;                        /* bytes of the body */
    struct spool_room *room;                     /* NULL: all of it stays in memory */
    struct spool *spool;                         /* the body, where it went to a file: whoever began the answer drops it */
};

/* answer_begin: bodiless for HEAD; a body over `most` bytes is too large. Everything lies in the arena, but a body over SPOOL_FROM in a spool where there is a room. */
void answer_begin(struct answer *r, struct arena *a, bool bodiless, size_t most, struct spool_room *room);
/* answer_take: the next bytes; false when no more are wanted (done, broken, too large). Bytes behind the end mean that the connection is not kept. */
bool answer_take(struct answer *r, struct str bytes);
/* answer_end: the other side closed the connection. True when the answer is whole. */
bool answer_end(struct answer *r);

#endif
