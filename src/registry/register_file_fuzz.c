/* register_file_fuzz.c: whatever a register file says, it is refused with a sentence or its names are fit for SQL. */
#include "base/fuzz.h"

#include "registry/registry_int.h"

static void check_name(struct str s)
{
    FUZZ_CHECK(s.n > 0 && s.n <= 30 && s.p[0] >= 'a' && s.p[0] <= 'z');
    for (size_t i = 0; i < s.n; i++) FUZZ_CHECK((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    const struct yaml *y;
    struct register_ *r = NULL;
    enum status st = yaml_parse(c, STR("fuzz.yaml"), str_of(data, size), &y);
    if (st == ST_OK) st = registry__parse_file(c, y, STR("/nonexistent"), &r);
    if (st != ST_OK) {
        FUZZ_CHECK(!r && c->error.sentence.n > 0);
        return 0;
    }
    check_name(r->name);
    for (size_t i = 0; i < r->nkeys; i++) check_name(r->keys[i].kind);
    for (size_t g = 0; g < r->ngroups; g++) {
        check_name(r->groups[g].name);
        for (size_t i = 0; i < r->groups[g].ncolumns; i++) {
            const struct column *col = &r->groups[g].columns[i];
            check_name(col->name);
            FUZZ_CHECK(registry__find_column(r, col->full) == col && col->at <= r->groups[g].nvalues);
        }
    }
    return 0;
}
