// The remainder of the bytes, read as a polynomial over GF(2) with the least significant bit of each byte
// first, times x^32, divided by P = x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5
// + x^4 + x^2 + x + 1. All values below have their bits in that reflected order.
//
// Two ways that give the same: eight tables, eight bytes a step; and, where the processor multiplies
// polynomials, folding. Folding rests on this: a block A of 128 bits that stands D bits before a block B may
// be taken away if (A x^D mod P) is added to B, as that changes the whole by a multiple of P. Splitting A
// into halves H (first) and L gives A x^D = H x^(D+64) + L x^D, two products of 64 by 32 bits.
#include "CChecksum.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0xEDB88320u

static uint32_t tables[8][256];

// Runs before main, so that no thread sees the tables half made.
__attribute__((constructor)) static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1) ^ ((rest & 1) ? POLYNOMIAL : 0);
    }
    tables[0][byte] = rest;
  }
  for (int k = 1; k < 8; ++k) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
}

// `state` is the CRC with all bits inverted, as between the steps of the division.
static uint32_t advance_by_tables(uint32_t state, const uint8_t *bytes, size_t count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    state ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    state = tables[7][state & 0xFF] ^ tables[6][(state >> 8) & 0xFF] ^ tables[5][(state >> 16) & 0xFF] ^
            tables[4][state >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
            tables[0][bytes[7]];
  }
  for (; count > 0; --count, ++bytes) {
    state = (state >> 8) ^ tables[0][(state ^ *bytes) & 0xFF];
  }
  return state;
}

uint32_t lossctl_crc32_portable(uint32_t start, const void *bytes, size_t count) {
  return ~advance_by_tables(~start, bytes, count);
}

#ifdef __x86_64__
#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

// x^(D+32) mod P and x^(D-32) mod P, reflected and shifted by one. The 32 off and the shift make up for the
// 33 bits by which the product of a reflected 64-bit and a reflected 32-bit number is out of place.
#define DISTANCE_512 _mm_set_epi64x(0x1C6E41596, 0x154442BD4)
#define DISTANCE_128 _mm_set_epi64x(0x0CCAA009E, 0x1751997D0)

FOLDING static inline __m128i fold(__m128i block, __m128i distance, __m128i onto) {
  const __m128i first = _mm_clmulepi64_si128(block, distance, 0x00);
  const __m128i second = _mm_clmulepi64_si128(block, distance, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), onto);
}

FOLDING static inline __m128i load(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

// Four blocks side by side hide the latency of the multiplication. Needs at least 64 bytes.
FOLDING static uint32_t advance_by_folding(uint32_t state, const uint8_t *bytes, size_t count) {
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)state));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  const __m128i far = DISTANCE_512, near = DISTANCE_128;
  for (bytes += 64, count -= 64; count >= 64; bytes += 64, count -= 64) {
    a = fold(a, far, load(bytes));
    b = fold(b, far, load(bytes + 16));
    c = fold(c, far, load(bytes + 32));
    d = fold(d, far, load(bytes + 48));
  }
  __m128i all = fold(fold(fold(a, near, b), near, c), near, d);
  for (; count >= 16; bytes += 16, count -= 16) {
    all = fold(all, near, load(bytes));
  }
  uint8_t last[16];
  memcpy(last, &all, sizeof last);
  return advance_by_tables(advance_by_tables(0, last, sizeof last), bytes, count);
}

static bool can_fold(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

uint32_t lossctl_crc32(uint32_t start, const void *bytes, size_t count) {
  if (count >= 64 && can_fold()) {
    return ~advance_by_folding(~start, bytes, count);
  }
  return lossctl_crc32_portable(start, bytes, count);
}
#else
uint32_t lossctl_crc32(uint32_t start, const void *bytes, size_t count) {
  return lossctl_crc32_portable(start, bytes, count);
}
#endif

// The product of two polynomials modulo P. The highest bit is that of x^0.
static uint32_t multiply(uint32_t first, uint32_t second) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    product ^= (first & bit) ? second : 0;
    second = (second >> 1) ^ ((second & 1) ? POLYNOMIAL : 0);
  }
  return product;
}

// `count` more bytes behind those of a CRC multiply it by x^(8 count), and what they are is added.
uint32_t lossctl_crc32_joined(uint32_t first, uint32_t second, size_t count) {
  uint32_t factor = 1u << 31;
  for (uint32_t power = 1u << 23; count != 0; count >>= 1, power = multiply(power, power)) {
    factor = (count & 1) ? multiply(factor, power) : factor;
  }
  return multiply(first, factor) ^ second;
}

struct part {
  pthread_t thread;
  bool is_running;
  const uint8_t *bytes;
  size_t count;
  uint32_t result;
};

static void *compute_part(void *argument) {
  struct part *part = argument;
  part->result = lossctl_crc32(0, part->bytes, part->count);
  return NULL;
}

#define MOST_PARTS 16
// A thread takes some ten microseconds to start; so many bytes take a hundred.
#define LEAST_BYTES ((size_t)1 << 20)

uint32_t lossctl_crc32_threaded(const void *bytes, size_t count, int threads) {
  size_t part_count = threads < 1 ? 1 : threads > MOST_PARTS ? MOST_PARTS : (size_t)threads;
  if (part_count > count / LEAST_BYTES) {
    part_count = count / LEAST_BYTES > 1 ? count / LEAST_BYTES : 1;
  }
  struct part parts[MOST_PARTS];
  const size_t length = count / part_count;
  for (size_t k = 0; k < part_count; ++k) {
    parts[k].bytes = (const uint8_t *)bytes + k * length;
    parts[k].count = k + 1 < part_count ? length : count - k * length;
    // The last part is for this thread.
    parts[k].is_running =
        k + 1 < part_count && pthread_create(&parts[k].thread, NULL, compute_part, &parts[k]) == 0;
  }
  uint32_t result = 0;
  for (size_t k = 0; k < part_count; ++k) {
    if (!parts[k].is_running) {
      compute_part(&parts[k]);
    }
  }
  for (size_t k = 0; k < part_count; ++k) {
    if (parts[k].is_running) {
      pthread_join(parts[k].thread, NULL);
    }
    result = lossctl_crc32_joined(result, parts[k].result, parts[k].count);
  }
  return result;
}
