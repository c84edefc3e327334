/* Tests of merkle.c: the roots everybody knows, and every proof of every tree up to 130 leaves against the plain definition of RFC 6962. */
#include "trust/merkle.c"

#include "base/encode.h"
#include "base/test.h"

enum { TREE_MAX = 130 };

/* The hashes of all complete subtrees, as a table keeps them. */
static struct merkle_hash nodes[8][TREE_MAX];
static struct merkle_hash roots[TREE_MAX + 1];

static enum status keep_node(void *arg, int level, int64_t pos, const struct merkle_hash *hash)
{
    (void)arg;
    CHECK(level < 8 && pos < TREE_MAX);
    nodes[level][pos] = *hash;
    return ST_OK;
}

static enum status get_node(void *arg, int level, int64_t pos, struct merkle_hash *ret)
{
    (void)arg;
    CHECK(level < 8 && pos < TREE_MAX);
    *ret = nodes[level][pos];
    return ST_OK;
}

static const struct merkle_source table = { get_node, NULL };

static struct merkle_hash leaf_number(int64_t i)
{
    uint8_t byte = (uint8_t)i;
    return merkle_leaf(str_of(&byte, 1), STR("leaf"));
}

/* MTH of RFC 6962 2.1, straight from the text. */
static struct merkle_hash plain_root(int64_t lo, int64_t n)
{
    if (n == 1) return leaf_number(lo);
    int64_t k = 1;
    while (k * 2 < n) k *= 2;
    struct merkle_hash left = plain_root(lo, k), right = plain_root(lo + k, n - k);
    return merkle_join(&left, &right);
}

static void grow(int64_t size)
{
    struct merkle_edge edge = { 0 };
    roots[0] = merkle_root(&edge);
    for (int64_t i = 0; i < size; i++) {
        CHECK(merkle_push(&edge, leaf_number(i), keep_node, NULL) == ST_OK);
        roots[i + 1] = merkle_root(&edge);
    }
}

TEST(the_eight_leaves_everybody_tests_with)
{
    static const char *const leaves[] = { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" };
    static const char *const expected[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct merkle_edge edge = { 0 };
    for (size_t i = 0; i <= 8; i++) {
        struct merkle_hash root = merkle_root(&edge);
        CHECK_STR(encode_hex(c->arena, str_of(root.b, sizeof root.b)), str_z(expected[i]));
        struct str leaf;
        if (i == 8) break;
        CHECK(decode_hex(c->arena, str_z(leaves[i]), &leaf));
        CHECK(merkle_push(&edge, merkle_leaf(leaf, STR("")), keep_node, NULL) == ST_OK);
    }
}

TEST(root_equals_the_definition_at_every_size)
{
    grow(TREE_MAX);
    for (int64_t n = 1; n <= TREE_MAX; n++) {
        struct merkle_hash root = plain_root(0, n);
        CHECK(merkle_eq(&root, &roots[n]));
    }
}

TEST(every_inclusion_proof_holds_for_its_leaf_only)
{
    grow(TREE_MAX);
    struct merkle_path path;
    for (int64_t size = 1; size <= TREE_MAX; size++)
        for (int64_t i = 0; i < size; i++) {
            struct merkle_hash leaf = leaf_number(i), other = leaf_number(i + 1);
            CHECK(merkle_prove_inclusion(&table, i, size, &path) == ST_OK);
            CHECK(merkle_check_inclusion(&leaf, i, size, path.hash, path.n, &roots[size]));
            CHECK(!merkle_check_inclusion(&other, i, size, path.hash, path.n, &roots[size]));
            CHECK(!merkle_check_inclusion(&leaf, i + 1, size, path.hash, path.n, &roots[size]));
            CHECK(!merkle_check_inclusion(&leaf, i, size, path.hash, path.n, &roots[size - 1]));
            if (path.n) CHECK(!merkle_check_inclusion(&leaf, i, size, path.hash, path.n - 1, &roots[size]));
            path.hash[path.n] = path.hash[0];
            CHECK(!merkle_check_inclusion(&leaf, i, size, path.hash, path.n + 1, &roots[size]));
        }
}

TEST(every_consistency_proof_holds_for_its_sizes_only)
{
    grow(TREE_MAX);
    struct merkle_path path;
    for (int64_t to = 0; to <= TREE_MAX; to++)
        for (int64_t from = 0; from <= to; from++) {
            CHECK(merkle_prove_consistency(&table, from, to, &path) == ST_OK);
            CHECK(merkle_check_consistency(from, &roots[from], to, &roots[to], path.hash, path.n));
            if (from == 0 || from == to) continue;
            CHECK(!merkle_check_consistency(from, &roots[from - 1], to, &roots[to], path.hash, path.n));
            CHECK(!merkle_check_consistency(from, &roots[from], to, &roots[to - 1], path.hash, path.n));
            CHECK(!merkle_check_consistency(from, &roots[from], to, &roots[to], path.hash, path.n - 1));
        }
}

TEST(any_changed_byte_of_a_path_is_noticed)
{
    grow(100);
    struct merkle_path path;
    struct merkle_hash leaf = leaf_number(67);
    CHECK(merkle_prove_inclusion(&table, 67, 100, &path) == ST_OK);
    for (size_t i = 0; i < path.n; i++)
        for (size_t at = 0; at < sizeof path.hash[i].b; at++) {
            path.hash[i].b[at] ^= 0x40;
            CHECK(!merkle_check_inclusion(&leaf, 67, 100, path.hash, path.n, &roots[100]));
            path.hash[i].b[at] ^= 0x40;
        }
    CHECK(merkle_prove_consistency(&table, 67, 100, &path) == ST_OK);
    for (size_t i = 0; i < path.n; i++)
        for (size_t at = 0; at < sizeof path.hash[i].b; at++) {
            path.hash[i].b[at] ^= 0x40;
            CHECK(!merkle_check_consistency(67, &roots[67], 100, &roots[100], path.hash, path.n));
            path.hash[i].b[at] ^= 0x40;
        }
}

TEST(sizes_that_cannot_be_are_refused)
{
    struct merkle_hash h = { { 0 } };
    struct merkle_edge edge;
    CHECK(!merkle_check_inclusion(&h, 0, 0, NULL, 0, &h));
    CHECK(!merkle_check_inclusion(&h, -1, 5, NULL, 0, &h));
    CHECK(!merkle_check_consistency(5, &h, 4, &h, NULL, 0));
    CHECK(!merkle_check_consistency(-1, &h, 4, &h, NULL, 0));
    CHECK(!merkle_check_consistency(3, &h, 4, &h, NULL, 0));
    CHECK(!merkle_edge_read(-1, STR(""), &edge) && !merkle_edge_read(INT64_MAX, STR(""), &edge) && !merkle_edge_read(1, STR("short"), &edge));
}

TEST(an_edge_written_reads_back)
{
    struct merkle_edge edge = { 0 }, back;
    char bytes[32 * MERKLE_LEVELS + 1] = { 0 };
    size_t n;
    for (int64_t i = 0; i < 77; i++) {
        CHECK(merkle_push(&edge, leaf_number(i), keep_node, NULL) == ST_OK);
        merkle_edge_write(&edge, bytes, &n);
        CHECK(merkle_edge_read(edge.size, str_of(bytes, n), &back));
        struct merkle_hash a = merkle_root(&edge), b = merkle_root(&back);
        CHECK(merkle_eq(&a, &b));
        CHECK(!merkle_edge_read(edge.size, str_of(bytes, n - 1), &back));
        CHECK(!merkle_edge_read(edge.size, str_of(bytes, n + 1), &back));
    }
}
