/* register_words.h: words, names and lists of a register file, for the files that read a part of it. Every refusal names the file and the line. */
#ifndef SEN_REGISTRY_REGISTER_WORDS_H
#define SEN_REGISTRY_REGISTER_WORDS_H

#include "registry/registry_int.h"

bool registry__is_name(struct str s); /* what may become the name of a table or column: small letters, digits, _ */
bool registry__is_code(struct str s); /* what may stand for a kind or in a code list */
NODISCARD enum status registry__need_name(struct call *c, const struct yaml *y, const char *key, struct str *ret);
NODISCARD enum status registry__need_code(struct call *c, const struct yaml *y, const char *key, struct str *ret);
/* registry__need_parts: the list under key, each part a map of these words and no others. */
NODISCARD enum status registry__need_parts(struct call *c, const struct yaml *y, const char *key, const char *const *words, const struct yaml **ret);
NODISCARD enum status registry__read_size(struct call *c, const struct yaml *y, const char *key, int64_t fallback, int64_t most, size_t *ret);

/* registry__read_lists: the part "lists:" with what its files hold (code_list.c). */
NODISCARD enum status registry__read_lists(struct call *c, const struct yaml *y, struct str folder, struct register_ *r);

#endif
