/* monitor_pages.h: what the pages of the monitor are given: texts in the language of the call. */
#ifndef SEN_MONITOR_MONITOR_PAGES_H
#define SEN_MONITOR_MONITOR_PAGES_H

#include "web/page.h"

struct page_mark { struct str text; bool good, warn, bad; };   /* a level: a word, and its colour beside it */

struct page_finding { struct page_mark mark; struct str where, what, cause, cure; };
struct page_state {
    bool own;                        /* this node's own page, not the operator's of some node */
    struct str server, agency, address;
    struct page_mark mark;
    bool reported; int64_t received_ms;
    const struct page_finding *wrong; size_t nwrong;     /* what is not well, worst first */
    const struct page_finding *good; size_t ngood;
    bool watcher;                    /* sees the operator's pages */
};

struct page_node_row { struct str server, agency; struct page_mark mark; struct str told /* what stands out */, ends /* certificates */; int64_t messages, faults; };
struct page_nodes { struct page_mark mark; int64_t at_ms; const struct page_node_row *nodes; size_t nnodes; };

struct page_fault_pair { struct str from, to, service, id /* of the last one */; int64_t n, last_ms; };
struct page_fault_row { struct str fault, hop, cause, cure; int64_t n; bool trouble; const struct page_fault_pair *pairs; size_t npairs; };
struct page_faults { int64_t at_ms; const struct page_fault_row *faults; size_t nfaults; };

/* Shapes of the picture (picture.c): members around a circle, arcs with their heads. */
struct picture_node { struct str id, name, label; int64_t x, y; };
struct picture_arc { struct str d, head, width; bool faulty; struct str title; };
struct page_flow_row { struct str from, to, client, service, took; int64_t n, faults; };
struct page_traffic {
    int64_t at_ms, total;
    const struct page_choice *spans; size_t nspans;
    const struct picture_node *nodes; size_t nnodes;
    const struct picture_arc *arcs; size_t narcs;
    const struct page_flow_row *flows; size_t nflows;
};

#endif
