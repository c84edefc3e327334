/* trust_module.c: what the room tells the program: its tables, its setting, the work in the background, the command `journal verify`. */
#include "trust/trust.h"

#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/module.h"
#include "trust/journal_int.h"

extern const struct schema trust_schema;

static enum status sign_head(struct call *c)
{
    struct journal_head head;
    TRY(journal_flush(c));
    return journal_sign_head(c, &head);
}

static enum status index_subjects(struct call *c) { return journal__index(c); }

static enum status verify_proof(struct call *c, const struct args *args)
{
    struct str text;
    struct journal_proof proof;
    TRY(file_read(c, args_value(args, "proof"), JOURNAL_PROOF_MAX, &text));
    TRY(journal__check_proof(c, text, args_value(args, "key"), &proof));
    printf("The proof holds: leaf %lld of the journal %.*s, tree of %lld leaves.\n", (long long)proof.leaf, STR_ARG(proof.origin), (long long)proof.head.size);
    printf("Entry: %.*s\n", STR_ARG(proof.entry));
    printf("Key:   %.*s\n", STR_ARG(proof.verifier));
    if (!args_has(args, "key")) printf("Compare this key, and the head, with those that the operator has published.\n");
    return ST_OK;
}

static enum status verify_journal(struct call *c, const struct args *args)
{
    struct journal_count count;
    if (args_has(args, "proof")) return verify_proof(c, args);
    if (!c->app->store) return call_fail(c, ST_INVALID, "node", "Name the node whose journal is to be checked (--node DIR), or a proof (--proof FILE).");
    TRY(journal_verify_all(c, &count));
    printf("%lld entries, %lld leaves, %lld signed heads: everything fits.\n", (long long)count.entries, (long long)count.leaves, (long long)count.heads);
    return ST_OK;
}

static const struct setting settings[] = {
    { "trust.pin_file", SETTING_TEXT, "", "", "File in the node's folder with the PIN of the key holder, readable by its owner only; empty: asked for at the terminal.", false },
    { "trust.holder_ms", SETTING_COUNT, "500", "milliseconds", "How long the key holder may take for one answer.", false },
    { 0 },
};

static const struct option verify_options[] = {
    { OPTION_VALUE, "proof", "FILE", "Check this proof of one entry instead of the whole journal.", false },
    { OPTION_VALUE, "key", "KEY", "With --proof: the published key of the journal; without it the key named in the proof is used and printed.", false },
    { OPTION_END, NULL, NULL, NULL, false },
};

static const struct command commands[] = {
    { "journal verify", "Checks every entry, leaf and signed head of this node's journal, or one proof.", verify_options, verify_journal, COMMAND_MAYBE },
    { 0 },
};

static const struct job jobs[] = {
    { "journal.head", 1000, sign_head },
    { "journal.index", 1000, index_subjects },
    { 0 },
};

const struct module trust_module = { .name = "trust", .schema = &trust_schema, .settings = settings, .commands = commands, .jobs = jobs };
