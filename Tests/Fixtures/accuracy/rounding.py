"""Numbers as bits, and true values rounded to them: to nearest, ties to even, through subnormals
and to infinity. A negative value that underflows rounds to -0.
"""

import dataclasses
import math
import struct

import numpy as np
from mpmath import mpf


@dataclasses.dataclass(frozen=True)
class Format:
    name: str
    precision: int  # significand bits, the hidden one included
    minimum_exponent: int  # of the smallest subnormal: value = integer * 2^minimum_exponent
    maximum_exponent: int  # finite values are below 2^maximum_exponent
    numpy: type
    unpack: str
    integer: str

    def bits(self, value: float) -> str:
        """The bits of a value that the format represents."""
        packed = struct.unpack(self.integer, struct.pack(self.unpack, value))[0]
        # NaN-free, and an inexact value would be a mistake in this script.
        assert struct.unpack(self.unpack, struct.pack(self.unpack, value))[0] == value
        return f"{packed:0{struct.calcsize(self.integer) * 2}x}"


FLOAT32 = Format("float32", 24, -149, 128, np.float32, ">f", ">I")
FLOAT64 = Format("float64", 53, -1074, 1024, np.float64, ">d", ">Q")


def round_half_even(numerator: int, shift: int) -> int:
    """numerator / 2^shift to the nearest integer, ties to even."""
    quotient, remainder = numerator >> shift, numerator & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    return quotient + (remainder > half or (remainder == half and quotient & 1))


def rounded_bits(value: mpf, form: Format) -> str:
    """The bits of the format's number nearest to value."""
    sign, mantissa, exponent, bit_count = value._mpf_
    mantissa, magnitude_exponent = int(mantissa), exponent + bit_count  # 2^(m-1) <= |value| < 2^m
    if mantissa == 0:
        return form.bits(0.0)
    # The spacing of the format's numbers around value; below the normals it stays the subnormals'.
    spacing = max(magnitude_exponent - form.precision, form.minimum_exponent)
    if magnitude_exponent < form.minimum_exponent:
        steps = 0  # below half the smallest subnormal; without this the shift below is astronomic
    elif exponent >= spacing:
        steps = mantissa << (exponent - spacing)
    else:
        steps = round_half_even(mantissa, spacing - exponent)
    overflows = steps.bit_length() + spacing > form.maximum_exponent
    magnitude = math.inf if overflows else math.ldexp(steps, spacing)
    return form.bits(-magnitude if sign else magnitude)
