/* operator_int.h: shared by the operator's files: rows of the authority and of the directory. */
#ifndef SEN_EXCHANGE_OPERATOR_INT_H
#define SEN_EXCHANGE_OPERATOR_INT_H

#include "exchange/exchange_int.h"
#include "exchange/operator.h"

struct operator_cert { int64_t serial; enum cert_kind kind; struct str subject, der; int64_t issued_ms, ends_ms, revoked_ms; };
NODISCARD enum status operator__newest_cert(struct call *c, enum cert_kind kind, struct operator_cert *ret); /* ST_NOT_FOUND silently */
NODISCARD enum status operator__find_cert(struct call *c, int64_t serial, struct operator_cert *ret);        /* ST_NOT_FOUND silently */
NODISCARD enum status operator__list_certs(struct call *c, const struct operator_cert **ret, size_t *n);
NODISCARD enum status operator__next_serial(struct call *c, int64_t *ret);
/* operator__insert_cert: a serial of 0 takes the next one; issued now, good. */
NODISCARD enum status operator__insert_cert(struct call *c, const struct operator_cert *cert);
NODISCARD enum status operator__revoke_cert(struct call *c, int64_t serial);

NODISCARD enum status operator__next_stamp_serial(struct call *c, int64_t *ret);
/* operator__need: this node is the operator's. operator__need_cert: the newest certificate of a kind, else the sentence that says to make the authority. */
NODISCARD enum status operator__need(struct call *c);
NODISCARD enum status operator__need_cert(struct call *c, enum cert_kind kind, struct str *ret);

NODISCARD enum status operator__store_admission(struct call *c, const struct xid *id, const struct operator_admission *a);
NODISCARD enum status operator__read_members(struct call *c, struct write_params *ret); /* fills members and servers */
NODISCARD enum status operator__store_publication(struct call *c, struct str location, struct str params, struct str document, int64_t drop_before_ms);
NODISCARD enum status operator__find_publication(struct call *c, struct str path, struct str *ret);

/* ---- sandbox: services of the operator that are taken away to show what happens then (operator_outage.c) ---- */

/* outage__pass: at the door of a service ("ocsp", "stamp", "directory"): a stopped one refuses, a stalled one waits first. */
NODISCARD enum status outage__pass(struct call *c, struct str service);
bool outage__is_stopped(struct call *c, struct str service);
/* outage__limit: *expires_ms of the directory is no later than the end that was set for it. */
NODISCARD enum status outage__limit(struct call *c, int64_t *expires_ms);
struct args;
enum status outage__list_run(struct call *c, const struct args *args);
enum status outage__stop_run(struct call *c, const struct args *args);
enum status outage__stall_run(struct call *c, const struct args *args);
enum status outage__expire_run(struct call *c, const struct args *args);
enum status outage__end_run(struct call *c, const struct args *args);

#endif
