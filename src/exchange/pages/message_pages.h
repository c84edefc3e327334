/* message_pages.h: what the pages of the message log are given: texts in the language of the call. Lists hold counts, parties and outcomes; heads and bodies only on a page
 * that was opened for a purpose. */
#ifndef SEN_EXCHANGE_MESSAGE_PAGES_H
#define SEN_EXCHANGE_MESSAGE_PAGES_H

#include "exchange/why.h"

struct page_message_row {
    struct str request_id, side, kind, from, to, client, service, fault, outcome /* without a fault */;
    int64_t at_ms;
};
struct page_level { struct str subsystem, level; };
struct page_messages {
    /* the filter, as it was typed */
    struct str id, since, until, party, service, fault;
    bool only_faults;
    const struct page_choice *sides; size_t nsides; struct str side;
    bool filtered, by_person;
    /* what was found */
    const struct page_message_row *rows; size_t nrows;
    struct str next;                  /* place of the next page, or empty */
    int64_t behind;                   /* too new to be found yet */
    bool listed;
    /* what is kept */
    int64_t total;
    struct str level;
    const struct page_level *levels; size_t nlevels;
    struct str retention;
};

struct page_message_part {
    struct str side, kind, status, fault, fault_id, hop, cause, cure, stamp_service;
    int64_t seq, at_ms, bytes, took_ms, stamped_ms;
    bool is_end, is_signed;
    struct str head, body;            /* of an opened message */
    bool only_metadata, binary, cut;
};
struct page_message {
    struct str request_id, message_id, from, to, client, service;
    const struct page_message_part *parts; size_t nparts;
    bool may_open, opened;
    struct why why;
};

struct page_about { struct str request_id, what, agency, id, purpose, basis, outcome, fault; int64_t at_ms; bool has_line, is_message; };
struct page_person {
    bool possible;                    /* this node keeps a register of persons */
    struct str number, purpose;
    struct why why;
    bool searched;
    const struct page_about *abouts; size_t nabouts;
    int64_t next_leaf;
};

#endif
