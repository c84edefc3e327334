/* web_fake.h: see web_fake.c; tests only. */
#ifndef SEN_WEB_FAKE_H
#define SEN_WEB_FAKE_H

#include <pthread.h>

#include "web/client.h"
#include "web/web_int.h"

struct key;

extern struct app fake_app;
struct web_options fake_options(void);                                        /* pages, systems and peers on free ports */
void fake_start(struct call *c, const struct module *m, const struct web_options *o);
void fake_stop(void);
pthread_t fake_stop_beside(void);                                             /* in a thread, to be joined */
int fake_port(size_t door);
handler fake_large;                                                           /* answers 200 with 1 MiB */
handler fake_id;                                                              /* answers what stands in the path for {id} */
handler fake_hello;                                                           /* answers 200 "hello" */
handler fake_size;                                                            /* answers how many bytes the body has */

/* FAKE_GET: headers of its own, each with its end of line, and the connection ends. fake_post: the same with a form. */
#define FAKE_GET(path, headers) STR("GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" headers "\r\n")
struct str fake_post(struct call *c, const char *path, const char *headers, const char *body);
struct client_request fake_request(struct call *c, size_t door, const char *path); /* a GET, for client.h */
int fake_listen(const char *host, int *ret_port);                             /* another program's: at a free port of this address */

int fake_connect(size_t door);
void fake_send(int fd, struct str bytes);
struct str fake_read_all(struct call *c, int fd);                             /* until the other side closes */
struct str fake_ask(struct call *c, size_t door, struct str bytes);           /* all three; the bytes should ask to close */
bool fake_has(struct str text, struct str part);
int fake_status(struct str answer);
struct str fake_body(struct str answer);

extern _Atomic bool fake_holder_is_gone;
const struct key *fake_key(struct call *c, const char *cn);                   /* P-256 and a self-signed certificate */
void fake_key_free(const struct key *k);
struct str fake_cert(const struct key *k);

#endif
