/* register_answer_fuzz.c: whatever a peer answers, the page shows it or refuses it; every version it shows has its values inside what was read. */
#include "base/fuzz.h"

#include "registry/shown.h"

static size_t count(const struct shown_version *versions, size_t n, const struct shown_value *first, size_t most)
{
    size_t values = 0;
    for (size_t i = 0; i < n; i++) {
        FUZZ_CHECK(versions[i].values >= first && versions[i].values + versions[i].nvalues <= first + most);
        values += versions[i].nvalues;
    }
    return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct shown_record r = { 0 };
    const struct json *j;
    size_t n = 0, shown = 0;
    c->lang = STR("vi");
    if (json_parse(c, str_of(data, size), &j) != ST_OK) return 0;
    if (!registry_show_record(c, j, &r)) {
        FUZZ_CHECK(r.ngroups == 0 && r.nformer == 0);
        return 0;
    }
    for (const struct json *v = json_first(json_get(j, "record")); v; v = json_next(v)) n++;
    const struct shown_value *first = r.ngroups && (!r.nformer || r.groups[0].versions[0].values < r.former[0].values) ? r.groups[0].versions[0].values
                                      : r.nformer ? r.former[0].values : NULL;
    for (size_t g = 0; g < r.ngroups; g++) shown += count(r.groups[g].versions, r.groups[g].nversions, first, n);
    shown += count(r.former, r.nformer, first, n);
    FUZZ_CHECK(shown <= n && n <= SHOWN_VALUES_MOST && r.has_former == (r.nformer > 0));
    return 0;
}
