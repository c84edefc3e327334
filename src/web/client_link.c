/* client_link.c: a connection to another server. libcurl finds the address, connects and makes TLS; then the connection is left to us (CURLOPT_CONNECT_ONLY), because
 * setting up a whole transfer of libcurl costs several times what a request on a kept connection needs. */
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/crowd.h"
#include "base/strand.h"
#include "base/time.h"
#include "web/client_int.h"

_Static_assert(CLIENT_ERROR >= CURL_ERROR_SIZE, "libcurl writes so much");
enum { RECEIVE = 16 * 1024 /* a TLS record */, PASS = 64 * 1024, ASK_US = 1000 * 1000, ASK_MOST_US = 16 * ASK_US, PAUSE_US = 100 * 1000, SECOND_US = 1000 * 1000 };

static void set_all(CURL *e, const struct client_request *rq, struct client_tls *tls, const char *url, int64_t left_ms)
{
    int64_t connect_ms = rq->connect_ms ? rq->connect_ms : 10000;
    curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_ms < left_ms ? connect_ms : left_ms));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (rq->judge || rq->shows_own) client__set_tls(e, tls);
}

/* make: libcurl waits in its own way, and the judge of the other side's certificate may ask others. */
struct making { CURL *easy; CURLcode rc; };

static void make(void *arg)
{
    struct making *m = arg;
    m->rc = curl_easy_perform(m->easy);
}

int client__link(struct client_link *ret, const struct client_request *rq, struct client_tls *tls, const char *url, int64_t until_us, char error[static CLIENT_ERROR])
{
    int64_t left_ms = (until_us - time_monotonic_us()) / 1000;
    curl_socket_t fd = CURL_SOCKET_BAD;
    ret->easy = curl_easy_init();
    if (!ret->easy) return CURLE_OUT_OF_MEMORY;
    tls->seen = &ret->seen;
    set_all(ret->easy, rq, tls, url, left_ms > 0 ? left_ms : 1); /* 0 would mean no limit */
    curl_easy_setopt(ret->easy, CURLOPT_ERRORBUFFER, error);
    struct making making = { .easy = ret->easy };
    crowd_sleep();
    strand_outside(make, &making);
    crowd_wake();
    CURLcode rc = making.rc;
    curl_easy_setopt(ret->easy, CURLOPT_ERRORBUFFER, NULL);
    if (rc == CURLE_OK && (curl_easy_getinfo(ret->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)) rc = CURLE_COULDNT_CONNECT;
    ret->fd = fd;
    ret->plain = strncmp(url, "http://", 7) == 0;
    if (rc == CURLE_OK && ret->seen.ssl && !client__take_over(&ret->seen, fd)) rc = CURLE_OUT_OF_MEMORY;
    if (rc != CURLE_OK) client__unlink(ret);
    return (int)rc;
}

void client__unlink(struct client_link *l)
{
    if (l->easy) curl_easy_cleanup(l->easy);
    client__forget(&l->seen);
    l->easy = NULL;
}

/* ---- bytes: to the socket or to TLS, without libcurl where we know which; it looks for the connection each time ---- */

static CURLcode send_now(const struct client_link *l, struct str bytes, size_t *ret)
{
    if (l->seen.ssl) return (CURLcode)client__put(&l->seen, bytes, ret);
    if (!l->plain) return curl_easy_send(l->easy, bytes.p, bytes.n, ret);
    ssize_t n = send(l->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    *ret = n > 0 ? (size_t)n : 0;
    return n >= 0 ? CURLE_OK : errno == EAGAIN || errno == EINTR ? CURLE_AGAIN : CURLE_SEND_ERROR;
}

static CURLcode receive_now(const struct client_link *l, char *to, size_t max, size_t *ret)
{
    if (l->seen.ssl) return (CURLcode)client__get(&l->seen, to, max, ret);
    if (!l->plain) return curl_easy_recv(l->easy, to, max, ret);
    ssize_t n = recv(l->fd, to, max, MSG_DONTWAIT);
    *ret = n > 0 ? (size_t)n : 0;
    return n >= 0 ? CURLE_OK : errno == EAGAIN || errno == EINTR ? CURLE_AGAIN : CURLE_RECV_ERROR;
}

bool client__is_idle(const struct client_link *l)
{
    char unasked;
    size_t n;
    /* most are asked by one look at the socket, without a failed read of TLS; what is there may be a record that says nothing */
    if (l->seen.ssl && !client__holds_bytes(&l->seen) && recv(l->fd, &unasked, 1, MSG_PEEK | MSG_DONTWAIT) < 0) return errno == EAGAIN;
    return receive_now(l, &unasked, 1, &n) == CURLE_AGAIN;
}

/* accept_anyone: nothing is said to whom we only want to see alive. */
static enum status accept_anyone(struct call *c, const struct str *chain, size_t n, void *arg)
{
    (void)c;
    (void)chain;
    (void)n;
    (void)arg;
    return ST_OK;
}

bool client__lives(struct call *c, const struct client_request *rq, const struct peer_tls *own, const char *url, int64_t ms)
{
    char error[CLIENT_ERROR];
    struct client_link link = { 0 };
    struct client_request hand = { .connect_ms = ms, .judge = rq->judge ? accept_anyone : NULL, .shows_own = rq->shows_own };
    struct client_tls tls = { .call = c, .rq = &hand, .own = own };
    struct call_error kept = c->error;
    int rc = client__link(&link, &hand, &tls, url, time_monotonic_us() + ms * 1000, error);
    if (rc == CURLE_OK) client__unlink(&link);
    c->error = kept; /* how it went is nobody's failure */
    return rc != CURLE_OPERATION_TIMEDOUT && rc != CURLE_COULDNT_CONNECT;
}

/* wait_until: the socket is ready for one of these events; it is looked at once in any case. */
static CURLcode wait_until(int fd, short events, int64_t until_us)
{
    crowd_sleep();
    int ready = strand_poll(fd, events, until_us);
    crowd_wake();
    return ready > 0 ? CURLE_OK : ready < 0 ? CURLE_RECV_ERROR : CURLE_OPERATION_TIMEDOUT;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

struct talk { const struct client_link *link; struct answer *answer; const struct client_patience *patience; CURLcode rc; bool ended /* while something was still to be written */; int64_t began_us, moved; };

/* end_of_wait: one wait is one silence; who sends a byte now and then is not silent, but slow. */
static int64_t end_of_wait(const struct talk *t, int64_t now_us)
{
    const struct client_patience *p = t->patience;
    int64_t until_us = least(p->until_us, now_us + p->silent_us);
    return p->fair_bytes_s ? least(until_us, t->began_us + p->slow_us + t->moved * SECOND_US / p->fair_bytes_s) : until_us;
}

/* wait_for: a machine takes connections and bytes for a program that has stopped: only what the program itself does shows that it lives, so in a long silence it is
 * asked, less and less often while it does. */
static CURLcode wait_for(const struct talk *t, short events)
{
    const struct client_patience *p = t->patience;
    int64_t now_us = time_monotonic_us(), until_us = end_of_wait(t, now_us), gap_us = ASK_US, ask_us = now_us + gap_us, dead_us = 0;
    for (;;) {
        CURLcode rc = wait_until(t->link->fd, events, p->lives ? least(until_us, ask_us) : until_us);
        if (rc != CURLE_OPERATION_TIMEDOUT || (now_us = time_monotonic_us()) >= until_us) return rc;
        if (p->lives(p->arg)) {
            dead_us = 0;
            gap_us = least(2 * gap_us, ASK_MOST_US);
            ask_us = time_monotonic_us() + gap_us;
            continue;
        }
        if (!dead_us) dead_us = now_us;
        if ((now_us = time_monotonic_us()) - dead_us >= p->lifeless_us) until_us = now_us; /* what came meanwhile is still heard */
        ask_us = now_us + PAUSE_US;
    }
}

/* write_some: what the connection takes now; CURLE_AGAIN when it takes no more. */
static CURLcode write_some(struct talk *t, struct str *piece)
{
    while (piece->n) {
        size_t n = 0;
        CURLcode rc = send_now(t->link, *piece, &n);
        if (rc != CURLE_OK) return rc;
        *piece = str_skip(*piece, n);
        t->moved += (int64_t)n;
    }
    return CURLE_OK;
}

/* read_some: what is there now; CURLE_AGAIN when there is no more and the answer is not whole. */
static CURLcode read_some(struct talk *t)
{
    char bytes[RECEIVE];
    for (size_t taken = 0;;) {
        size_t n = 0;
        CURLcode rc = receive_now(t->link, bytes, sizeof bytes, &n);
        if (rc != CURLE_OK) return rc;
        if (n == 0) return answer_end(t->answer) ? CURLE_OK : t->answer->begun ? CURLE_PARTIAL_FILE : CURLE_GOT_NOTHING;
        t->moved += (int64_t)n;
        if (!answer_take(t->answer, str_of(bytes, n))) return CURLE_OK;
        taken += n;
        if (taken < PASS) continue;
        taken = 0;
        strand_yield(); /* a large answer does not keep the thread for itself */
    }
}

/* say: one piece. False when no more is to be written. */
static bool say(void *arg, struct str piece)
{
    struct talk *t = arg;
    CURLcode rc;
    while ((rc = write_some(t, &piece)) == CURLE_AGAIN) {
        /* Who says something before all is written is heard: a refusal, or a record of TLS. */
        if ((rc = wait_for(t, POLLIN | POLLOUT)) != CURLE_OK || (rc = read_some(t)) != CURLE_AGAIN) break;
    }
    if (rc == CURLE_OK && piece.n == 0) return true;
    if (rc != CURLE_OK && rc != CURLE_OPERATION_TIMEDOUT) {
        CURLcode said = read_some(t); /* a refusal may have come before the connection was closed */
        if (said == CURLE_OK) rc = said;
    }
    t->rc = rc;
    t->ended = true;
    t->answer->keep = false;
    return false;
}

int client__talk(const struct client_link *l, const struct client_question *q, struct answer *answer, const struct client_patience *patience)
{
    struct talk t = { .link = l, .answer = answer, .patience = patience, .began_us = time_monotonic_us() };
    CURLcode rc;
    for (size_t i = 0; i < q->n && !t.ended; i++) (void)say(&t, q->pieces[i]);
    if (!t.ended && q->large.size && !extent_walk(&q->large, say, &t)) return CURLE_READ_ERROR;
    if (!t.ended) (void)say(&t, q->tail);
    if (t.ended) return (int)t.rc;
    do rc = wait_for(&t, POLLIN);
    while (rc == CURLE_OK && (rc = read_some(&t)) == CURLE_AGAIN);
    return (int)rc;
}
