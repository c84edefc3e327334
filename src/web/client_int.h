/* client_int.h: between the client's requests (client.c), its connections (client_link.c) and their TLS (client_tls.c). */
#ifndef SEN_WEB_CLIENT_INT_H
#define SEN_WEB_CLIENT_INT_H

#include "web/client.h"
#include "web/client_answer.h"
#include "web/web_int.h"

enum { CLIENT_CHAIN_MAX = 8 };
/* The certificates the other side showed in the handshake of an open connection; DER, on the heap. ssl: that connection's SSL *, while it is open. */
struct client_seen { struct str chain[CLIENT_CHAIN_MAX]; size_t n; void *ssl; };
void client__forget(struct client_seen *s);
/* Only for who was judged, after the handshake. client__take_over: what is written and read from here on goes to this socket without libcurl (a closed one raises SIGPIPE, which
 * the program ignores). client__put, client__get: what goes now; CURLcodes, CURLE_AGAIN when nothing does; *ret 0 at the end. client__holds_bytes: has TLS read more than it was
 * asked for? */
bool client__take_over(const struct client_seen *s, int fd);
int client__put(const struct client_seen *s, struct str bytes, size_t *ret);
int client__get(const struct client_seen *s, char *to, size_t max, size_t *ret);
bool client__holds_bytes(const struct client_seen *s);

/* One request's part in a handshake that may happen. */
struct client_tls {
    struct call *call;
    const struct client_request *rq;
    const struct peer_tls *own;
    struct client_seen *seen;
    enum status verdict;         /* of the judge, when it refused */
};
/* client__set_tls: our key and, where the request has one, its judge. easy is a CURL *; t must live until the handshake is done. */
void client__set_tls(void *easy, struct client_tls *t);

/* ---- client_link.c: one connection, made by libcurl (names, addresses, TLS); the bytes on it are ours. Codes are CURLcodes. ---- */
enum { CLIENT_ERROR = 256 }; /* CURL_ERROR_SIZE */
struct client_link { void *easy; int fd; bool plain /* no TLS */; struct client_seen seen; };
/* client__link: connects and shakes hands, until this moment of the monotonic clock. ret must be closed before. On failure nothing is open. */
int client__link(struct client_link *ret, const struct client_request *rq, struct client_tls *tls, const char *url, int64_t until_us, char error[static CLIENT_ERROR]);
void client__unlink(struct client_link *l);
/* client__lives: does anybody shake hands there within these milliseconds? Who refuses to lives too. */
bool client__lives(struct call *c, const struct client_request *rq, const struct peer_tls *own, const char *url, int64_t ms);
/* client__is_idle: still open, and nothing came unasked. */
bool client__is_idle(const struct client_link *l);
/* What is written: the pieces, then a part of a file, then the tail. */
struct client_question { struct str pieces[2]; size_t n; struct extent large; struct str tail; };
/* When a talk is given up: at until_us, when nothing moved for silent_us, when it took longer than slow_us and what was moved takes at fair_bytes_s (0: it may), and when lives (NULL: nobody is asked) was false for lifeless_us while nothing moved. */
struct client_patience { int64_t until_us, silent_us, slow_us, fair_bytes_s, lifeless_us; bool (*lives)(void *arg); void *arg; };
/* client__talk: writes a question and reads one answer, which may come before all is written. */
int client__talk(const struct client_link *l, const struct client_question *q, struct answer *answer, const struct client_patience *patience);

#endif
