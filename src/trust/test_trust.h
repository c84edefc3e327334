/* test_trust.h: a real key holder for unit tests: a forked child in a folder of its own under /tmp. Open it before threads are started. */
#ifndef SEN_TRUST_TEST_TRUST_H
#define SEN_TRUST_TEST_TRUST_H

#include <sys/types.h>

#include "base/app.h"
#include "base/test.h"
#include "trust/trust.h"

struct test_trust { struct app app; struct str folder, keys, socket; pid_t pid; };

/* test_trust_open: c->app becomes a copy of what it was, with trust in it. The folder has no keys yet. */
void test_trust_open(struct call *c, struct test_trust *t);
void test_trust_close(struct call *c, struct test_trust *t);

/* test_trust_holder: a new holder process on the same folder; test_trust_kill ends the present one with SIGKILL. */
void test_trust_holder(struct call *c, struct test_trust *t);
void test_trust_kill(struct test_trust *t);

/* test_trust_key: a key just made. */
const struct key *test_trust_key(struct call *c, enum key_purpose purpose, enum key_algorithm alg);

/* test_trust_remove: the folder and all below it. */
void test_trust_remove(struct call *c, struct str folder);

#endif
