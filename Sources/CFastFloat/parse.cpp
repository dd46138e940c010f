#include "CFastFloat.h"

#include <fast_float/fast_float.h>

const char *lossctl_parse_double(const char *first, const char *last, char mark, double *value) {
  const fast_float::parse_options options(fast_float::chars_format::general, mark);
  const fast_float::from_chars_result result =
      fast_float::from_chars_advanced(first, last, *value, options);
  return result.ec == std::errc::invalid_argument ? first : result.ptr;
}

int lossctl_scaled_double(uint64_t mantissa, int exponent, double *value) {
  typedef fast_float::binary_format<double> format;
  const fast_float::adjusted_mantissa result = fast_float::compute_float<format>(exponent, mantissa);
  // Between two doubles, and the digits known do not tell which is nearer.
  if (result.power2 < 0) return 0;
  fast_float::to_float(false, result, *value);
  return 1;
}
