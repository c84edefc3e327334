/* figures.h: what the exchange knows of its own state, for the room that watches (monitor) and for the doctor: counts, times and states of certificates, directory and
 * messages, never bodies, paths or users. Everything answered lives in the call's arena. Nothing here waits for the network but the functions called "try". */
#ifndef SEN_EXCHANGE_FIGURES_H
#define SEN_EXCHANGE_FIGURES_H

#include "exchange/exchange.h"

/* ---- certificates of this node ---- */
enum own_certificate { OWN_TLS, OWN_SIGN, OWN_CA, OWN_OCSP, OWN_CONF }; /* the last three at the operator only */
struct exchange_certificate {
    enum own_certificate use;
    bool there;                        /* false: the key or its certificate is missing; the rest is empty then */
    struct str der, serial;
    int64_t from_ms, to_ms;
    /* TLS and SIGN: the authority's answer that is at hand, and whether another node would take the certificate with it now. */
    bool has_status; int64_t status_ms, status_to_ms;
    int64_t failing_since_ms; struct call_error failure; /* since when it cannot be asked for (0: it goes well), and why there is none or soon will be none */
    enum status judged; struct str fault;   /* ST_OK, or why not: code of fault_table.h */
};
NODISCARD enum status exchange_certificates(struct call *c, const struct exchange_certificate **ret, size_t *n);

/* ---- the directory as this node has it ---- */
struct exchange_directory_state {
    bool has_anchor, there;            /* there: some picture, perhaps one that has expired */
    int64_t expires_ms, fetched_ms /* 0: not since the start */, failing_since_ms /* 0: it goes well */;
    struct str reason, where;          /* why the last attempt failed: English template, its one value */
    bool has_clock; int64_t ahead_ms;  /* the operator's clock before ours */
    bool lists_us, lists_cert;         /* our server, and its TLS certificate */
    int64_t members, servers;
};
void exchange_directory_state(struct call *c, struct exchange_directory_state *ret);
/* exchange_knows_time: the directory is valid by this node's clock, and the operator's clock is at most a minute away. Else nothing is exchanged, and nothing is removed by its age. */
bool exchange_knows_time(struct call *c);
/* exchange_list_directories: our own and those of the nations with which ours is federated; ends_ms 0: never fetched. */
struct exchange_directory_info { struct str instance; int64_t ends_ms, failing_since_ms /* 0: it goes well */; };
enum { EXCHANGE_DIRECTORIES_MAX = 17 };
size_t exchange_list_directories(struct call *c, struct exchange_directory_info ret[static EXCHANGE_DIRECTORIES_MAX]);
NODISCARD enum status exchange_try_directory(struct call *c); /* fetches and verifies, keeps nothing */
NODISCARD enum status exchange_try_status(struct call *c, struct str cert); /* asks the status services about a certificate of this node; an answer that is a proof is kept */

/* exchange_try_stamps: each time-stamp service of the directory is asked for a token, which is thrown away; failed: ST_OK, or why its answer does not count. */
struct exchange_stamp_service { struct str name; enum status failed; struct call_error error; };
NODISCARD enum status exchange_try_stamps(struct call *c, const struct exchange_stamp_service **ret, size_t *n);

/* exchange_worst_clock: of the clocks seen in the last ten minutes, other than the operator's with the directory, the one that differs most; false: none was seen. */
struct exchange_clock { struct str where; int64_t ahead_ms; };
bool exchange_worst_clock(struct call *c, struct exchange_clock *ret);

struct exchange_server_info { struct str id /* VN/GOV/H26/hn1 */, member /* VN/GOV/H26 */, name /* of the member */, address; bool maintenance; };
NODISCARD enum status exchange_list_servers(struct call *c, const struct exchange_server_info **ret, size_t *n);

/* At the operator: TLS certificates of the servers that its own authority issued. Elsewhere none. */
struct exchange_admitted { struct str server; int64_t ends_ms, revoked_ms /* TIME_FAR: it is good */; };
NODISCARD enum status exchange_list_admitted(struct call *c, const struct exchange_admitted **ret, size_t *n);

/* ---- messages ---- */
/* Exchanges that ended, by minute (of 1970), side (1 this node asked, 2 it answered, 3 both: the exchange did not leave it), client, service and fault (empty: none). */
struct exchange_count { int64_t minute, side; struct str client, service, fault; int64_t n, took_us, last_ms; struct str fault_id /* of the last one */; };
enum { EXCHANGE_COUNTS_MAX = 5000 };   /* what goes beyond is left out */
/* exchange_count_messages: minutes of the last 25 hours, to_minute not included. Retention takes nothing out of them. */
NODISCARD enum status exchange_count_messages(struct call *c, int64_t from_minute, int64_t to_minute, const struct exchange_count **ret, size_t *n);

/* ---- journal heads ---- */
/* waiting_ms: of the oldest head that the operator has not taken, however many came since; 0: none waits. reason: why the last try failed, a sentence of the program (key of its
 * translation) with its values, a tab between them; empty: it went well. ST_NOT_FOUND, silently, before the first head. */
struct exchange_heads_state { int64_t waiting_ms; struct str reason, values; };
NODISCARD enum status exchange_heads_state(struct call *c, struct exchange_heads_state *ret);

/* ---- faults explained ---- */
struct fault_help { struct str code, cause, cure /* keys of their translations */; enum status status; };
bool exchange_explain_fault(struct str type, struct fault_help *ret);
struct str exchange_fault_hop(struct str type); /* key of its translation; empty when the type names none */

/* ---- the operator's services ---- */
/* exchange_tell_operator: a JSON message to a service of the subsystem that keeps journal heads. ST_NOT_FOUND, silently, when the directory names none. */
NODISCARD enum status exchange_tell_operator(struct call *c, struct str service, struct str json, struct exchange_answer *ret);

/* ---- the systems behind this node ---- */
/* A service of exchange.services: "subsystem/code", the place of its url ("host:port"; empty: a room of this program offers it), the notice with which it is switched off (empty: it is not). failed: ST_OK, or why nobody
 * takes a connection there; nothing of HTTP is sent, since only the system itself knows what a request would do. */
struct exchange_backend { struct str service, place, notice; enum status failed; struct call_error error; };
void exchange_try_backends(struct call *c, const struct exchange_backend **ret, size_t *n);

/* ---- the way to another node, step by step ---- */
enum way_step { WAY_CONNECT, WAY_KNOWN, WAY_STATUS, WAY_JUDGED, WAY_ACCEPTED, WAY_STEPS };
/* n steps went well; without ok the next one failed with error, and what comes after it was not tried. */
struct exchange_way { size_t n; bool ok; struct call_error error; };
/* exchange_try_way: connects to port 5500 of a server as for a message to this member or subsystem: the connection, whether the directory knows the certificate that is shown
 * there, its status, the judgement of it, and whether our own certificate is taken. The call's failure is cleared. */
void exchange_try_way(struct call *c, struct str server, const struct xid *provider, struct exchange_way *ret);

#endif
