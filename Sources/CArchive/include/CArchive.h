#ifndef LOSSCTL_CARCHIVE_H
#define LOSSCTL_CARCHIVE_H

// libarchive and zlib, opened when a file needs them: with the libraries it uses, libarchive would add fifteen
// to every start. Their headers give the types, so that the compiler checks each call.
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <zlib.h>

#define LOSSCTL_ARCHIVE_FUNCTIONS(F)                                                                     \
  F(archive_read_new) F(archive_read_free) F(archive_error_string)                                       \
  F(archive_read_support_format_zip_seekable) F(archive_read_support_format_tar)                         \
  F(archive_read_support_format_raw) F(archive_read_support_filter_zstd) F(archive_read_support_filter_xz) \
  F(archive_read_support_filter_bzip2) F(archive_read_support_filter_lz4) F(archive_filter_count)        \
  F(archive_read_set_options) F(archive_read_open) F(archive_read_open_memory)                           \
  F(archive_read_next_header) F(archive_read_data)                       \
  F(archive_read_data_block) F(archive_filter_bytes) F(archive_entry_pathname) F(archive_entry_hardlink)                         \
  F(archive_entry_filetype) F(archive_entry_size_is_set) F(archive_entry_size)

#define LOSSCTL_ZLIB_FUNCTIONS(F) F(inflateInit2_) F(inflate) F(inflateReset) F(inflateEnd) F(zlibVersion)

#define LOSSCTL_FUNCTION(name) __typeof__(name) *_Nonnull name;

/// The functions of libarchive that lossctl calls, by their own names.
struct lossctl_archive_library {
  LOSSCTL_ARCHIVE_FUNCTIONS(LOSSCTL_FUNCTION)
};

/// The functions of zlib that lossctl calls, by their own names.
struct lossctl_zlib {
  LOSSCTL_ZLIB_FUNCTIONS(LOSSCTL_FUNCTION)
};

/// The files that hold the libraries.
extern const char *_Nonnull const lossctl_archive_library_file;
extern const char *_Nonnull const lossctl_zlib_file;

/// Opens libarchive, once and for good. Not for two threads at a time.
///
/// - Returns: its functions, or null with `reason` set to a text that lasts until the next call.
const struct lossctl_archive_library *_Nullable lossctl_open_archive_library(
    const char *_Nullable *_Nonnull reason);

/// The same for zlib.
const struct lossctl_zlib *_Nullable lossctl_open_zlib(const char *_Nullable *_Nonnull reason);

/// A locale in which libarchive reads names as UTF-8, for `uselocale`; null where the system has none.
locale_t _Nullable lossctl_utf8_locale(void);

#endif
