/* asic.h: ASiC-E containers in X-Road's form (x-road 5.4, ETSI TS 102 918): a ZIP with a message, its attachments, its signature and what time-stamps it. Reading gives
 * the files under hard limits and believes nothing; what they prove is judged elsewhere (signature.h, stamp.h). Any other ZIP is read and written by the same two. */
#ifndef SEN_TRUST_ASIC_H
#define SEN_TRUST_ASIC_H

#include "trust/trust.h"

#define ASIC_MIMETYPE "application/vnd.etsi.asic-e+zip"
#define ASIC_MESSAGE "message.xml"
#define ASIC_SIGNATURES "META-INF/signatures.xml"
#define ASIC_CHAIN "sig-hashchain.xml"
#define ASIC_CHAIN_RESULT "sig-hashchainresult.xml"
#define ASIC_STAMP_CHAIN "ts-hashchain.xml"
#define ASIC_STAMP_CHAIN_RESULT "ts-hashchainresult.xml"
#define ASIC_STAMP "META-INF/timestamp.tst"
#define ASIC_STAMP_MANIFEST "META-INF/ASiCManifest.xml"
#define ASIC_MANIFEST "META-INF/manifest.xml"

enum { ASIC_FILES_MOST = 300, ASIC_BYTES_MOST = 66 * 1024 * 1024 /* the largest body that a log keeps, and what belongs to it */, ZIP_FILES_MOST = 100000 };

/* A file of a container; its name has no slash before it, references to it have one. */
struct asic_entry { struct str name, bytes; };
struct asic { const struct asic_entry *entries; size_t n; };

const struct asic_entry *asic_find(const struct asic *a, struct str name);
const struct asic_entry *asic_find_uri(const struct asic *a, struct str uri);
struct str asic_uri(struct arena *arena, const struct asic_entry *e);
bool asic_is_attachment(struct str uri); /* "/attachment1" ... */

/* zip_read: every file of a ZIP with at most `files` files of together at most `bytes`. ST_INVALID with a sentence and the fault
 * asic_invalid_container: no ZIP, damaged, encrypted, over the limits, two files of one name, a name that leads out of its folder. */
NODISCARD enum status zip_read(struct call *c, struct str zip, size_t files, size_t bytes, struct asic *ret);
/* zip_write: these files, deflated or stored as they are; the same files at the same moment give the same bytes. */
struct zip_form { bool is_stored; struct str comment; int64_t at_ms; };
NODISCARD enum status zip_write(struct call *c, const struct asic *files, const struct zip_form *form, struct str *ret);

/* asic_read: a container that has the files without which it is none: faults asic_mime_type_not_found, asic_invalid_mime_type, asic_message_not_found,
 * asic_signature_not_found and, where the one is there, the other of chain and result, time-stamp and manifest. */
NODISCARD enum status asic_read(struct call *c, struct str zip, struct asic *ret);

/* asic_check_stamp_manifest: the manifest beside a time-stamp of several messages names that token, and each file that it names is there with its digest; among them the result
 * that was stamped. Fault asic_invalid_container. */
NODISCARD enum status asic_check_stamp_manifest(struct call *c, const struct asic *files);
bool asic_is_file_list(struct call *c, struct str bytes); /* META-INF/manifest.xml as it should be; nobody signs it */

/* What is known of a message. attachments: n of them, may be fewer than are signed; the chains and the token are empty where there are none. */
struct asic_message {
    struct str message, signature, chain_result, chain, stamp_result, stamp_chain, stamp;
    const struct str *attachments; size_t nattachments;
    int64_t at_ms;
};
/* asic_write: the container of a message, with the manifests that belong in it. */
NODISCARD enum status asic_write(struct call *c, const struct asic_message *m, struct str *ret);

#endif
