/* checkpoint.c: heads as C2SP signed notes (signed-note, tlog-checkpoint) with Ed25519. A note is a text that ends in a newline, an empty line, and
 * signature lines "— NAME BASE64(key hash || signature)"; a checkpoint's text is origin, size and root, each on its line. */
#include "trust/journal_int.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/text.h"

enum { NOTE_MAX = 64 * 1024, KEY_BYTES = 32, SIG_BYTES = 64, HASH_BYTES = 4, ALGORITHM = 1, SIGNATURES_MAX = 100 };
#define DASH "\xe2\x80\x94 "

/* key_hash: SHA-256(name || 0x0A || 0x01 || public key), the first four bytes. */
static struct str key_hash(struct arena *a, struct str name, struct str public_key)
{
    uint8_t hash[32];
    trust_sha256(str_join(a, name, STR("\n\x01"), public_key, STR_END), hash);
    return str_copy(a, str_of(hash, HASH_BYTES));
}

struct str journal__verifier(struct arena *a, struct str name, struct str public_key)
{
    struct str key = str_join(a, STR("\x01"), public_key, STR_END);
    return str_join(a, name, STR("+"), encode_hex(a, key_hash(a, name, public_key)), STR("+"), encode_base64(a, key), STR_END);
}

struct str journal__checkpoint_text(struct arena *a, struct str origin, int64_t size, const struct merkle_hash *root)
{
    return str_join(a, origin, STR("\n"), str_print(a, "%lld", (long long)size), STR("\n"), encode_base64(a, str_of(root->b, sizeof root->b)), STR("\n"), STR_END);
}

struct str journal__signed_note(struct arena *a, struct str text, struct str name, struct str public_key, struct str sig)
{
    struct str bytes = str_join(a, key_hash(a, name, public_key), sig, STR_END);
    return str_join(a, text, STR("\n" DASH), name, STR(" "), encode_base64(a, bytes), STR("\n"), STR_END);
}

/* ---- reading ---- */

static enum status refuse(struct call *c) { return call_fail(c, ST_INVALID, "checkpoint", "The head of the journal is not a signed note. Fetch it again from its source, unchanged."); }

/* A name has no blank and no plus; ASCII control characters are refused with the whole note. */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || s.p[i] == '+' || (uint8_t)s.p[i] < 0x20) return false;
    return s.n > 0 && text_is_utf8(s);
}

struct verifier { struct str name, hash, key; };

static enum status read_verifier(struct call *c, struct str text, struct verifier *ret)
{
    struct verifier v;
    struct str rest = text, hash, key;
    if (!str_cut(&rest, '+', &v.name) || !str_cut(&rest, '+', &hash) || !is_name(v.name) || !decode_hex(c->arena, hash, &v.hash) || !decode_base64(c->arena, rest, &key) ||
        key.n != KEY_BYTES + 1 || key.p[0] != ALGORITHM || !str_eq(key_hash(c->arena, v.name, str_skip(key, 1)), v.hash))
        return call_fail(c, ST_INVALID, "key", "This is not a verifier key. Write it as \"name+hash+key\", as the node prints it.");
    v.key = str_skip(key, 1);
    *ret = v;
    return ST_OK;
}

static bool is_note_text(struct str note)
{
    for (size_t i = 0; i < note.n; i++)
        if ((uint8_t)note.p[i] < 0x20 && note.p[i] != '\n') return false;
    return note.n > 0 && note.n <= NOTE_MAX && note.p[note.n - 1] == '\n' && text_is_utf8(note);
}

/* split_note: at the last empty line. */
static bool split_note(struct str note, struct str *text, struct str *signatures)
{
    for (size_t i = note.n; i-- > 1;) {
        if (note.p[i] != '\n' || note.p[i - 1] != '\n') continue;
        *text = str_first(note, i);
        *signatures = str_skip(note, i + 1);
        return signatures->n > 0;
    }
    return false;
}

/* find_signature: the line of this key. Lines of other keys are skipped, broken lines refuse the note. */
static bool find_signature(struct arena *a, struct str lines, const struct verifier *v, struct str *ret)
{
    struct str line, name, bytes;
    size_t count = 0;
    bool found = false;
    while (str_cut(&lines, '\n', &line)) {
        if (++count > SIGNATURES_MAX || !str_starts(line, STR(DASH))) return false;
        line = str_skip(line, sizeof DASH - 1);
        if (!str_cut(&line, ' ', &name) || !is_name(name) || !decode_base64(a, line, &bytes) || bytes.n <= HASH_BYTES) return false;
        if (found || !str_eq(name, v->name) || !str_eq(str_first(bytes, HASH_BYTES), v->hash)) continue;
        *ret = str_skip(bytes, HASH_BYTES);
        found = true;
    }
    return found && lines.n == 0;
}

enum status journal__open_note(struct call *c, struct str note, struct str verifier, struct str *ret_name, struct str *ret_text)
{
    struct verifier v;
    struct str text, signatures, sig;
    TRY(read_verifier(c, verifier, &v));
    if (!is_note_text(note) || !split_note(note, &text, &signatures)) return refuse(c);
    if (!find_signature(c->arena, signatures, &v, &sig) || sig.n != SIG_BYTES)
        return call_fail(c, ST_INVALID, "checkpoint", "The head of the journal is not signed with the key of %s.", v.name);
    TRY(trust_verify_ed25519(c, v.key, text, sig));
    *ret_name = v.name;
    *ret_text = text;
    return ST_OK;
}

static bool read_text(struct arena *a, struct str text, struct str *origin, struct journal_head *head)
{
    struct str size, root, bytes, rest = text, line;
    if (!str_cut(&rest, '\n', origin) || !str_cut(&rest, '\n', &size) || !str_cut(&rest, '\n', &root)) return false;
    while (str_cut(&rest, '\n', &line))
        if (line.n == 0) return false;  /* extension lines are not empty */
    bool plain = size.n == 1 || (size.n > 1 && size.p[0] != '0');
    if (!plain || !str_int(size, &head->size) || head->size < 0 || !decode_base64(a, root, &bytes) || bytes.n != sizeof head->root) return false;
    if (!str_eq(encode_base64(a, bytes), root)) return false;
    memcpy(head->root, bytes.p, sizeof head->root);
    return origin->n > 0;
}

enum status journal_read_checkpoint(struct call *c, struct str note, struct str verifier_key, struct journal_head *ret)
{
    struct journal_head head = { .checkpoint = note };
    struct str name, text, origin;
    TRY(journal__open_note(c, note, verifier_key, &name, &text));
    if (!read_text(c->arena, text, &origin, &head)) return refuse(c);
    if (!str_eq(origin, name)) return call_fail(c, ST_INVALID, "checkpoint", "The head of the journal belongs to %s, but %s has signed it.", origin, name);
    *ret = head;
    return ST_OK;
}
