#ifndef LOSSCTL_COPENBLAS_H
#define LOSSCTL_COPENBLAS_H

// OpenBLAS, opened when a loss needs products of matrices: it takes 20 ms to load. Its header gives the types, so
// that the compiler checks each call.
#include <cblas.h>

#define LOSSCTL_BLAS_FUNCTIONS(F) F(cblas_sgemm) F(cblas_dgemm) F(openblas_set_num_threads)

#define LOSSCTL_BLAS_FUNCTION(name) __typeof__(name) *_Nonnull name;

/// The functions of OpenBLAS that lossctl calls, by their own names.
struct lossctl_blas {
  LOSSCTL_BLAS_FUNCTIONS(LOSSCTL_BLAS_FUNCTION)
};

/// The file that holds the library.
extern const char *_Nonnull const lossctl_blas_file;

/// Opens OpenBLAS, once and for good, with one thread for each call: lossctl's own threads share the work. Not for
/// two threads at a time, nor while another reads the environment.
///
/// - Returns: its functions, or null with `reason` set to a text that lasts until the next call.
const struct lossctl_blas *_Nullable lossctl_open_blas(const char *_Nullable *_Nonnull reason);

#endif
