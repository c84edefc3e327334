/* file.h: whole files, read and written safely. */
#ifndef SEN_BASE_FILE_H
#define SEN_BASE_FILE_H

#include "base/call.h"

static inline void file_fd_done(int *fd);
#define FILE_FD __attribute__((cleanup(file_fd_done))) int

/* file_read: the whole file in the call's arena, at most max bytes. ST_NOT_FOUND, ST_TOO_LARGE, ST_UNAVAILABLE with a sentence. */
NODISCARD enum status file_read(struct call *c, struct str path, size_t max, struct str *ret);
/* file_write: new content under this name, whole or not at all (temporary name, fsync, rename, fsync of the folder); mode e.g. 0600. */
NODISCARD enum status file_write(struct call *c, struct str path, struct str content, unsigned mode);
NODISCARD enum status file_make_folder(struct call *c, struct str path, unsigned mode); /* with its parents; fine when it is there */
bool file_exists(struct call *c, struct str path);
struct str file_path(struct arena *a, struct str folder, struct str name); /* folder/name; an absolute name stays as it is */

#include <unistd.h>
static inline void file_fd_done(int *fd) { if (*fd >= 0) (void)close(*fd); }

#endif
