/* operator.h: what the operator's node does for the nation: the sandbox certificate authority and the directory of members. For main (`nation start`) and
 * this room's commands; every function needs a node whose setting exchange.operator is true and a running key holder. */
#ifndef SEN_EXCHANGE_OPERATOR_H
#define SEN_EXCHANGE_OPERATOR_H

#include "exchange/exchange.h"
#include "trust/cert.h"

/* operator_ca_init: keys (where they are missing) and certificates of the authority, its status responder, its time-stamp service and the directory signature. Doing it twice changes nothing. */
NODISCARD enum status operator_ca_init(struct call *c);
/* operator_issue: a certificate from a PKCS#10 request (DER or PEM); kind CERT_TLS, CERT_SIGN or CERT_OCSP. Kept, so that its status can be asked. */
NODISCARD enum status operator_issue(struct call *c, struct str csr, enum cert_kind kind, struct str *ret_der);
/* operator_issue_for: the same for a time other than the usual 825 days. */
NODISCARD enum status operator_issue_for(struct call *c, struct str csr, enum cert_kind kind, int64_t lasts_ms, struct str *ret_der);
/* operator_revoke: by serial number in decimal digits. From then on its status is "revoked". ST_NOT_FOUND with a sentence. */
NODISCARD enum status operator_revoke(struct call *c, int64_t serial);

struct operator_subsystem { struct str code, name; };
struct operator_admission {
    struct str member /* "GOV/H26" */, name, server, address;
    struct str auth_cert;                 /* DER of the server's TLS certificate; empty: none added */
    const struct operator_subsystem *subsystems; size_t nsubsystems;
};
/* operator_admit: adds or changes a member, its server with this authentication certificate (beside earlier ones) and its subsystems, hosted on that server. */
NODISCARD enum status operator_admit(struct call *c, const struct operator_admission *a);
/* operator_publish: writes and signs global configuration from the tables; valid 600 s. The server does it every 60 s. */
NODISCARD enum status operator_publish(struct call *c);
/* operator_anchor: the configuration anchor for the members. operator_external_anchor: for the operators of other nations. */
NODISCARD enum status operator_anchor(struct call *c, struct str *ret_xml);
NODISCARD enum status operator_external_anchor(struct call *c, struct str *ret_xml);
/* operator_rotate_key: a new key for the signature of the directory. It is published for exchange.rotate_s before it signs; the old one is believed for as long
 * afterwards. ST_CONFLICT while one waits already; *ret_ms is when it will sign. */
NODISCARD enum status operator_rotate_key(struct call *c, int64_t *ret_ms);

/* operator_module, directory_module: the commands `sen ca ...`, `sen outage ...` and `sen directory ...`; tables, routes and jobs are the exchange's. */
extern const struct module operator_module, directory_module;

#endif
