#include "CFastFloat.h"

#include <fast_float/fast_float.h>

const char *lossctl_parse_double(const char *first, const char *last, char mark, double *value) {
  const fast_float::parse_options options(fast_float::chars_format::general, mark);
  const fast_float::from_chars_result result =
      fast_float::from_chars_advanced(first, last, *value, options);
  return result.ec == std::errc::invalid_argument ? first : result.ptr;
}
