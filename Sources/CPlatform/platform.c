#define _GNU_SOURCE
#include "CPlatform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#endif

int lossctl_processor_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int allowed = CPU_COUNT(&set);
    if (allowed > 0) {
      return allowed;
    }
  }
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

int lossctl_x86_level(void) {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) {
    return 4;
  }
  return __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
#else
  return 0;
#endif
}

int lossctl_open_unnamed(const char *directory, unsigned mode) {
#ifdef O_TMPFILE
  const int descriptor = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  // Kernels and file systems without the flag see the directory opened for writing.
  if (descriptor < 0 && (errno == EISDIR || errno == EOPNOTSUPP || errno == EINVAL)) {
    errno = ENOTSUP;
  }
  return descriptor;
#else
  (void)directory;
  (void)mode;
  errno = ENOTSUP;
  return -1;
#endif
}

int lossctl_link_unnamed(int descriptor, const char *path) {
#ifdef __linux__
  char source[64];
  snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
  return linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
#else
  (void)descriptor;
  (void)path;
  errno = ENOTSUP;
  return -1;
#endif
}

int lossctl_reserve(int descriptor, long long size) {
#ifdef __linux__
  int status;
  do {
    status = fallocate(descriptor, 0, 0, (off_t)size);
  } while (status != 0 && errno == EINTR);
  return status;
#else
  (void)descriptor;
  (void)size;
  errno = ENOTSUP;
  return -1;
#endif
}

bool lossctl_open_library(
    const char *file, const char *const *names, size_t count, void **functions, const char **reason) {
  void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == NULL) {
    *reason = dlerror();
    return false;
  }
  for (size_t k = 0; k < count; ++k) {
    functions[k] = dlsym(library, names[k]);
    if (functions[k] == NULL) {
      *reason = dlerror();
      return false;
    }
  }
  return true;
}
