/* A disk that needs two milliseconds for every sync: loaded before the C library (LD_PRELOAD), it waits and then does
   what was asked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static void wait_for_the_disk(void) {
  struct timespec two_milliseconds = {0, 2000000};
  nanosleep(&two_milliseconds, NULL);
}

int fsync(int file) {
  wait_for_the_disk();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  wait_for_the_disk();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
