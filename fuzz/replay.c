/* replay.c: runs one fuzz target over every file of the folders named on its command line, once. So the seeds, among them every
 * input that ever crashed a parser, are tests of each build, also where there is no libFuzzer. */
#include <dirent.h>

#include "base/file.h"
#include "base/fuzz.h"

enum { SEED_MAX = 8 * 1024 * 1024 };

static int replay_file(struct str path)
{
    static const struct app no_app;
    struct call *c = call_open(&no_app);
    struct str seed;
    enum status st = file_read(c, path, SEED_MAX, &seed);
    if (st == ST_OK) (void)LLVMFuzzerTestOneInput((const uint8_t *)seed.p, seed.n);
    else fprintf(stderr, "%.*s\n", STR_ARG(call_error(c)->sentence));
    call_close(c);
    return st == ST_OK ? 0 : 1;
}

/* replay_folder: how many seeds were run, or -1 after a failure. */
static int replay_folder(const char *folder)
{
    ARENA a = arena_open(1 << 20);
    DIR *dir = opendir(folder);
    int done = 0, failed = 0;
    if (!dir) return -1;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        failed += replay_file(file_path(a, str_z(folder), str_z(entry->d_name)));
        done++;
    }
    (void)closedir(dir);
    return failed ? -1 : done;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int done = replay_folder(argv[i]);
        if (done <= 0) {
            fprintf(stderr, "%s: no seeds could be run\n", argv[i]);
            return 1;
        }
        total += done;
    }
    printf("%d seeds\n", total);
    return total ? 0 : 1;
}
