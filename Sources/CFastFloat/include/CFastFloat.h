#ifndef LOSSCTL_CFASTFLOAT_H
#define LOSSCTL_CFASTFLOAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Parses the longest decimal number at `first`, correctly rounded to nearest, ties to even.
///
/// Accepts an optional `-`, decimal digits with an optional `mark` among them (a point or a comma) and an
/// optional exponent, and `nan`, `inf` and `infinity` in any case; no `+`, no blanks, no hexadecimal. The
/// caller checks what stands around it.
///
/// - Returns: the first byte after the number, or `first` where there is none. A magnitude beyond the
///   range of double gives an infinity, one below it a zero.
const char *lossctl_parse_double(const char *first, const char *last, char mark,
                                 double *value);

/// `mantissa` times ten to the power of `exponent`, correctly rounded to nearest, ties to even.
///
/// - Returns: whether `value` was set; where it was not, its digits have to be parsed.
int lossctl_scaled_double(uint64_t mantissa, int exponent, double *value);

#ifdef __cplusplus
}
#endif

/// Ten to the power of 0 to 8, as an integer. Here, since Swift has no table without a check and a count
/// of its users.
static inline uint64_t lossctl_integer_power_of_ten(unsigned exponent) {
  static const uint64_t powers[] = {1,      10,      100,      1000,     10000,
                                    100000, 1000000, 10000000, 100000000};
  return powers[exponent];
}

/// Ten to the power of 0 to 22: those that a double holds exactly.
static inline double lossctl_power_of_ten(unsigned exponent) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  return powers[exponent];
}

#endif
