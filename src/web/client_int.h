/* client_int.h: between the client's requests (client.c) and its TLS (client_tls.c). */
#ifndef SEN_WEB_CLIENT_INT_H
#define SEN_WEB_CLIENT_INT_H

#include "web/client.h"
#include "web/web_int.h"

enum { CLIENT_CHAIN_MAX = 8 };
/* The certificates the other side showed in the handshake of an open connection; DER, on the heap. */
struct client_seen { struct str chain[CLIENT_CHAIN_MAX]; size_t n; };
void client__forget(struct client_seen *s);

/* One request's part in a handshake that may happen. */
struct client_tls {
    struct call *call;
    const struct client_request *rq;
    const struct peer_tls *own;
    struct client_seen *seen;
    enum status verdict;         /* of the judge, when it refused */
};
/* client__set_peer_tls: easy is a CURL *; t must live until the request is done. */
void client__set_peer_tls(void *easy, struct client_tls *t);

#endif
