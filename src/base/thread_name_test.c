/* thread_name_test.c */
#include "base/thread_name.c"

#include <pthread.h>

#include "base/file.h"
#include "base/test.h"

static struct str own_name(struct call *c)
{
    struct str text;
    CHECK_OK(file_read(c, STR("/proc/thread-self/comm"), 64, &text));
    return str_trim(text);
}

static void *work(void *arg)
{
    struct call *c = arg;
    thread_name("sen-job %s", "stamp");
    CHECK_STR(own_name(c), STR("sen-job stamp"));
    thread_name("sen-job %s", "certificates");
    CHECK_STR(own_name(c), STR("sen-job certifi"));
    return NULL;
}

TEST(a_thread_bears_its_name_and_others_keep_theirs)
{
    pthread_t thread;
    struct str before = own_name(c);
    CHECK(pthread_create(&thread, NULL, work, c) == 0 && pthread_join(thread, NULL) == 0);
    CHECK_STR(own_name(c), before);
}
