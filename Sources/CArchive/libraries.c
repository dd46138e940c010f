#define _GNU_SOURCE
#include "CArchive.h"

#include <CPlatform.h>

#include <stdbool.h>
#include <stddef.h>

#ifdef __APPLE__
const char *const lossctl_archive_library_file = "libarchive.dylib";
const char *const lossctl_zlib_file = "libz.dylib";
#else
const char *const lossctl_archive_library_file = "libarchive.so.13";
const char *const lossctl_zlib_file = "libz.so.1";
#endif

#define NAME(name) #name,
#define COUNT(names) (sizeof names / sizeof names[0])

static const char *const archive_names[] = {LOSSCTL_ARCHIVE_FUNCTIONS(NAME)};
static const char *const zlib_names[] = {LOSSCTL_ZLIB_FUNCTIONS(NAME)};

// The structures are nothing but their pointers, in the order of the names.
static union {
  struct lossctl_archive_library functions;
  void *pointers[COUNT(archive_names)];
} archive_library;

static union {
  struct lossctl_zlib functions;
  void *pointers[COUNT(zlib_names)];
} zlib;

_Static_assert(sizeof archive_library.functions == sizeof archive_library.pointers, "one pointer a name");
_Static_assert(sizeof zlib.functions == sizeof zlib.pointers, "one pointer a name");

const struct lossctl_archive_library *lossctl_open_archive_library(const char **reason) {
  const bool is_open = lossctl_open_library(
      lossctl_archive_library_file, archive_names, COUNT(archive_names), archive_library.pointers, reason);
  return is_open ? &archive_library.functions : NULL;
}

const struct lossctl_zlib *lossctl_open_zlib(const char **reason) {
  const bool is_open =
      lossctl_open_library(lossctl_zlib_file, zlib_names, COUNT(zlib_names), zlib.pointers, reason);
  return is_open ? &zlib.functions : NULL;
}

locale_t lossctl_utf8_locale(void) { return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }
