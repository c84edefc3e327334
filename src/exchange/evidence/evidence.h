/* evidence.h: what proves a message to somebody who was not there: its container (x-road 5.4) judged by the rules of 5.5, and the containers of this node's own message
 * log. For this room only. */
#ifndef SEN_EXCHANGE_EVIDENCE_H
#define SEN_EXCHANGE_EVIDENCE_H

#include "exchange/directory/directory.h"
#include "exchange/log/message_log.h"
#include "exchange/message/message.h"
#include "exchange/stamp/stamp.h"
#include "trust/asic.h"

/* ---- whom to believe (evidence_trust.c) ---- */

/* Pictures of the nations whose authorities and time-stamp services count: of a folder that was given, or this node's own. EVIDENCE_TRUST t = { 0 }; released at the brace. */
enum { EVIDENCE_NATIONS = 32 };
struct evidence_trust { struct directory *list[EVIDENCE_NATIONS]; size_t n; struct str more_stamps[4]; size_t nmore; /* certificates of further time-stamp services */ };
void evidence__drop_trust(struct evidence_trust *t);
#define EVIDENCE_TRUST __attribute__((cleanup(evidence__drop_trust))) struct evidence_trust
/* evidence__read_conf: shared-params.xml of every folder below this one, as GET /verificationconf packs them and X-Road stores them. */
NODISCARD enum status evidence__read_conf(struct call *c, struct str folder, struct evidence_trust *ret);
/* evidence__own_conf: this node's; one that has ended counts too, since evidence is judged at the moment of its time-stamp. */
NODISCARD enum status evidence__own_conf(struct call *c, struct evidence_trust *ret);
const struct directory *evidence__nation(const struct evidence_trust *t, struct str instance);

/* ---- judging (evidence.c) ---- */

enum evidence_state { EVIDENCE_UNKNOWN /* not reached */, EVIDENCE_GOOD, EVIDENCE_BROKEN, EVIDENCE_ABSENT /* signed, but not in the container */, EVIDENCE_UNSIGNED /* in it, but not signed */ };
/* A part of the container and what was found: detail in a few words; fault and sentence where it is broken. */
struct evidence_part { struct str name; enum evidence_state state; struct str detail, fault, sentence; };
enum { EVIDENCE_PARTS = COVERED_MOST + ASIC_FILES_MOST + 8 };
struct evidence {
    struct evidence_part parts[EVIDENCE_PARTS]; size_t n;
    struct sender sender;
    int64_t signed_ms, stamped_ms;   /* 0: not known */
    struct str fault, sentence;      /* of the first broken part; empty: it holds */
};
/* evidence__judge: a container, by these. ST_OK: it holds; ST_INVALID: *ret says which part does not, and is filled in that case too. */
NODISCARD enum status evidence__judge(struct call *c, struct str zip, const struct evidence_trust *by, struct evidence *ret);

/* ---- making (evidence_make.c) ---- */

/* evidence__make: the container of a row of the message log, time-stamped if the row is. Whoever shows it to somebody calls message__journal_opening before. ST_NOT_FOUND with
 * a sentence: the row was not signed, or only its metadata is kept. */
struct made_container { struct str zip, name /* of its file, x-road 5.4 */; bool is_stamped; };
NODISCARD enum status evidence__make(struct call *c, int64_t seq, struct made_container *ret);
NODISCARD enum status evidence__of_parts(struct call *c, const struct message_parts *p, struct made_container *ret); /* of a row that is open already */
/* A time-stamp under which several containers are made, one after the other. evidence__read_stamp: the first that reaches to the row or beyond, and the row's place under it
 * (SIZE_MAX: none); ST_NOT_FOUND, silently. evidence__under_stamp: the container of the message at this place; NULL: without a time-stamp. */
struct evidence_stamp { struct stamp_row row; const struct hash_tree *tree; /* NULL: it stamps one message alone */ };
NODISCARD enum status evidence__read_stamp(struct call *c, int64_t seq, struct evidence_stamp *ret, size_t *at);
NODISCARD enum status evidence__under_stamp(struct call *c, const struct message_parts *p, const struct evidence_stamp *s, size_t at, struct made_container *ret);

/* evidence__name_of: a message id as it stands in the names of files. */
struct str evidence__name_of(struct call *c, struct str id);

/* ---- on the port for systems (evidence_http.c) ---- */
handler evidence__show_containers, evidence__show_conf, evidence__show_failed;

/* ---- commands (evidence_cmd.c) ---- */
enum status evidence__verify_run(struct call *c, const struct args *args); /* sen message verify */
extern const struct option evidence__verify_options[];
/* evidence__export: the containers of these messages as files of a folder, each told on the standard output (sen message show --container). */
NODISCARD enum status evidence__export(struct call *c, const struct message_line *list, size_t n, struct str folder);

#endif
