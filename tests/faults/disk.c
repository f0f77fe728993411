/* A disk as it is when the power goes or when it fails: loaded before the C library (LD_PRELOAD).

   What is written to an SQLite log (a file ending in -wal) and not synced yet is listed beside it, in a file ending in
   .unsynced, as offset and length; a sync takes off the list what it has brought to the disk. And while the file named
   by LAB_DISK_FAILS exists, writes to databases fail as on a file system that the kernel has made read-only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH 4096

static int path_of(int file, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH - 16);
  path[length > 0 ? length : 0] = 0;
  return length > 0;
}

static int ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), of_ending = strlen(ending);
  return length >= of_ending && !strcmp(path + length - of_ending, ending);
}

static int is_database(const char *path) {
  return ends_in(path, "-wal") || ends_in(path, ".db") || ends_in(path, ".db-journal");
}

static int fails(const char *path) {
  const char *flag = getenv("LAB_DISK_FAILS");
  return flag && is_database(path) && !access(flag, F_OK);
}

static ssize_t real_pwrite(int file, const void *data, size_t length, off_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  return real(file, data, length, offset);
}

static ssize_t real_write(int file, const void *data, size_t length) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  return real(file, data, length);
}

static int list_of(const char *path) {
  char name[PATH];
  snprintf(name, sizeof name, "%.4000s.unsynced", path);
  int list = open(name, O_RDWR | O_CREAT, 0600);
  if (list >= 0) flock(list, LOCK_EX);
  return list;
}

static void note(const char *path, off_t offset, size_t length) {
  int list = list_of(path);
  if (list < 0) return;
  char line[64];
  int size = snprintf(line, sizeof line, "%020lld %010zu\n", (long long)offset, length);
  real_pwrite(list, line, size, lseek(list, 0, SEEK_END));
  close(list);
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
  char path[PATH];
  if (path_of(file, path)) {
    if (fails(path)) { errno = EROFS; return -1; }
    if (ends_in(path, "-wal")) note(path, offset, length);
  }
  return real_pwrite(file, data, length, offset);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) { return pwrite64(file, data, length, offset); }

ssize_t write(int file, const void *data, size_t length) {
  char path[PATH];
  if (file > 2 && path_of(file, path) && is_database(path)) {
    if (fails(path)) { errno = EROFS; return -1; }
    if (ends_in(path, "-wal")) note(path, lseek(file, 0, SEEK_CUR), length);
  }
  return real_write(file, data, length);
}

static int synced(int file, const char *how) {
  char path[PATH];
  int is_log = path_of(file, path) && ends_in(path, "-wal");
  off_t before = 0;
  if (is_log) {
    int list = list_of(path);
    before = lseek(list, 0, SEEK_END);
    close(list);
  }
  int result = ((int (*)(int))dlsym(RTLD_NEXT, how))(file);
  if (is_log && !result) {
    int list = list_of(path);
    off_t all = lseek(list, 0, SEEK_END);
    char *rest = malloc(all - before + 1);
    ssize_t left = pread(list, rest, all - before, before);
    if (!ftruncate(list, 0)) real_pwrite(list, rest, left, 0);
    free(rest);
    close(list);
  }
  return result;
}

int fsync(int file) { return synced(file, "fsync"); }

int fdatasync(int file) { return synced(file, "fdatasync"); }
