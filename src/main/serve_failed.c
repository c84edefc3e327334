/* serve_failed.c: why the server of a node ended, kept in a file beside its pid: its supervisor, `sen nation start` and `sen doctor` tell it to whoever waits for the node. */
#include "main/serve.h"

#include <stdio.h>

#include "base/file.h"

enum { REASON_MOST = 8192 };

static struct str path_of(struct call *c, struct str folder) { return file_path(c->arena, folder, STR("run/" SERVE_SERVER ".failed")); }

void serve_keep_failure(struct call *c, struct str folder, struct str sentence)
{
    call_forgive(c, file_write(c, path_of(c, folder), str_first(sentence, REASON_MOST), 0600), "it stands in the log too");
}

void serve_forget_failure(struct call *c, struct str folder)
{
    const char *path = str_to_z(c->arena, path_of(c, folder));
    if (path) (void)remove(path);
}

bool serve_find_failure(struct call *c, struct str folder, struct str *ret)
{
    enum status st = file_read(c, path_of(c, folder), REASON_MOST, ret);
    if (st != ST_OK) call_clear(c);
    return st == ST_OK && ret->n > 0;
}
