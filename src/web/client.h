/* client.h: HTTP requests to others, over connections that are kept alive for each worker and peer. */
#ifndef SEN_WEB_CLIENT_H
#define SEN_WEB_CLIENT_H

#include "web/http.h"

struct client_request {
    struct str method, url;
    const struct header *headers; size_t nheaders; /* Host, Content-Length and the like are the client's own */
    struct str body, tail; struct extent large; /* sent with Content-Length when has_body: body, then what lies in a file, then tail */
    bool spools;                           /* an answer over SPOOL_FROM goes to a file (struct client_answer.large) that this call keeps */
    bool has_body;
    int64_t connect_ms, total_ms;          /* 0: 10,000 and 60,000 */
    int64_t slow_ms, fair_bytes_s;         /* all of it takes no longer than slow_ms and what its bytes take at so many a second, however little moves now and then; 0: it may */
    int64_t silent_ms;                     /* how long nothing may move either way once connected; 0: total_ms alone counts */
    /* How long the other side may give no sign of life. Where nothing moved for a second it is asked for a handshake on a connection of its own, and again; who leaves
     * all of them unanswered for so long is given up like one that is silent. 0: it is not asked. */
    int64_t lifeless_ms;
    bool anew;                             /* not over a kept connection: only a handshake shows that somebody is still there */
    size_t max_answer;                     /* 0: 16 MiB */
    /* Own key and chain (web_set_peer_tls) are for whom a judge judges, and with shows_own for whom the system's CAs judge, when the other side asks for them. The
     * judge alone decides (no host name, no CA list): it gets the DER of the leaf and of what came with it. NULL: the system's CAs and the host name. */
    enum status (*judge)(struct call *c, const struct str *chain, size_t n, void *arg);
    void *judge_arg;
    bool shows_own;
    bool to_node;                          /* another node: it refuses a message that it has, so any may be sent again; and it knows our certificate from the directory */
    bool *answered;                        /* if given: on failure, had (some of) an answer come? */
    bool acts;                             /* what is asked for may change something: after a failure nobody is told to just send it again */
    bool *sent;                            /* if given: on failure, may the other side have got (some of) the request? */
};
struct client_answer { int status; const struct header *headers; size_t nheaders; struct str body; struct extent large; int64_t took_us; bool reused; struct str peer_cert; };

/* client_fetch: one exchange. Any HTTP status is ST_OK. ST_UNAVAILABLE with a sentence that names host, port and cause (name not found, refused, time-out,
 * TLS) when there was none; the fault ssl_authentication_failed where it was the system's CAs that refused. */
NODISCARD enum status client_fetch(struct call *c, const struct client_request *rq, struct client_answer *ret);
/* client_race: which of these hosts takes a TCP connection at this port first; at most 16 run. False when none did within ms. */
bool client_race(struct call *c, const struct str *hosts, size_t n, int port, int64_t ms, size_t *ret);
/* client_keep: for a program that opens no node: from here on connections are kept alive for this app as they are for a node's. client_keep_end when all threads
 * that asked have ended. */
void client_keep(struct app *app);
void client_keep_end(struct app *app);
struct str client_header(const struct client_answer *a, const char *name);

#endif
