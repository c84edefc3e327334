/* app.h: what lives from start to stop. Rooms stand here as opaque handles only, so that base still knows nothing of them:
 * each room defines its own struct, makes it in its start function and puts it here; constant once started. */
#ifndef SEN_BASE_APP_H
#define SEN_BASE_APP_H

#include "base/str.h"

struct config;
struct store;
struct trust;
struct web;
struct exchange;
struct registry;
struct identity;
struct monitor;

struct module;

struct app {
    const struct config *config;
    const struct module *const *modules; /* the rooms of this program, NULL at the end (main/modules.c) */
    struct str folder;                   /* the node's folder, absolute; everything it writes is below */
    struct str share;                    /* read-only data of the program: country/, absolute */
    struct str country;                  /* this node's country: country/<cc> below share, absolute */
    int time_offset_min;                 /* the country's clocks ahead of UTC: days of law begin by them, people see their time */
    struct store *store;
    struct trust *trust;
    struct web *web;
    struct exchange *exchange;
    struct registry *registry;
    struct identity *identity;
    struct monitor *monitor;
};

#endif
