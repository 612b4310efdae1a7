/* Takes a safety away from ignite, for the controls of power_test.py, which must find what it
 * breaks. LESS_SAFE says what is not synced: all, folders, or trees (whole file systems). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_asked_for(const char *what) {
  const char *asked = getenv("LESS_SAFE");
  return asked != NULL && strcmp(asked, what) == 0;
}

static int is_skipped(int fd) {
  struct stat status;
  if (is_asked_for("all")) return 1;
  return is_asked_for("folders") && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

int fsync(int fd) { return is_skipped(fd) ? 0 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return is_skipped(fd) ? 0 : (int)syscall(SYS_fdatasync, fd); }

int syncfs(int fd) {
  if (is_asked_for("all") || is_asked_for("trees")) return 0;
  return (int)syscall(SYS_syncfs, fd);
}
