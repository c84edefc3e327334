/* text_key_test.c: every spelling that people really use leads to one key; different names stay apart where they must. */
#include "base/text_key.c"

#include "base/test.h"

static struct str fold(struct call *c, const char *z, enum text_fold how)
{
    struct str key;
    CHECK(text_fold(c->arena, str_z(z), how, &key));
    return key;
}
#define STRICT(z) fold(c, z, TEXT_STRICT)
#define LOOSE(z) fold(c, z, TEXT_LOOSE)

TEST(a_tone_is_the_words_own_wherever_it_was_put)
{
    static const char *const pairs[][2] = { { "hòa", "hoà" }, { "Thúy", "Thuý" }, { "Thủy", "Thuỷ" }, { "khỏe", "khoẻ" }, { "Hóa", "Hoá" }, { "Huỳnh", "Hùynh" },
                                            { "Nguyễn Thị Hòa", "NGUYỄN  THỊ HOÀ" }, { "Loan", "loan" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) CHECK_STR(STRICT(pairs[i][0]), STRICT(pairs[i][1]));
    CHECK_STR(STRICT("Nguyễn Thị Hòa"), STR("nguyên3 thi5 hoa1"));
    CHECK_STR(STRICT("Đỗ Thị Ước"), STR("đô3 thi5 ươc4"));
}

TEST(the_strict_key_keeps_apart_what_the_loose_one_joins)
{
    static const char *const others[][2] = { { "Hoa", "Hòa" }, { "Hoa", "Hoá" }, { "Đỗ", "Dỗ" }, { "Lân", "Lăn" }, { "Tuấn", "Tuần" }, { "Lý", "Lí" }, { "Mỹ", "Mĩ" }, { "Thơ", "Tho" } };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK(!str_eq(STRICT(others[i][0]), STRICT(others[i][1])));
        CHECK_STR(LOOSE(others[i][0]), LOOSE(others[i][1]));
    }
    CHECK(!str_eq(LOOSE("Hoa"), LOOSE("Hua")));
}

TEST(the_loose_key_is_what_a_bare_keyboard_writes)
{
    CHECK_STR(LOOSE("Nguyễn Thị Hoa"), STR("nguien thi hoa"));
    CHECK_STR(LOOSE("nguyen thi hoa"), STR("nguien thi hoa"));
    CHECK_STR(LOOSE("ĐẶNG ĐÌNH ĐỨC"), STR("dang dinh duc"));
    CHECK_STR(LOOSE("Ðặng"), LOOSE("ðặng")); /* eth looks like Đ but is another letter: it stays one */
    CHECK(!str_eq(LOOSE("Ðặng"), LOOSE("Đặng")));
}

TEST(composed_and_decomposed_are_one)
{
    CHECK_STR(STRICT("Nguye\xcc\x82\xcc\x83n"), STRICT("Nguyễn"));
    CHECK_STR(LOOSE("Nguye\xcc\x82\xcc\x83n"), LOOSE("Nguyễn"));
    CHECK_STR(STRICT("\x6f\xcc\x9b\xcc\xa3"), STRICT("ợ"));
    CHECK_STR(STRICT("\x6f\xcc\xa3\xcc\x9b"), STRICT("ợ")); /* horn and dot in the other order */
    CHECK_STR(STRICT("\x6f\xcc\xa3\xcc\x82"), STRICT("ộ"));
}

TEST(apostrophes_hyphens_and_blanks_are_nobodys_name)
{
    CHECK_STR(STRICT("Đạ M'ri"), STRICT("Đạ M’ri"));
    CHECK_STR(LOOSE("H'Hen Niê"), STR("hhen nie"));
    CHECK_STR(LOOSE("Y-Moan Ê-Ban"), LOOSE("YMoan Êban"));
    CHECK_STR(LOOSE("  Nguyễn\xc2\xa0 Thị\tHoa "), STR("nguien thi hoa"));
    CHECK_STR(LOOSE("Ng\xe2\x80\x8buyen"), STR("nguien")); /* zero width space */
    CHECK_STR(LOOSE(""), STR(""));
    CHECK_STR(LOOSE("' - ."), STR(""));
}

TEST(what_is_not_utf8_has_no_key)
{
    struct str key = STR("as it was");
    CHECK(!text_fold(c->arena, STR("a\xff"), TEXT_LOOSE, &key));
    CHECK_STR(key, STR("as it was"));
}

TEST(people_sort_by_the_rules_of_their_language)
{
    static const char *const sorted[] = { "An", "Ăn", "Ân", "Dung", "Đông", "Hoa", "Hòa", "Hoan", "Lan", "Ngọc", "Oanh", "Ổn", "Ơn", "Tuân", "Tuấn", "Uyên", "Ước", "Yến" };
    struct text_order order;
    struct str before = STR(""), key;
    CHECK(text_order_open(STR("vi"), &order));
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        CHECK(text_order_key(&order, c->arena, str_z(sorted[i]), &key));
        CHECK(str_cmp(before, key) < 0);
        before = key;
    }
    CHECK(text_order_version(&order) > 0);
    CHECK(text_order_key(&order, c->arena, STR("Nguye\xcc\x82\xcc\x83n"), &before) && text_order_key(&order, c->arena, STR("Nguyễn"), &key));
    CHECK_STR(before, key);
    CHECK(!text_order_key(&order, c->arena, STR("\xff"), &key));
    text_order_close(&order);
    CHECK(!text_order_open(STR(""), &order));
}

TEST(a_long_text_has_a_whole_sort_key)
{
    struct text_order order;
    struct str a, b;
    CHECK(text_order_open(STR("vi"), &order));
    CHECK(text_order_key(&order, c->arena, STR("Công Tằng Tôn Nữ Thị Phương Thảo Nguyễn Phúc Ánh Nguyệt A"), &a));
    CHECK(text_order_key(&order, c->arena, STR("Công Tằng Tôn Nữ Thị Phương Thảo Nguyễn Phúc Ánh Nguyệt B"), &b));
    CHECK(str_cmp(a, b) < 0);
    text_order_close(&order);
}
