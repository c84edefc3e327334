/* web_int.h: what the files of the edge share. A *door* is one listening socket with its own libmicrohttpd daemon; a *turn* is one request from the first
 * byte of its target to the end of its answer. The edge thread of a door owns a turn while it reads; a worker owns it while the connection is suspended. */
#ifndef SEN_WEB_INT_H
#define SEN_WEB_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/strand.h"
#include "web/http.h"

struct MHD_Connection;
struct MHD_Daemon;

enum { DOOR_SYSTEMS_TLS = PORT_COUNT, DOOR_COUNT };
enum { BODY_DEFAULT = 64 * 1024, PARAMS_MAX = 8, WRITERS_MAX = 16, LATENCY_STEPS = 10, HEADERS_MAX = 100 };

/* ---- router.c ---- */
struct way;     /* a route with its pattern taken apart */
struct router;  /* the routes of one port, most exact first */
struct match { const struct way *way; const struct route *route; struct str values[PARAMS_MAX]; };
enum matched { MATCH_FOUND, MATCH_NO_PATH, MATCH_NO_METHOD };

/* router__new: checks and orders the routes (n pointers). ST_BROKEN with the cause in the log: a table is wrong, the program must not start. */
NODISCARD enum status router__new(struct call *c, const struct route *const *routes, size_t n, struct router **ret);
void router__free(struct router *r);
enum matched router__match(const struct router *r, struct str method, struct str path, struct match *ret);
/* router__value: what the path gave for {name}; false when the pattern has no such name. raw: it was {name*}. */
bool router__value(const struct match *m, struct str name, struct str *ret, bool *raw);
bool router__is_rest(const struct match *m, size_t i); /* is the i-th value that of a {name*}? */
/* router__allow: "GET, HEAD, POST" of a path. */
void router__allow(const struct router *r, struct str path, struct buf *out);
size_t router__count(const struct router *r);
bool router__waits(const struct router *r); /* does any route wait for others? */

/* ---- form.c ---- */
struct form_value { const struct field *field; struct str text; bool given; };
struct form { struct form_value *values; size_t n; struct str csrf; struct call_error *faults; size_t nfaults; };
/* form__read: urlencoded text against the table (NULL: no fields). extra: a field name that is let through unread ("lang"), FORM_ANY for every name, or empty.
 * ST_INVALID with every wrong field in ret->faults and the first in c->error. */
#define FORM_ANY STR("*")
NODISCARD enum status form__read(struct call *c, const struct field *fields, struct str text, struct str extra, struct form *ret);
const struct form_value *form__find(const struct form *f, struct str name);

/* ---- request.c ---- */
struct request_parts { const struct match *match; struct form form; struct str form_token; struct web *web; };
bool request__local_path(struct str path);                      /* may a redirect go there? "/x", never "//host" or "/\host" */
struct str request__cookie(struct str header, struct str name); /* of one Cookie header */
bool request__split_target(struct str target, struct str *path, struct str *query); /* origin-form or absolute-form */

/* ---- guard.c ---- */
NODISCARD enum status guard__know_actor(struct call *c, struct request *rq);
NODISCARD enum status guard__check_csrf(struct call *c, const struct request *rq, struct str token);
/* guard__pick_language: ?lang=, cookie, Accept-Language, the node's first language. */
struct str guard__pick_language(const struct request *rq);
/* guard__accepted_language: the best of the languages for an Accept-Language header, or empty. */
struct str guard__accepted_language(struct str header, const struct str *languages, size_t n);
extern const struct route guard__routes[];

/* ---- reply.c ---- */
/* reply__problem: problem+json with every wrong field. */
void reply__problem(struct call *c, struct reply *rp, enum status st, int http, const struct call_error *faults, size_t nfaults);

/* ---- worker.c: a bounded queue for each door and the threads that empty them ---- */
struct turn;
struct workers;
struct workers *workers__new(struct web *w, size_t threads, size_t queue_each);
bool workers__reserve(struct workers *ws, size_t door);                 /* false: full or closing; a reserved place must be pushed to */
void workers__push(struct workers *ws, size_t door, struct turn *t);
size_t workers__waiting(struct workers *ws, size_t door);
void workers__open_door(struct workers *ws, size_t door);               /* before start: this door gets a worker of its own kept free */
NODISCARD enum status workers__start(struct call *c, struct workers *ws);
void workers__finish(struct workers *ws);                               /* no new turns, answer those queued, end the threads */
void workers__free(struct workers *ws);

/* ---- waiters.c: the same for turns that mostly wait for others; each: strands of a door at a time ---- */
struct waiters;
struct waiters *waiters__new(struct web *w, size_t loops, size_t each, size_t queue_each);
bool waiters__reserve(struct waiters *ws, size_t door);
void waiters__push(struct waiters *ws, size_t door, struct turn *t);
size_t waiters__waiting(struct waiters *ws, size_t door);
NODISCARD enum status waiters__start(struct call *c, struct waiters *ws);
void waiters__finish(struct waiters *ws);
struct strand_loop *waiters__loop(struct waiters *ws, size_t door); /* where this door itself may stand, until waiters__free */
void waiters__free(struct waiters *ws);

/* ---- serve.c: the way of one request through a worker ---- */
void serve__turn(struct call *c, struct turn *t);

/* ---- sweep.c: connections that read too slowly are shut ---- */
struct sweep;
struct watched;
struct sweep *sweep__new(int64_t request_us);
NODISCARD enum status sweep__start(struct call *c, struct sweep *s);
void sweep__stop(struct sweep *s);
void sweep__free(struct sweep *s);
struct watched *sweep__add(struct sweep *s, int fd);                    /* a new connection, its clock running */
void sweep__remove(struct sweep *s, struct watched *x);
void sweep__begin(struct sweep *s, struct watched *x);
void sweep__progress(struct watched *x, size_t bytes);                  /* bytes of a body buy time */
void sweep__pause(struct watched *x);                                   /* the request is read */

/* ---- edge.c: doors and turns ---- */
struct turn {
    struct door *door;
    struct MHD_Connection *connection;
    struct watched *watched;
    struct tls_pipe *pipe;                    /* NULL: no TLS */
    struct str address;                       /* whose connection this is; with it */
    struct str target, method, path, query;   /* target: a copy on the heap; path and query: views of it; method: libmicrohttpd's, until the answer is sent */
    struct match match;
    enum matched matched;
    char *body; size_t nbody, body_cap, body_max, body_seen, body_told;
    struct spool *spool;                      /* the body, where it is in a file */
    enum { TURN_NEW, TURN_READING, TURN_DROPPED, TURN_WAITING, TURN_READY } state;
    int early;                                /* HTTP status decided while reading: 413, 431, 503; else 0 */
    int status; struct kept_reply *kept;      /* the answer, until libmicrohttpd has it */
    int64_t began_us;
    struct turn *next;                        /* in the queue */
    struct strand_job job;                    /* for waiters.c */
};
struct door {
    struct web *web;
    size_t index; enum port port; bool tls;
    bool named;                               /* its thread; known to that alone */
    int fd;                                   /* listening socket while the daemon owns it */
    struct MHD_Daemon *daemon;
    struct keeper *keeper;                    /* on whose strand it is; NULL: it has a thread of its own */
    struct router *router;
    struct door_tls *secrets;                 /* tls.c */
};
/* edge__start: NULL when it did not; own_thread: else somebody calls MHD_run. */
struct MHD_Daemon *edge__start(struct door *d, bool own_thread);
/* ---- door.c ---- */
NODISCARD enum status door__open(struct call *c, struct door *d, struct str address);
void door__resume(struct door *d, struct MHD_Connection *connection); /* from any thread */
void door__quiesce(struct door *d);
void door__close(struct door *d);
int door__bound_port(const struct door *d);
/* ---- edge_answer.c ---- */
/* turn__answer: hand the turn back to the edge; nothing of it may be touched afterwards. */
void turn__answer(struct call *c, struct turn *t, const struct reply *rp, const struct header *extra, size_t nextra);
/* turn__send: on the thread of the door, what turn__answer kept goes to libmicrohttpd; false: the connection is to be closed. turn__drop_reply: it does not go there; NULL is fine. */
bool turn__send(struct turn *t);
void turn__drop_reply(void *kept);

/* ---- listen.c ---- */
NODISCARD enum status listen__open(struct call *c, struct str address, int *ret_fd);

/* ---- tls.c ---- */
struct door_tls;
NODISCARD enum status tls__new(struct call *c, struct app *app, const struct peer_tls *own, struct door_tls **ret);
void tls__free(struct door_tls *t);
/* tls__connection_started: demands (peers) or asks for (systems) the client's certificate. The pipe must outlive the connection; NULL without TLS. */
struct tls_pipe *tls__connection_started(struct MHD_Connection *connection, struct door *d);
void *tls__certificate_callback(void);                                           /* for MHD_OPTION_HTTPS_CERT_CALLBACK2 */
size_t tls__peer_chain(struct arena *a, struct MHD_Connection *connection, const struct str **ret);
extern const char tls__priorities[];
extern const char tls__dh_params[];

/* ---- tls_pipe.c: the bytes of a TLS connection, in few system calls ---- */
struct tls_pipe;
struct tls_pipe *tls_pipe__new(void *session /* gnutls_session_t, with its socket */);
void tls_pipe__hold(struct tls_pipe *p);  /* what is sent next (an answer's head) goes out with what follows it (its body, which must follow) */
void tls_pipe__free(struct tls_pipe *p);  /* after the session */

/* ---- metrics.c ---- */
struct numbers {
    _Atomic int64_t requests[PORT_COUNT][6];          /* [status / 100]; [0] is not used */
    _Atomic int64_t latency[PORT_COUNT][LATENCY_STEPS + 1];
    _Atomic int64_t latency_us[PORT_COUNT];
    _Atomic int64_t connections[DOOR_COUNT];
    _Atomic int64_t refused;                          /* 413, 431, 503 of the edge */
};
void numbers__count(struct numbers *n, enum port port, int status, int64_t us);
extern const struct route metrics__routes[];
extern const char *const web__door_names[DOOR_COUNT]; /* those of the ports stand first */
extern const struct route health__routes[];
void health__add_own(struct app *app);

/* ---- client.c ---- */
struct client_pool;
struct client_pool *client__pool_new(void);
void client__pool_free(struct client_pool *p);
void client__pool_rest(struct client_pool *p); /* connections of this thread that were not used for a minute are closed */

/* ---- web_module.c ---- */
struct web_options {
    struct str address[DOOR_COUNT];  /* "host:port"; empty: closed. Port 0 takes a free one (tests) */
    struct str node;                 /* in the cookie's name */
    const struct str *languages; size_t nlanguages;
    bool https;                      /* people come over https through a proxy on this machine */
    size_t workers, queue, loops, connections, connections_each;
    int64_t idle_s, request_s;
    size_t body_memory;              /* bytes of request bodies held at a time, all doors together */
    size_t spool;                    /* bytes of large messages on disk at a time */
};
struct named_check { const char *name; health_check *check; };
struct web {
    struct app *app;
    struct web_options options;
    struct str session_cookie, form_cookie; /* "sen_<node>", "sen_<node>_form" */
    uint8_t form_secret[32];
    const struct session_source *sessions;
    const struct peer_tls *peer_tls;
    refusal_writer *refuse_peer;
    metrics_writer *writers[WRITERS_MAX]; size_t nwriters;
    struct named_check checks[WRITERS_MAX]; size_t nchecks;
    struct numbers numbers;
    struct workers *workers;
    struct waiters *waiters;
    struct sweep *sweep;
    struct client_pool *clients;
    struct door doors[DOOR_COUNT];
    _Atomic size_t body_bytes;
    struct spool_room room;
    pthread_mutex_t lock; pthread_cond_t idle; size_t answering; /* turns between submission and the end of their answer */
    bool started;
};
struct web *web__of(struct app *app);  /* app->web, made at first use */
NODISCARD enum status web__start_with(struct call *c, struct app *app, const struct web_options *o);
void web__turn_began(struct web *w);
void web__turn_ended(struct web *w);

#endif
