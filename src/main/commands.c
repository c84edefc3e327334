/* commands.c: the commands and settings of main itself, as tables. */
#include "main/doctor.h"
#include "main/help.h"
#include "main/nation.h"
#include "main/node.h"
#include "main/node_init.h"
#include "main/serve.h"

static const struct setting settings[] = {
    { "node", SETTING_TEXT, "", "", "Short name of this node, letters and digits; part of the cookie's name.", true },
    { "country", SETTING_TEXT, "vn", "", "Folder below country/ that holds this country's data.", false },
    { "instance", SETTING_TEXT, "", "", "X-Road instance, the name of the nation's exchange: VN.", true },
    { "member", SETTING_TEXT, "", "", "Class and code of the member that owns this node: GOV/H26.", true },
    { "server", SETTING_TEXT, "", "", "Server code of this node in the directory.", true },
    { "name", SETTING_TEXT, "", "", "Full name of the agency, as people read it.", true },
    { "sandbox", SETTING_FLAG, "false", "", "True where all people are invented: pages say so.", false },
    { 0 },
};

static const struct option serve_options[] = { NODE_OPTION, { .kind = OPTION_END } };
static const struct option init_options[] = { NODE_OPTION,
                                              { OPTION_VALUE, "sign", "p256|rsa2048", "Kind of the signing key; p256 is the faster one.", false }, { .kind = OPTION_END } };
static const struct option certificate_options[] = { NODE_OPTION,
                                                     { OPTION_REST, "FILE", NULL, "Certificates, PEM or DER.", true }, { .kind = OPTION_END } };
static const struct option nation_options[] = {
    { OPTION_OPERAND, "DIR", NULL, "Folder of the sandbox nation.", true },
    { OPTION_VALUE, "country", "CC", "Country, a folder below country/ (vn).", false },
    { OPTION_VALUE, "nodes", "A,B,C", "Only these nodes, by name; the operator is always there (all).", false },
    { OPTION_VALUE, "people", "N", "How many invented people (100000).", false },
    { OPTION_VALUE, "seed", "N", "Seed of their invention (1): the same seed makes the same people.", false },
    { OPTION_VALUE, "port", "N", "First port of the pages (8080).", false },
    { OPTION_VALUE, "net", "A.B.C", "Loopback range of the nodes, 127.B.C (127.0.7).", false },
    { OPTION_VALUE, "store", "URL", "sqlite, or postgresql://user@host/name (sqlite).", false },
    { OPTION_VALUE, "sign", "p256|rsa2048", "Kind of the signing keys (p256).", false },
    { OPTION_VALUE, "instance", "NAME", "Name of its X-Road instance (VN); two nations on one machine have different ones, and federate.", false },
    { .kind = OPTION_END },
};
static const struct option nation_dir[] = { { OPTION_OPERAND, "DIR", NULL, "Folder of the sandbox nation.", true }, { .kind = OPTION_END } };
static const struct option agency_options[] = {
    { OPTION_OPERAND, "DIR", NULL, "Folder of the sandbox nation.", true },
    { OPTION_VALUE, "member", "CLASS/CODE", "Class and code of the member: GOV/X99.", true },
    { OPTION_VALUE, "name", "TEXT", "Full name of the agency, as people read it.", true },
    { OPTION_VALUE, "node", "NAME", "Short name of its node, letters and digits.", true },
    { OPTION_VALUE, "ask", "SERVICE", "A service it may use at once: the right is written at the node that keeps it, which starts again.", false },
    { OPTION_VALUE, "purpose", "CODE", "For which purpose (with --ask).", false },
    { OPTION_VALUE, "columns", "A,B,C", "Which columns it may see (with --ask).", false },
    { OPTION_REST, "CODE=NAME", NULL, "Its subsystems; the first is the one that asks.", false },
    { .kind = OPTION_END },
};
static const struct option traffic_options[] = {
    { OPTION_OPERAND, "DIR", NULL, "Folder of the sandbox nation.", true },
    { OPTION_VALUE, "rate", "N", "Questions a second (20).", false },
    { OPTION_VALUE, "seconds", "N", "How long (60).", false },
    { OPTION_VALUE, "draw", "N", "Seed of the draw (1): the same number asks the same.", false },
    { .kind = OPTION_END },
};
static const struct option help_options[] = { { OPTION_REST, "COMMAND", NULL, "A command, the first word of several, settings (what may stand in node.yaml), or manual (the man page).", false }, { .kind = OPTION_END } };

static const struct option doctor_options[] = { NODE_OPTION,
                                                { OPTION_VALUE, "to", "SERVICE", "A service or subsystem of another agency: the way to it is tried too.", false }, { .kind = OPTION_END } };

static const struct command commands[] = {
    { "help", "Lists all commands, or tells the options of one.", help_options, help_run, COMMAND_FREE },
    { "doctor", "Tries each hop from a node and says what is wrong, why, and what to do.", doctor_options, doctor_run, COMMAND_FREE },
    { "serve", "Runs a node: key holder and server under a supervisor.", serve_options, serve_run, COMMAND_FREE },
    { "node init", "Makes a node's keys and the requests for its certificates.", init_options, node_init_run, COMMAND_FREE },
    { "node certificate", "Takes certificates that the operator issued for this node.", certificate_options, node_certificate_run, COMMAND_FREE },
    { "nation start", "Makes (once) and starts a sandbox nation on this machine.", nation_options, nation_start_run, COMMAND_FREE },
    { "nation stop", "Stops the sandbox nation; everything stays in its folder.", nation_dir, nation_stop_run, COMMAND_FREE },
    { "nation add-agency", "Lets one more agency join a sandbox nation: node, keys, certificates, admission, account, first right.", agency_options, nation_add_agency_run, COMMAND_FREE },
    { "nation traffic", "Makes believable questions between the agencies of a sandbox nation, for demonstrations and tests of endurance.", traffic_options, nation_traffic_run, COMMAND_FREE },
    { "nation status", "Says which nodes answer, and what is not well with its cause and cure.", nation_dir, nation_status_run, COMMAND_FREE },
    { 0 },
};

const struct module main_module = { .name = "main", .settings = settings, .commands = commands };
