/* node.h: a node opened by this process: its configuration, databases, key holder and rooms. */
#ifndef SEN_MAIN_NODE_H
#define SEN_MAIN_NODE_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"

/* struct node: what node_open made; app is what rooms see. Opaque outside this room's files. */
struct node;

/* node_load: reads FOLDER/node.yaml against the settings of all rooms; nothing is opened yet. *ret belongs to the caller: node_close. */
NODISCARD enum status node_load(struct call *c, struct str folder, struct node **ret);

/* node_open: databases, key holder client and every room's start, in the order of modules.c. While no key holder serves this folder a command
 * (HOLDER_OWN) gets a temporary one, stopped again by node_close; the server (HOLDER_WAIT) waits for the one that its supervisor starts. c->app is set to the node's app. */
enum node_holder { HOLDER_OWN, HOLDER_WAIT };
NODISCARD enum status node_open(struct call *c, struct node *n, enum node_holder holder);
void node_close(struct call *c, struct node *n);

struct app *node_app(const struct node *n);
struct str node_folder(const struct node *n);

/* node_pin: the PIN of the key holder, from the setting trust.pin_file (mode 0600), or asked at the terminal. */
NODISCARD enum status node_pin(struct call *c, const struct node *n, struct str *ret);
struct str node_keys_folder(struct call *c, const struct node *n);
struct str node_socket(struct call *c, const struct node *n);

/* node_share: the folder that holds country/, found upwards from the program file, or from SEN_SHARE. */
NODISCARD enum status node_share(struct call *c, struct str *ret);

/* node_holder_start, node_holder_stop: a key holder as a child process of this one; start answers when it serves. */
NODISCARD enum status node_holder_start(struct call *c, const struct node *n, int *ret_pid);
void node_holder_stop(int pid);
bool node_holder_answers(struct call *c, const struct node *n);
/* node_holder_run: the life of the child: serves until SIGTERM; a failure is logged. Answers the exit code. app may be NULL. */
int node_holder_run(const struct app *app, struct str keys, struct str socket_path, struct str pin);

extern const struct module main_module;

#endif
