/* module.h: what a room tells the program about itself: tables instead of code. main/modules.c lists the rooms, one line each.
 * Routes and schemas belong to upper floors and are only pointed at here. */
#ifndef SEN_BASE_MODULE_H
#define SEN_BASE_MODULE_H

#include "base/call.h"
#include "base/status.h"
#include "base/str.h"

struct config;
struct route;   /* web/http.h */
struct schema;  /* store/db.h */

/* A setting of node.yaml: dotted name, kind, default ("" with .required must be given), unit, and what it is for. */
enum setting_kind { SETTING_TEXT, SETTING_COUNT, SETTING_FLAG, SETTING_ADDRESS /* host:port */, SETTING_PATH, SETTING_LIST, SETTING_TREE /* read by the room itself */ };
struct setting { const char *name; enum setting_kind kind; const char *fallback, *unit, *help; bool required; };

/* A command of `sen`: "journal verify". Options are listed so that help, parsing and the man page come from one table. */
enum option_kind { OPTION_END, OPTION_VALUE /* --name VALUE */, OPTION_FLAG /* --name */, OPTION_OPERAND /* NAME */, OPTION_REST /* NAME... */ };
struct option { enum option_kind kind; const char *name, *value, *help; bool required; };
struct args;    /* base/args.h */
struct command {
    const char *name, *summary;
    const struct option *options;                 /* ends with { OPTION_END }; NULL for none */
    enum status (*run)(struct call *c, const struct args *args);
    enum {
        COMMAND_FREE,
        COMMAND_NODE,  /* needs --node DIR (default "."): config and databases are opened first */
        COMMAND_MAYBE  /* as COMMAND_NODE, but without --node and node.yaml it runs on no node: app->store is NULL then */
    } needs;
};

/* Work in the background, in a thread of its own: run again period_ms after it ended. Failures are logged, never fatal. */
struct job { const char *name; int64_t period_ms; enum status (*run)(struct call *c); };

struct module {
    const char *name;
    const struct schema *schema;     /* NULL: no tables */
    const struct setting *settings;  /* ends with { 0 } */
    const struct route *routes;      /* ends with { 0 } */
    const struct command *commands;  /* ends with { 0 } */
    const struct job *jobs;          /* ends with { 0 } */
    enum status (*start)(struct call *c, struct app *app); /* databases and lower rooms are up; puts its handle into app */
    void (*stop)(struct app *app);
};

#endif
