# SPDX-License-Identifier: BSD-3-Clause
"""Functions of C99 for integer networks, made for the types that a network has."""

from __future__ import annotations

from functools import reduce

from ..integers._bent import POLYNOMIAL
from ._c_interface import File

#: what a dot product does where the processor multiplies two pairs of int16 in one instruction
_SIMD = {
    ("int8_t", "int8_t"): """    for (; n >= 4; n -= 4, v += 4, w += 4) {
        uint32_t a, b;
        memcpy(&a, v, 4);
        memcpy(&b, w, 4);
        sum = __smlad(__sxtb16((int8x4_t)a), __sxtb16((int8x4_t)b), sum);
        sum = __smlad(__sxtb16((int8x4_t)(a >> 8)), __sxtb16((int8x4_t)(b >> 8)), sum);
    }""",
    ("int16_t", "int16_t"): """    for (; n >= 2; n -= 2, v += 2, w += 2) {
        uint32_t a, b;
        memcpy(&a, v, 4);
        memcpy(&b, w, 4);
        sum = __smlad((int16x2_t)a, (int16x2_t)b, sum);
    }""",
}
_DOT = """static int32_t %(f)s(const %(v)s *v, const %(w)s *w, int32_t sum, int n)
{
%(simd)s    for (; n > 3; n -= 4, v += 4, w += 4)
        sum += v[0] * w[0] + v[1] * w[1] + v[2] * w[2] + v[3] * w[3];
    for (; n > 0; --n)
        sum += *v++ * *w++;
    return sum;
}"""
_DOT_4 = """/* two weights of four bits in a byte, the first one in the low half; an odd last one alone */
static int32_t %(f)s(const %(v)s *v, const uint8_t *w, int32_t sum, int n)
{
    for (; n > 1; n -= 2, v += 2, ++w)
        sum += v[0] * ((int8_t)(*w << 4) >> 4) + v[1] * ((int8_t)*w >> 4);
    return n > 0 ? sum + v[0] * ((int8_t)(*w << 4) >> 4) : sum;
}"""
_ROUND = """/* sum * multiplier / 2^shift to the nearest integer, halves up, plus zero, within [low, high] */
static int32_t %(f)s(int32_t sum, int32_t multiplier, const int32_t *r)
{
    int32_t v = (int32_t)(((int64_t)sum * multiplier + ((int64_t)1 << r[0] >> 1)) >> r[0]) + r[1];
    return v < r[2] ? r[2] : v > r[3] ? r[3] : v;
}"""
_PRODUCT = """/* bias + v W for each of `rows` rows, rounded; w holds the columns of W one after the other */
static void %(f)s(const %(v)s *v, const %(w)s *w, const %(b)s *bias, const uint16_t *multiplier,
    const int32_t *r, %(o)s *out, int rows, int n_in, int n_out)
{
    int j;
    for (; rows > 0; --rows, v += n_in) {
        const %(w)s *column = w;
        for (j = 0; j < n_out; ++j, column += %(stride)s)
            *out++ = (%(o)s)%(round)s(%(dot)s(v, column, bias[j], n_in), multiplier[j], r);
    }
}"""
_MODE_PRODUCT = """
/* products along the middle axis of blocks (n_in, after), rounded; block k meets matrix k modulo groups */
static void %(f)s(const %(v)s *v, const %(w)s *w, const %(b)s *bias, const uint16_t *multiplier,
    const int32_t *r, %(o)s *out, int blocks, int groups, int n_in, int n_out, int after)
{
    int k, i, j, a;
    for (k = 0; k < blocks; ++k, v += n_in * after)
        for (j = (k %% groups) * n_out; j < (k %% groups + 1) * n_out; ++j)
            for (a = 0; a < after; ++a) {
                int32_t sum = bias[j];
                for (i = 0; i < n_in; ++i)
                    sum += v[i * after + a] * w[j * n_in + i];
                *out++ = (%(o)s)%(round)s(sum, multiplier[j], r);
            }
}"""
_ROUND_ALL = """static void %(f)s(const int32_t *sums, const uint16_t *multiplier, const int32_t *r,
    %(o)s *out, int rows, int n)
{
    int j;
    for (; rows > 0; --rows)
        for (j = 0; j < n; ++j)
            *out++ = (%(o)s)%(round)s(*sums++, multiplier[j], r);
}"""
_TABLE = """/* a function of int16, linear between the entries of a table that are 2^spacing apart */
static void %(f)s(const int16_t *v, const int16_t *table, %(o)s *out, int n, int spacing, int shift,
    int32_t low, int32_t high)
{
    for (; n > 0; --n) {
        int32_t t = *v++ + 32768, k = t >> spacing, f = t & ((1 << spacing) - 1);
        int32_t y = (table[k] * ((1 << spacing) - f) + table[k + 1] * f + (1 << (shift - 1))) >> shift;
        *out++ = (%(o)s)(y < low ? low : y > high ? high : y);
    }
}"""
_CUT = """
/* the patch of an image (height, width, channels) whose first pixel is (top, left); `zero` outside */
static void %(f)s(const %(v)s *image, %(v)s *patch, int height, int width, int channels, int top, int left,
    int patch_height, int patch_width, int zero)
{
    int i, j, c;
    for (i = top; i < top + patch_height; ++i)
        for (j = left; j < left + patch_width; ++j) {
            int inside = i >= 0 && i < height && j >= 0 && j < width;
            for (c = 0; c < channels; ++c)
                *patch++ = inside ? image[(i * width + j) * channels + c] : (%(v)s)zero;
        }
}"""
_POOL = """/* means over windows of an image, channel by channel, rounded */
static void %(f)s(const %(v)s *image, %(v)s *out, int width, int channels, int rows, int columns, int down,
    int right, int high, int wide, int32_t multiplier, const int32_t *r)
{
    int p, q, c, i, j;
    for (p = 0; p < rows; ++p)
        for (q = 0; q < columns; ++q)
            for (c = 0; c < channels; ++c) {
                int32_t sum = 0;
                for (i = 0; i < high; ++i)
                    for (j = 0; j < wide; ++j)
                        sum += image[((p * down + i) * width + q * right + j) * channels + c];
                *out++ = (%(v)s)%(round)s(sum, multiplier, r);
            }
}"""
_QUANTISE = """/* a number as an integer; the store keeps a compiler from joining two roundings into one */
static int32_t %(f)s(float x, float origin, float factor, int32_t zero, int32_t low, int32_t high)
{
    volatile float scaled = (x - origin) * factor;
    float t = scaled, least = (float)(low - zero), most = (float)(high - zero);
    int32_t n;
    if (!(t > least))
        return low;
    if (!(t < most))
        return high;
    t += 0.5f;
    n = (int32_t)t;
    return n - ((float)n > t) + zero;
}"""
_ROOT = """/* the root of v >= 1, rounded to nearest; libm's would bring errno, a kilobyte on small chips */
#if defined(__GNUC__) && defined(__ARM_FP) && (__ARM_FP & 4)
static float %(f)s(float v)
{
    __asm__("vsqrt.f32 %%0, %%1" : "=t"(v) : "t"(v));
    return v;
}
#else
static float %(f)s(float v)
{
    union { float number; uint32_t bits; } x;
    uint32_t rest, twice = 0, root = 0, digit;
    int exponent;
    x.number = v;
    if (x.bits >= 0x7f800000u) /* infinite */
        return v;
    exponent = (int)(x.bits >> 23) - 127;
    rest = ((x.bits & 0x7fffffu) | 0x800000u) << (1 + (exponent & 1));
    for (digit = 1u << 24; digit; digit >>= 1, rest <<= 1)
        if (twice + digit <= rest) {
            rest -= twice + digit;
            twice += 2 * digit;
            root += digit;
        }
    root += rest ? root & 1 : 0; /* one digit more than a float has */
    x.bits = (root >> 1) + 0x3f000000u + ((uint32_t)(exponent >> 1) << 23);
    return x.number;
}
#endif
"""
_ARC = """/* asinh((x - centre) * slope) / log(2) in units of 2^-16; roundings are the same everywhere */
static float %(f)s(float x, float centre, float slope)
{
    volatile float t = (x - centre) * slope, square = t * t, u;
    union { float number; uint32_t bits; } size;
    int32_t z, p;
    if (t != t)
        return t;
    u = %(root)s(1.0f + square) + (t < 0.0f ? -t : t);
    size.number = u;
    z = (int32_t)(size.bits & 0x7fffff) >> 7;
    p = %(polynomial)s;
    p = ((int32_t)(size.bits >> 23) - 127) * 65536 + z + (((z * (65536 - z)) >> 16) * p >> 16);
    return t < 0.0f ? -(float)p : (float)p;
}"""
TEXTS = {
    "arc": _ARC,
    "root": _ROOT,
    "product": _PRODUCT,
    "mode_product": _MODE_PRODUCT,
    "round_all": _ROUND_ALL,
    "table": _TABLE,
    "cut": _CUT,
    "pool": _POOL,
    "quantise_one": _QUANTISE,
    "round": _ROUND,
}


def short(kind: str) -> str:
    """A type in names: int16_t is 16; uint8_t holds two weights of 4 bits."""
    return "4" if kind == "uint8_t" else kind.removeprefix("int").removesuffix("_t")


def helper(file: File, key: str, *, v: str = "", w: str = "", o: str = "", b: str = "") -> str:
    """The name of a function for inputs v, weights w, results o and biases b; it is then part of the file.

    Biases of a file are of one type, which is no part of the name.
    """
    name = "_".join([file.name, key, *(short(kind) for kind in (v, w, o) if kind)])
    if name not in file.own_helpers:
        values = {"f": name, "v": v, "w": w, "o": o, "b": b}
        values["stride"] = "(n_in + 1) / 2" if w == "uint8_t" else "n_in"
        values["polynomial"] = reduce(
            lambda text, c: f"{c} + (({text}) * z >> 16)", reversed(POLYNOMIAL[:-1]), str(POLYNOMIAL[-1])
        )
        if "%(round)s" in TEXTS[key]:
            values["round"] = helper(file, "round")
        if "%(root)s" in TEXTS[key]:
            values["root"] = helper(file, "root")
        if "%(dot)s" in TEXTS[key]:
            values["dot"] = _dot(file, v, w)
        file.own_helpers[name] = TEXTS[key].strip() % values
    return name


def _dot(file: File, v: str, w: str) -> str:
    """The name of the dot product of two types."""
    name = f"{file.name}_dot_{short(v)}_{short(w)}"
    if w == "uint8_t":
        file.own_helpers[name] = _DOT_4 % {"f": name, "v": v}
        return name
    simd = _SIMD.get((v, w))
    if simd is not None:
        file.simd = True
        simd = f"#ifdef {file.name.upper()}_SIMD\n{simd}\n#endif\n"
    file.own_helpers[name] = _DOT % {"f": name, "v": v, "w": w, "simd": simd or ""}
    return name
