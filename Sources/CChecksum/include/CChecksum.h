#ifndef LOSSCTL_CCHECKSUM_H
#define LOSSCTL_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32 of zip and gzip (polynomial 0x04C11DB7, reflected) of `count` bytes.
///
/// - Parameter start: the CRC of what stands before them; 0 for nothing.
uint32_t lossctl_crc32(uint32_t start, const void *_Nullable bytes, size_t count);

/// The same without instructions a processor may lack; `lossctl_crc32` picks by itself, tests compare.
uint32_t lossctl_crc32_portable(uint32_t start, const void *_Nullable bytes, size_t count);

/// The CRC of bytes with the CRC `first` and, behind them, `count` bytes with the CRC `second`.
uint32_t lossctl_crc32_joined(uint32_t first, uint32_t second, size_t count);

/// The CRC of `count` bytes, computed by as many threads as are given and worth it.
uint32_t lossctl_crc32_threaded(const void *_Nullable bytes, size_t count, int threads);

#endif
