/* operator_int.h: shared by the operator's files alone: rows of the authority and of the directory. */
#ifndef SEN_EXCHANGE_OPERATOR_INT_H
#define SEN_EXCHANGE_OPERATOR_INT_H

#include "exchange/directory/directory.h"
#include "exchange/operator.h"
#include "exchange/operator/authority.h"
#include "store/db.h"

NODISCARD enum status operator__find_cert(struct call *c, int64_t serial, struct operator_cert *ret);        /* ST_NOT_FOUND silently */
NODISCARD enum status operator__list_certs(struct call *c, const struct operator_cert **ret, size_t *n);
NODISCARD enum status operator__list_kind(struct call *c, enum cert_kind kind, struct operator_cert *ret, size_t most, size_t *n); /* good ones, oldest first */
NODISCARD enum status operator__next_serial(struct call *c, int64_t *ret);
/* operator__insert_cert: a serial of 0 takes the next one; issued now, good. */
NODISCARD enum status operator__insert_cert(struct call *c, const struct operator_cert *cert);
NODISCARD enum status operator__revoke_cert(struct call *c, int64_t serial);

NODISCARD enum status operator__next_stamp_serial(struct call *c, int64_t *ret);
/* operator__need: this node is the operator's. operator__need_cert: the newest certificate of a kind, else the sentence that says to make the authority. */
NODISCARD enum status operator__need(struct call *c);
NODISCARD enum status operator__need_cert(struct call *c, enum cert_kind kind, struct str *ret);

struct cert_subject operator__subject(struct call *c, const char *what);
bool operator__is_code(struct str s);

/* ---- keys that sign the directory (operator_conf.c) ---- */
enum { CONF_KEYS_MAX = 8 };
/* struct conf_keys: certificates that may verify a directory now, oldest first, and which of them signs. */
struct conf_keys { struct str certs[CONF_KEYS_MAX]; size_t n, signing; };
/* operator__choose_conf: of all good ones, oldest first: a new one is published for overlap_ms before it signs; an old one stays for as long after it has stopped. */
void operator__choose_conf(const struct operator_cert *list, size_t n, int64_t now_ms, int64_t overlap_ms, struct conf_keys *ret);
NODISCARD enum status operator__conf_keys(struct call *c, struct conf_keys *ret, const struct key **ret_key);
NODISCARD enum status operator__add_conf_cert(struct call *c, const struct key *key);

/* ---- other nations and groups (operator_federation.c) ---- */
NODISCARD enum status operator__list_anchors(struct call *c, const struct anchor **ret, size_t *n);
NODISCARD enum status operator__list_groups(struct call *c, const struct write_group **ret, size_t *n);
NODISCARD enum status operator__add_anchor(struct call *c, struct str instance, struct str xml);
NODISCARD enum status operator__drop_anchor(struct call *c, struct str instance);     /* ST_NOT_FOUND with a sentence */
NODISCARD enum status operator__put_group(struct call *c, struct str code, struct str title);
NODISCARD enum status operator__put_group_member(struct call *c, struct str code, const struct xid *member, bool in);

NODISCARD enum status operator__store_admission(struct call *c, const struct xid *id, const struct operator_admission *a);
NODISCARD enum status operator__read_members(struct call *c, struct write_params *ret); /* fills members and servers */
struct publication { struct str path, bytes; };
NODISCARD enum status operator__store_publications(struct call *c, const struct publication *list, size_t n, int64_t drop_before_ms); /* those that are older go */
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
