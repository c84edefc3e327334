/* directory.h: global configuration of X-Road (4): anchors, signed directory documents, shared and private parameters; pictures of our own nation and of those with which it is
 * federated; who fetches them, who answers from them, and what an operator writes. Readers copy into the memory they name; writers into the call's. */
#ifndef SEN_EXCHANGE_DIRECTORY_H
#define SEN_EXCHANGE_DIRECTORY_H

#include <stdatomic.h>

#include "base/call.h"
#include "exchange/state/state.h"
#include "trust/cert.h"
#include "trust/signature.h"

enum { DIRECTORY_MAX = 16 * 1024 * 1024, ANCHOR_MAX = 1024 * 1024, DIRECTORY_VERSION_LEAST = 2, DIRECTORY_VERSION_MOST = 6 };

/* ---- anchors (4.1): whose signature of a directory is believed, and where to fetch it ---- */
NODISCARD enum status directory__read_anchor(struct call *c, struct str xml, struct anchor *ret); /* fault malformed_anchor */
struct anchor directory__keep_anchor(struct arena *a, const struct anchor *from);

/* ---- a picture: shared parameters of one nation, of our own with its private parameters. It never changes after it was read ---- */
struct dir_ca { struct str name, profile /* of its certificates (3.7) */; bool auth_only; const struct cert_anchor *anchors; size_t nanchors; const struct str *ocsp_urls; size_t nurls; };
struct dir_member { struct xid id; struct str key /* xid_format */, name; };
struct dir_server {
    struct xid id; struct str key, address;
    const struct str *auth_hashes; size_t nhashes; /* raw: SHA-256, in version 2 SHA-1 too */
    const uint32_t *clients; size_t nclients;      /* indexes into members, rising; the owner is one of them */
    bool maintenance; struct str notice;
};
struct dir_hash { struct str hash; uint32_t server; };
struct dir_host { uint32_t member, server; };
struct dir_tsa { struct str name, url, cert; };
struct dir_group { struct str code; const struct xid *members; size_t nmembers; /* by id */ };
struct dir_source { struct str address; const struct str *internal, *external; size_t ninternal, nexternal; /* certificates that verify its directories */ };
struct directory {
    struct arena *arena; atomic_int refs;
    int version;
    struct str instance, version_digest, location; /* location: the path it was published under, which holds the moment */
    int64_t expires_ms, ocsp_fresh_s;
    const struct dir_ca *cas; size_t ncas;
    const struct dir_tsa *tsas; size_t ntsas;           /* time-stamp services, in the directory's order */
    const struct dir_member *members; size_t nmembers;  /* by id */
    const struct dir_server *servers; size_t nservers;  /* by id */
    const struct dir_hash *hashes; size_t nhashes;      /* by hash */
    const struct dir_host *hosts; size_t nhosts;        /* who hosts whom: by member, then server */
    const struct dir_group *groups; size_t ngroups;     /* by code */
    const struct dir_source *sources; size_t nsources;
    /* Private parameters (4.5); nothing of them in the picture of another nation. */
    const struct anchor *anchors; size_t nanchors;      /* of the nations with which ours is federated */
    int64_t stamp_period_s;                             /* 0: not said; directory__stamp_period */
    struct xid management; struct str management_url;   /* who takes management requests, and where certificates are registered */
    /* Optional parts; 0 and an empty id where they are not published. */
    int64_t ocsp_fetch_s; bool skip_next_update; struct xid monitoring;
};
/* directory__read_params: shared parameters of this version (2 to 6). The picture owns its memory; released by directory__drop. */
NODISCARD enum status directory__read_params(struct call *c, struct str xml, int version, struct directory **ret);
/* What else may belong to a picture that was just read and is not shared yet. */
NODISCARD enum status directory__read_private(struct call *c, struct str xml, struct directory *d);
void directory__read_optional(struct call *c, struct str identifier, struct str xml, struct directory *d); /* an unknown identifier is skipped, and what is malformed, with a note */
void directory__drop(struct directory **d);
#define DIRECTORY __attribute__((cleanup(directory__drop))) struct directory *

/* ---- answers from a picture: by search in what is sorted ---- */
const struct dir_member *directory__find_member(const struct directory *d, const struct xid *id); /* member or subsystem */
const struct dir_server *directory__find_server(const struct directory *d, const struct xid *id);
const struct dir_server *directory__server_of_cert(const struct directory *d, struct str cert_der);
bool directory__hosts(const struct directory *d, const struct dir_server *s, const struct xid *client);
/* directory__hosts_of: the rows of d->hosts of this client; *n is 0 for who is unknown or stands on no server. */
const struct dir_host *directory__hosts_of(const struct directory *d, const struct xid *client, size_t *n);
bool directory__in_group(const struct directory *d, struct str group, const struct xid *client); /* by exact id (6.2) */

/* ---- the pictures in use ---- */
/* directory__hold: our own nation's newest valid picture, held until the closing brace. Never waits for a fetch. Fault global_conf_outdated. */
NODISCARD enum status directory__hold(struct call *c, struct directory **ret);
/* directory__hold_of: that of an instance: our own or a federated one. Fault unknown_member for an instance that ours is not federated with. */
NODISCARD enum status directory__hold_of(struct call *c, struct str instance, struct directory **ret);
struct directory *directory__hold_any(struct exchange *ex);      /* our own, also one that has expired; NULL before the first */
size_t directory__hold_all(struct exchange *ex, struct directory **ret, size_t most); /* our own first, then the federated ones; expired ones too */
bool directory__knows_cert(struct exchange *ex, struct str cert_der); /* of a server of any of the pictures: the quick look in a handshake */
void directory__swap_in(struct exchange *ex, struct directory *fresh);
struct directory *directory__hold_foreign(struct exchange *ex, const struct foreign *f); /* also one that has expired; NULL before the first */
void directory__swap_foreign(struct exchange *ex, struct foreign *f, struct directory *fresh);

NODISCARD enum status directory__sync(struct call *c);        /* job: fetch, verify, store, swap */
NODISCARD enum status directory__try(struct call *c);         /* fetch and verify only: is the way to the operator open? */
NODISCARD enum status directory__load_stored(struct call *c); /* at start: the last valid ones under conf/ */

/* ---- the signed document (4.3) ---- */
struct signed_file { struct str identifier, instance, location, digest; enum digest alg; };
struct signed_directory { struct str signed_bytes, signature, cert_hash; struct sig_method method; enum digest cert_hash_alg; int64_t expires_ms; int version;
                          const struct signed_file *files; size_t nfiles; };
NODISCARD enum status directory__read_signed(struct call *c, struct str document, struct signed_directory *ret);
/* directory__check_signature: by one of these certificates, and for this instance; ret_params: the SHARED-PARAMETERS entry. It may have expired. */
NODISCARD enum status directory__check_signature(struct call *c, const struct signed_directory *s, struct str instance, const struct str *certs, size_t ncerts,
                                                 const struct signed_file **ret_params, struct str *ret_cert);
/* directory__verify: the same, and it has not expired. */
NODISCARD enum status directory__verify(struct call *c, const struct signed_directory *s, struct str instance, const struct str *certs, size_t ncerts,
                                        const struct signed_file **ret_params);

/* ---- as it lies on disk ---- */
/* struct dir_set: a signed directory with the files that are taken from it; cert is the one that verified it. */
enum { SET_FILES_MAX = 16, SET_MAX = 2 * DIRECTORY_MAX };
struct dir_set { struct str document, cert; struct str identifiers[SET_FILES_MAX], bytes[SET_FILES_MAX]; size_t n; };
/* The last good set of each nation lies under conf/, whole or not at all. read_stored: ST_NOT_FOUND, silently, where there is none. */
NODISCARD enum status directory__read_stored(struct call *c, struct str instance, struct dir_set *ret);

/* ---- what the operator writes (4.1, 4.3 to 4.5), in versions 3 to 6: elements that a version does not know yet are left out ---- */
enum { DIRECTORY_WRITTEN_LEAST = 3 };
struct write_member { struct xid id; struct str name; };      /* member or subsystem */
struct write_server { struct xid id; struct str address; const struct str *auth_certs; size_t ncerts; const struct xid *clients; size_t nclients; };
struct write_group { struct str code, title; const struct xid *members; size_t nmembers; };
struct write_params {
    struct str instance, ca_name, ca_cert, ocsp_url, ocsp_cert;
    struct str tsa_name, tsa_url, tsa_cert;     /* tsa_cert empty: no time-stamp service */
    const struct dir_source *sources; size_t nsources;
    const struct write_member *members; size_t nmembers;
    const struct write_server *servers; size_t nservers;
    const struct write_group *groups; size_t ngroups;   /* beside security-server-owners, which is written by itself */
};
NODISCARD enum status directory__write_params(struct call *c, const struct write_params *p, int version, struct str *ret_xml);
/* directory__stamp_period: how often a nation wants messages time-stamped, within X-Road's bounds (5.2); 0 is its usual 60 s. */
int64_t directory__stamp_period(int64_t said_s);
struct write_private { struct str instance, management_url; struct xid management; int64_t stamp_period_s; const struct anchor *anchors; size_t nanchors; };
NODISCARD enum status directory__write_private(struct call *c, const struct write_private *p, struct str *ret_xml);
NODISCARD enum status directory__write_anchor(struct call *c, const struct anchor *a, struct str *ret_xml);
struct write_file { struct str identifier, location, bytes; };
struct write_document { int version; struct str instance; const struct write_file *files; size_t nfiles; int64_t expires_ms; };
NODISCARD enum status directory__write_signed(struct call *c, const struct key *k, struct str cert, const struct write_document *w, struct str *ret);

#endif
