/* state.h: what the exchange keeps from start to stop, and the plain structs of which that is made. Functions on them stand in the headers of the folders that fill and read
 * them; exchange_module.c makes it and takes it down. For this room only. */
#ifndef SEN_EXCHANGE_STATE_H
#define SEN_EXCHANGE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/gate.h"
#include "exchange/exchange.h"
#include "web/http.h"

struct directory;
struct memo;
struct message_bases;
struct message_recent;
struct ocsp_cache;
struct server_memory;
struct service_row;
struct sign_queue;

/* ---- directory (4.1): whose signature of a directory is believed, where it is fetched, and how that goes ---- */
struct anchor_source { struct str url; const struct str *certs; size_t ncerts; };
struct anchor { struct str instance; int64_t made_ms /* 0: not said */; const struct anchor_source *sources; size_t nsources; };
/* How the fetching of a directory goes. reason is a sentence of the program, where its one value. */
struct sync_state { int64_t fetched_ms, failing_since_ms, ahead_ms; bool has_clock; struct str reason; char where[128]; size_t nwhere; };
/* struct foreign: a federated nation's picture, for as long as an anchor of ours names it. */
enum { FOREIGN_MAX = 16, INSTANCE_MAX = 255 };
struct foreign { char instance[INSTANCE_MAX]; size_t n; struct directory *directory; struct sync_state sync; int64_t next_ms; int fails; /* the last two are the job's */ };
/* struct source_notes: which addresses failed lately. struct fetching: the job's alone: when it fetches the own directory next, and how often it failed. */
enum { SOURCE_NOTES_MAX = 64 };
struct source_note { uint64_t url; int fails; int64_t until_ms; };
struct source_notes { struct source_note list[SOURCE_NOTES_MAX]; };
struct fetching { int64_t next_ms; int fails; struct source_notes sources; };
/* The clock of somebody else, as it was seen last; directory/clock.c. */
enum { CLOCKS_MAX = 8, CLOCK_NAME_MAX = 96 };
struct clock_seen { char where[CLOCK_NAME_MAX]; size_t nwhere; int64_t ahead_ms, at_ms; };
/* What is known of the nation and of those it federates with; all of it guarded by the lock of the exchange. */
struct pictures { struct directory *own; struct foreign foreign[FOREIGN_MAX]; size_t nforeign; struct sync_state sync; struct clock_seen clocks[CLOCKS_MAX]; };

/* ---- of node.yaml, read once: services, rights, purposes, information systems (1.8), levels of the log ---- */
struct services { struct service_row *rows; size_t n, cap; };
struct rights { struct right *rows; size_t n; struct str *subsystems; };
struct purposes { struct purpose *rows; size_t n; };
enum connection { CONNECTION_NOSSL, CONNECTION_SSLNOAUTH, CONNECTION_SSLAUTH };
struct certificate_file;                              /* rights/certificates.c */
struct certificates { struct certificate_file **files; size_t n; };  /* registered in node.yaml; compared byte by byte: who issued one and when it ends is its agency's matter */
struct system_rule { struct str subsystem; enum connection type; struct certificates certs; };
struct systems { struct system_rule *rules; size_t n; enum connection usual /* of the member itself, and where no rule says otherwise */; };
enum message_level { MESSAGE_FULL, MESSAGE_METADATA, MESSAGE_NONE }; /* what is kept of a message: each less than the one before */
struct message_rule { struct str subsystem; enum message_level level; };
struct message_levels { enum message_level other; struct message_rule *rules; size_t n; int64_t body_most; /* bytes of the largest body that is kept */ };

/* ---- time-stamps ---- */
enum { STAMP_NAME_MAX = 256 };
struct stamper {
    atomic_llong failing_ms;      /* since when time-stamping fails; TIME_FAR: it does not */
    struct turnstile one;         /* one stamps at a time: the job, or who cannot wait for it; guards the turn */
    char turn[STAMP_NAME_MAX];    /* the time-stamp service that answered last, and until when it is asked before those in front of it */
    int64_t turn_ms;
    int64_t next_ms;              /* of the job alone */
};

/* ---- all of it ---- */
struct exchange {
    struct app *app;
    struct str instance, member, server;       /* "VN/GOV/H26", "VN/GOV/H26/hn1" */
    struct xid self;                           /* with server code */
    struct services services;
    struct rights rights;
    struct purposes purposes;
    struct systems systems;
    struct certificate_file *certificate_files; /* all that are named there and with services */
    struct message_levels log_levels;
    bool archives; /* exchange.archive_s: messages leave the log only when they are archived */
    person_finder *find_person;                /* NULL: this node keeps no register of persons */
    struct anchor anchor; bool has_anchor;
    pthread_mutex_t lock;                      /* guards the pictures, and what is read of certificate files: held for a few instructions, never while waiting */
    struct pictures pictures;
    struct fetching fetching;
    struct memo *judged;                       /* certificates found good, and until when */
    struct ocsp_cache *status;
    struct sign_queue *signing;
    struct message_bases *bases;               /* signature documents by which later ones are kept; NULL: each is kept whole. Of who writes LOG */
    struct message_recent *recent;             /* the newest rows of the log; NULL: they are read there */
    struct server_memory *reached;
    struct arena *arena;                       /* what lives as long as this */
    struct stamper stamper;
    atomic_llong strangers;                    /* messages refused without a row in the log: nobody knows who sent them */
    atomic_int stalled;                        /* sandbox: requests that wait because their service is stalled */
    struct str tls_cert;                       /* of port 5500; empty before there is one */
    struct peer_tls tls;
};
struct exchange *exchange__of(const struct call *c);

extern const struct schema exchange_schema; /* exchange.sql */

#endif
