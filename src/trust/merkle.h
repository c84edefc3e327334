/* merkle.h: the tree of RFC 6962 as pure functions: hashes, the growing edge, roots, inclusion and consistency paths and their checks.
 * Knows nothing of entries, databases or keys; the journal gives it the hashes of complete subtrees. */
#ifndef SEN_TRUST_MERKLE_H
#define SEN_TRUST_MERKLE_H

#include "base/call.h"

enum { MERKLE_LEVELS = 62, MERKLE_PATH_MAX = 2 * MERKLE_LEVELS };  /* sizes are below 2^62 */

struct merkle_hash { uint8_t b[32]; };

/* merkle_leaf: SHA-256(0x00 || first || second); merkle_join: SHA-256(0x01 || left || right). */
struct merkle_hash merkle_leaf(struct str first, struct str second);
struct merkle_hash merkle_join(const struct merkle_hash *left, const struct merkle_hash *right);
bool merkle_eq(const struct merkle_hash *a, const struct merkle_hash *b);

/* The edge of a tree of `size` leaves: the roots of its complete subtrees, one for each bit set in size; peak[level] covers 2^level leaves. */
struct merkle_edge { int64_t size; struct merkle_hash peak[MERKLE_LEVELS]; };

/* merkle_push: add a leaf. each is told every subtree that it completes, the leaf itself (level 0) first; a status other than ST_OK stops. */
typedef enum status merkle_each(void *arg, int level, int64_t pos, const struct merkle_hash *hash);
NODISCARD enum status merkle_push(struct merkle_edge *edge, struct merkle_hash leaf, merkle_each *each, void *arg);
/* merkle_root: of the whole tree; of no leaves it is SHA-256(""). */
struct merkle_hash merkle_root(const struct merkle_edge *edge);

/* The edge as bytes: 32 for each bit set in size, the largest subtree first. */
void merkle_edge_write(const struct merkle_edge *edge, char *ret, size_t *n);  /* ret holds 32 * MERKLE_LEVELS bytes */
bool merkle_edge_read(int64_t size, struct str bytes, struct merkle_edge *ret);

/* Where the hashes of complete subtrees come from: subtree pos of its level, [pos << level, (pos + 1) << level). */
struct merkle_source { enum status (*node)(void *arg, int level, int64_t pos, struct merkle_hash *ret); void *arg; };
struct merkle_path { size_t n; struct merkle_hash hash[MERKLE_PATH_MAX]; };

/* merkle_prove_inclusion: 0 <= index < size; merkle_prove_consistency: 0 <= from <= to (empty when from is 0 or to). Fails only as the source does. */
NODISCARD enum status merkle_prove_inclusion(const struct merkle_source *s, int64_t index, int64_t size, struct merkle_path *ret);
NODISCARD enum status merkle_prove_consistency(const struct merkle_source *s, int64_t from, int64_t to, struct merkle_path *ret);

/* RFC 9162, 2.1.3.2 and 2.1.4.2. */
bool merkle_check_inclusion(const struct merkle_hash *leaf, int64_t index, int64_t size, const struct merkle_hash *path, size_t n, const struct merkle_hash *root);
bool merkle_check_consistency(int64_t from, const struct merkle_hash *from_root, int64_t to, const struct merkle_hash *to_root, const struct merkle_hash *path, size_t n);

#endif
