/* register_row_fuzz.c: a line of a load is refused with a sentence that does not hold a long number of the line, or it is a row whose keys are digits, whose
 * versions do not overlap, and no two of which would take the same place in a table. */
#include "base/fuzz.h"

#include "registry/registry_int.h"

static const char MODEL[] =
    "register: dogs\nlabel: Dogs\nkeys:\n  - {kind: chip, label: Chip, digits: 6, unique: true, required: true}\n  - {kind: tag, label: Tag}\n"
    "lists:\n  - name: colour\n    codes:\n      - {code: black, label: Black}\n      - {code: white, label: White, valid_from: 2000-01-01, valid_to: 2009-12-31}\n"
    "groups:\n  - name: core\n    label: Core\n    required: true\n    columns:\n      - {name: name, label: Name, type: text, longest: 20, required: true}\n"
    "      - {name: born, label: Born, type: date}\n      - {name: colour, label: Colour, type: code, list: colour}\n      - {name: mother, label: Mother, type: reference}\n"
    "  - name: home\n    label: Home\n    kinds:\n      - {kind: first, label: First}\n      - {kind: second, label: Second, many: true}\n"
    "    columns:\n      - {name: unit, label: Unit, type: unit}\n      - {name: note, label: Note, type: text}\n      - {name: both, label: Both, type: joined, of: [note]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit unit = { .code = STR_INIT("00004"), .name = STR_INIT("A"), .from = 0, .to = TIME_FAR };
    static const struct units units = { .all = &unit, .n = 1 };
    struct call *c = fuzz_call();
    const struct yaml *y;
    struct register_ *r = NULL;
    struct row row = { 0 };
    FUZZ_CHECK(yaml_parse(c, STR("model.yaml"), str_z(MODEL), &y) == ST_OK && registry__parse_file(c, y, STR("/nonexistent"), &r) == ST_OK);
    r->units = &units;
    if (registry__read_row(c, r, str_of(data, size), 20000, &row) != ST_OK) {
        FUZZ_CHECK(c->error.sentence.n > 0 && row.nkeys == 0);
        return 0;
    }
    FUZZ_CHECK(row.nkeys > 0 && registry__check_overlap(c, &row) == ST_OK);
    for (size_t i = 0; i < row.nkeys; i++)
        for (size_t k = 0; k < row.keys[i].value.n; k++) FUZZ_CHECK(row.keys[i].value.p[k] >= '0' && row.keys[i].value.p[k] <= '9');
    for (size_t i = 0; i < row.nversions; i++) {
        const struct row_version *v = &row.versions[i];
        FUZZ_CHECK(v->from < v->to);
        for (size_t k = 0; v->group->many && k < i; k++) /* two of the same kind never have the same place in the table */
            FUZZ_CHECK(row.versions[k].group != v->group || !str_eq(row.versions[k].kind, v->kind) || row.versions[k].from != v->from ||
                       row.versions[k].values[v->group->item].number != v->values[v->group->item].number);
    }
    return 0;
}
