/* directory_params_fuzz.c: every member, server and group member of a picture is found under its own id, every reference lies inside; anchors likewise. */
#include "exchange/directory/directory.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str xml = str_of(data, size);
    DIRECTORY d = NULL;
    struct anchor a;
    size_t n;
    if (directory__read_params(c, xml, (int)(size % 5) + 2, &d) == ST_OK) {
        for (size_t i = 0; i < d->nmembers; i++) FUZZ_CHECK(directory__find_member(d, &d->members[i].id) == &d->members[i]);
        for (size_t i = 0; i < d->nservers; i++) {
            FUZZ_CHECK(directory__find_server(d, &d->servers[i].id) != NULL);
            for (size_t k = 0; k < d->servers[i].nclients; k++) {
                FUZZ_CHECK(d->servers[i].clients[k] < d->nmembers && directory__hosts(d, &d->servers[i], &d->members[d->servers[i].clients[k]].id));
                FUZZ_CHECK(directory__hosts_of(d, &d->members[d->servers[i].clients[k]].id, &n) && n > 0);
            }
        }
        for (size_t i = 0; i < d->ngroups; i++)
            for (size_t k = 0; k < d->groups[i].nmembers; k++) FUZZ_CHECK(directory__in_group(d, d->groups[i].code, &d->groups[i].members[k]));
        for (size_t i = 0; i < d->nhashes; i++) FUZZ_CHECK(d->hashes[i].server < d->nservers && (d->hashes[i].hash.n == 32 || (d->version == 2 && d->hashes[i].hash.n == 20)));
    }
    call_clear(c);
    if (directory__read_anchor(c, xml, &a) == ST_OK) FUZZ_CHECK(a.nsources > 0 && a.sources[0].ncerts > 0);
    return 0;
}
