/* testing.h: what the tests of this room share: the register file of the country and a small row. SEN_COUNTRY comes from the build. */
#ifndef SEN_REGISTRY_TESTING_H
#define SEN_REGISTRY_TESTING_H

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "registry/search_int.h"
#include "store/test_store.h"

extern const struct schema trust_schema;

/* test_register: country/vn/registers/population.yaml as a model, with units; not yet in the database. */
static inline struct register_ *test_register(struct call *c)
{
    const struct yaml *y;
    struct register_ *r = NULL;
    struct units *units = arena_new(c->arena, struct units);
    CHECK_OK(yaml_load(c, STR(SEN_COUNTRY "/registers/population.yaml"), &y));
    CHECK_OK(registry__parse_file(c, y, STR(SEN_COUNTRY), &r));
    CHECK_OK(registry__load_units(c, STR(SEN_COUNTRY "/units"), units));
    r->units = units;
    return r;
}

/* test_open_search: its order of letters stays open, and known, to the end of the test program. */
static inline void test_open_search(struct call *c, struct register_ *r)
{
    static struct text_order kept[256];
    static size_t n;
    CHECK_OK(registry__open_search(c, c->arena, r));
    if (r->search && n < sizeof kept / sizeof kept[0]) kept[n++] = r->search->order;
}

/* test_stored_register: the same with its tables and statements. */
static inline struct register_ *test_stored_register(struct call *c)
{
    struct register_ *r = test_register(c);
    CHECK_OK(registry__make_tables(c, r));
    registry__make_statements(c->arena, c->app->store, r);
    test_open_search(c, r);
    return r;
}

/* A whole row; PIN is what the tests change. */
#define TEST_ROW(PIN, NAME, BIRTH, REST) \
    "{\"keys\":{\"pin\":\"" PIN "\",\"id9\":\"012345678\"}," \
    "\"name\":{\"kind\":\"birth\",\"from\":\"" BIRTH "\",\"surname\":\"Nguyễn\",\"middle\":\"Thị\",\"given\":\"" NAME "\"}," \
    "\"core\":{\"from\":\"" BIRTH "\",\"birth_date\":\"" BIRTH "\",\"sex\":\"female\",\"birth_place\":\"00004\",\"nationality\":\"VN\"}," \
    "\"status\":{\"from\":\"" BIRTH "\",\"state\":\"alive\"}" REST "}"

static inline struct str test_write(struct call *c, struct str text)
{
    char name[] = "/tmp/sen-registry-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    (void)close(fd);
    return str_copy(c->arena, str_z(name));
}

#endif
