#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <CPlatform.h>

#include <stddef.h>
#include <stdlib.h>

#ifdef __APPLE__
const char *const lossctl_blas_file = "libopenblas.dylib";
#else
const char *const lossctl_blas_file = "libopenblas.so.0";
#endif

#define NAME(name) #name,
#define COUNT(names) (sizeof names / sizeof names[0])

static const char *const names[] = {LOSSCTL_BLAS_FUNCTIONS(NAME)};

// The structure is nothing but its pointers, in the order of the names.
static union {
  struct lossctl_blas functions;
  void *pointers[COUNT(names)];
} blas;

_Static_assert(sizeof blas.functions == sizeof blas.pointers, "one pointer a name");

const struct lossctl_blas *lossctl_open_blas(const char **reason) {
  // Before it is loaded, or it starts a thread for each processor.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  if (!lossctl_open_library(lossctl_blas_file, names, COUNT(names), blas.pointers, reason)) {
    return NULL;
  }
  blas.functions.openblas_set_num_threads(1);
  return &blas.functions;
}
