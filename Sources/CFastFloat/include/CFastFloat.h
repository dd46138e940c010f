#ifndef LOSSCTL_CFASTFLOAT_H
#define LOSSCTL_CFASTFLOAT_H

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

#ifdef __cplusplus
}
#endif

#endif
