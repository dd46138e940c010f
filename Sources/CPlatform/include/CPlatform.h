#ifndef LOSSCTL_CPLATFORM_H
#define LOSSCTL_CPLATFORM_H

#include <stdbool.h>
#include <stddef.h>

/// How many processors this process may run on: its affinity mask on Linux, else the processors online.
int lossctl_processor_count(void);

/// The x86-64 level the processor and the system support: 4 (AVX-512), 3 (AVX2 and FMA), else 1; 0 on other
/// processors.
int lossctl_x86_level(void);

/// Opens a file without a name in `directory`, which vanishes with its descriptor unless it is linked.
///
/// - Returns: a descriptor for writing, or -1 with `errno` set; `ENOTSUP` where the system or the file
///   system has no such files.
int lossctl_open_unnamed(const char *directory, unsigned mode);

/// Gives the unnamed file a name. The name must not exist.
///
/// - Returns: 0, or -1 with `errno` set.
int lossctl_link_unnamed(int descriptor, const char *path);

/// Makes room for `size` bytes in a file, which then has that size.
///
/// - Returns: 0, or -1 with `errno` set; many file systems cannot do it.
int lossctl_reserve(int descriptor, long long size);

/// Opens the library in `file` and looks up `count` names, one pointer for each in `functions`.
///
/// - Returns: whether it has all of them; else `reason` is a text that lasts until the next call.
bool lossctl_open_library(
    const char *file, const char *const *names, size_t count, void **functions, const char **reason);

#endif
