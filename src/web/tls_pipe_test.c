/* tls_pipe_test.c: what GnuTLS asks and gives, against a socket that takes little. */
#include "web/tls_pipe.c"

#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"

/* The edge's end of a pair, and the caller's. */
static int ours, theirs;

static struct tls_pipe open_pipe(void)
{
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    ours = pair[0];
    theirs = pair[1];
    return (struct tls_pipe){ .fd = ours };
}

static void close_pipe(struct tls_pipe *p)
{
    heap_free(p->in);
    heap_free(p->out);
    (void)close(ours);
    (void)close(theirs);
}

static struct str read_theirs(struct call *c)
{
    char *p = arena_alloc(c->arena, 1 << 20, 1);
    ssize_t n = recv(theirs, p, 1 << 20, 0);
    return str_of(p, n > 0 ? (size_t)n : 0);
}

static ssize_t push_text(struct tls_pipe *p, struct str a, struct str b)
{
    giovec_t pieces[] = { { (void *)(uintptr_t)a.p, a.n }, { (void *)(uintptr_t)b.p, b.n } };
    return push(p, pieces, b.n ? 2 : 1);
}

TEST(one_read_serves_many_questions)
{
    struct tls_pipe p = open_pipe();
    char to[64];
    CHECK(send(theirs, "head1body1head2", 15, 0) == 15);
    CHECK(pull(&p, to, 5) == 5 && memcmp(to, "head1", 5) == 0);
    CHECK(pull_timeout(&p, 0) == 1);
    CHECK(recv(ours, to, 1, 0) < 0 && errno == EAGAIN); /* all of it was read at once */
    CHECK(pull(&p, to, 5) == 5 && memcmp(to, "body1", 5) == 0);
    CHECK(pull(&p, to, sizeof to) == 5 && memcmp(to, "head2", 5) == 0 && !p.in);
    CHECK(pull(&p, to, sizeof to) == -1 && errno == EAGAIN);
    CHECK(send(theirs, "rest", 4, 0) == 4 && shutdown(theirs, SHUT_WR) == 0);
    CHECK(pull(&p, to, 4) == 4 && !p.in);
    CHECK(pull(&p, to, 4) == 0);
    close_pipe(&p);
}

TEST(a_head_waits_for_its_body_and_nothing_else_waits)
{
    struct tls_pipe p = open_pipe();
    CHECK(push_text(&p, STR("before"), STR("")) == 6);
    CHECK_STR(read_theirs(c), STR("before"));
    tls_pipe__hold(&p);
    CHECK(push_text(&p, STR("he"), STR("ad")) == 4);
    CHECK(read_theirs(c).n == 0);
    CHECK(push_text(&p, STR("bo"), STR("dy")) == 4);
    CHECK_STR(read_theirs(c), STR("headbody"));
    CHECK(push_text(&p, STR("after"), STR("")) == 5);
    CHECK_STR(read_theirs(c), STR("after"));
    close_pipe(&p);
}

/* Whatever the socket takes at a time, GnuTLS repeats what was not taken, and every byte arrives once. */
TEST(what_the_socket_does_not_take_is_sent_later)
{
    enum { HEAD = 300, BODY = 700 * 1000 };
    struct tls_pipe p = open_pipe();
    struct buf got = buf_in(c->arena, 1 << 20);
    char *text = arena_alloc(c->arena, HEAD + BODY, 1);
    for (size_t i = 0; i < HEAD + BODY; i++) text[i] = (char)('a' + i % 23);
    char filler[4096] = { 0 };
    size_t filled = 0;
    for (ssize_t n; (n = send(ours, filler, sizeof filler, 0)) > 0;) filled += (size_t)n; /* not even the head finds room */
    tls_pipe__hold(&p);
    CHECK(push_text(&p, str_of(text, HEAD), STR("")) == HEAD);
    struct str rest = str_of(text + HEAD, BODY);
    CHECK(push_text(&p, rest, STR("")) == -1 && errno == EAGAIN && p.out_n == HEAD);
    for (int rounds = 0; (rest.n || got.n < filled + HEAD + BODY) && rounds < 100000; rounds++) {
        ssize_t n = rest.n ? push_text(&p, rest, STR("")) : 0;
        CHECK(n >= 0 || errno == EAGAIN);
        if (n > 0) rest = str_skip(rest, (size_t)n);
        char some[777];
        n = recv(theirs, some, sizeof some, 0);
        if (n > 0) buf_put(&got, str_of(some, (size_t)n));
    }
    CHECK(rest.n == 0 && !p.out && got.n == filled + HEAD + BODY && memcmp(got.p + filled, text, HEAD + BODY) == 0);
    close_pipe(&p);
}

TEST(part_of_a_head_may_go_first)
{
    struct tls_pipe p = open_pipe();
    tls_pipe__hold(&p);
    CHECK(push_text(&p, STR("head"), STR("")) == 4);
    CHECK(held_sent(&p, 3) == -1 && errno == EAGAIN && p.out_n == 1);
    CHECK(push_text(&p, STR("body"), STR("")) == 4);
    CHECK_STR(read_theirs(c), STR("dbody"));
    tls_pipe__hold(&p);
    CHECK(push_text(&p, STR("head"), STR("")) == 4);
    (void)close(theirs);
    CHECK(push_text(&p, STR("body"), STR("")) == -1 && errno == EPIPE);
    close_pipe(&p);
}
