/* status_test.c: the table has a row for each status, with codes that differ where people see them. */
#include "base/status.c"

#include "base/test.h"

TEST(every_status_has_its_row)
{
    for (int st = ST_OK; st <= ST_BROKEN; st++) {
        CHECK(status_name((enum status)st)[0] && status_sentence((enum status)st)[0]);
        CHECK((status_http((enum status)st) >= 400) == (st != ST_OK));
        CHECK((status_exit((enum status)st) > 0) == (st != ST_OK));
    }
    CHECK(status_http(ST_OK) == 200 && status_http(ST_DENIED) == 403 && status_http(ST_TOO_LARGE) == 413);
}
