/* archive.h: archives of the message log (x-road 5.6): files that hold the containers of all time-stamped messages in the order of their rows, each file and each container
 * chained to the one before. What was archived may leave the log. For this room only. */
#ifndef SEN_EXCHANGE_ARCHIVE_H
#define SEN_EXCHANGE_ARCHIVE_H

#include "exchange/evidence/evidence.h"
#include "exchange/log/archive_db.h"

#define ARCHIVE_LINKS "linkinginfo"      /* the file of an archive that chains its containers */
#define ARCHIVE_PREFIX "mlog-"

enum { ARCHIVE_FULL = 32 * 1024 * 1024 /* a file is closed at this size */, ARCHIVE_BYTES_MOST = 112 * 1024 * 1024 /* with the largest message as its last */, ARCHIVE_FILES_MOST = 20000 };

/* ---- archive_link.c: how they are chained ---- */

/* digest: of everything up to and with this container, hex. */
struct archive_link { struct str digest, name; };
/* prev_digest, prev_file: the last digest of the file before this one, and its name; empty in the first file of all. */
struct archive_links { struct str prev_digest, prev_file; const struct archive_link *list; size_t n; };
/* archive__parse_links: ST_INVALID with a sentence. What parses is written again byte for byte by archive__write_links. */
NODISCARD enum status archive__parse_links(struct call *c, struct str text, struct archive_links *ret);
NODISCARD enum status archive__write_links(struct call *c, const struct archive_links *links, struct str *ret);
/* archive__next_digest: of a container after what has the digest prev (empty: it is the first of all). */
struct str archive__next_digest(struct arena *a, struct str prev, struct str container);

/* ---- archive_run.c: making ---- */

struct archive_how { struct str folder; const struct purpose *purpose /* why sealed messages are opened */; size_t full /* bytes of containers at which a file is closed */; struct str by /* whom the journal names: job, command */; };
NODISCARD enum status archive__how(struct call *c, struct str by, struct archive_how *ret); /* by the settings */
/* archive__run: archives every time-stamped message that is not archived yet; *ret: files written. After a crash at any moment the next run goes on without a gap or a double.
 * ST_CONFLICT with a sentence while another process archives. */
NODISCARD enum status archive__run(struct call *c, const struct archive_how *how, int64_t *ret);
NODISCARD enum status archive__load(struct call *c, struct exchange *ex); /* checks the settings at start */
NODISCARD enum status archive__job(struct call *c);

/* ---- archive_verify.c ---- */

/* archive__check: a file of archives by itself: each container is the one that was chained. ST_INVALID names what was changed, is missing or was put in. */
struct archive_facts { struct str prev_digest, prev_file, digest; size_t n; };
NODISCARD enum status archive__check(struct call *c, struct str zip, struct str file, struct archive_facts *ret);
/* archive__check_order: that files follow each other as they are listed; facts and their names. */
NODISCARD enum status archive__check_order(struct call *c, const struct archive_facts *facts, const struct str *files, size_t n);

/* ---- archive_cmd.c ---- */

extern const struct option archive__verify_options[];
enum status archive__list_run(struct call *c, const struct args *args);
enum status archive__now_run(struct call *c, const struct args *args);
enum status archive__verify_run(struct call *c, const struct args *args);

#endif
