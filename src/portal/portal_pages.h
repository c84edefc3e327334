/* portal_pages.h: what the portal's pages are given. Texts are translated already where the type is struct str and the template does not say otherwise. */
#ifndef SEN_PORTAL_PAGES_H
#define SEN_PORTAL_PAGES_H

#include "registry/shown.h"
#include "web/page.h"

/* The first page. portal: for citizens, and for whom it is not known yet; an official sees the work of the agency on every node. */
struct page_home { bool portal, signed_in, may_look_up, may_watch, may_read_log, watches_all, has_tiles; };

/* My record: what each register answered. */
struct record_register { struct str name, problem; struct shown_record shown; };
struct page_record { const struct record_register *registers; size_t nregisters; };

/* Who read my data; own: also what the person did. */
struct reader_entry {
    struct str uid, agency, role, purpose, basis, what, fields;
    int64_t at_ms;
    bool own;                       /* the person's own visit to these pages */
    bool proved;                    /* a proof came along */
    int64_t leaf, size;
    struct str proof;               /* JSON, for the script and the download */
    struct str facts;               /* JSON: what the register says of the entry, for the script to find in the proved bytes */
};
struct reader_register {
    struct str name, problem;
    int64_t number;                 /* in portal.registers, for addresses */
    bool has_head; struct str server, key, head;  /* as the operator published them */
    const struct reader_entry *entries; size_t nentries;
    bool more; int64_t next;
};
struct page_readers { const struct reader_register *registers; size_t nregisters; bool own; };

#endif
