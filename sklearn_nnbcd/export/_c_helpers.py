# SPDX-License-Identifier: BSD-3-Clause
"""Functions of C99 that generated networks call; a file gets those that it uses."""

from __future__ import annotations

#: name -> (names that it needs, text); NAME becomes the network's name, SCORE the type of scores
HELPERS: dict[str, tuple[tuple[str, ...], str]] = {}


def helper(name: str, text: str, *needs: str) -> None:
    """Put a function into the table."""
    HELPERS[name] = (needs, text.strip("\n"))


def helpers_for(names: set[str], name: str, score_type: str) -> list[str]:
    """Texts of the functions and of what they need, in an order in which they compile."""
    chosen: list[str] = []

    def visit(key: str) -> None:
        needs, text = HELPERS[key]
        for other in needs:
            visit(other)
        if text not in chosen:
            chosen.append(text)

    for key in HELPERS:
        if key in names:
            visit(key)
    return [text.replace("NAME", name).replace("SCORE", score_type) for text in chosen]


helper(
    "product",
    """
/* out = b + v W for each of `rows` rows; w holds the columns of W one after the other, b may be null */
static void NAME_product(const float *v, const float *w, const float *b, float *out, int rows, int n_in,
                         int n_out)
{
    int r, i, j;
    for (r = 0; r < rows; ++r, v += n_in) {
        const float *column = w;
        for (j = 0; j < n_out; ++j, column += n_in) {
            float sum = b ? b[j] : 0.0f;
            for (i = 0; i < n_in; ++i)
                sum += v[i] * column[i];
            *out++ = sum;
        }
    }
}
""",
)
helper(
    "mode_product",
    """
/* products along the middle axis of blocks (n_in, after); block k meets matrix k modulo `groups` */
static void NAME_mode_product(const float *v, const float *w, float *out, int blocks, int groups, int n_in,
                              int n_out, int after)
{
    int k, i, j, a;
    for (k = 0; k < blocks; ++k, v += n_in * after) {
        const float *column = w + (k % groups) * n_in * n_out;
        for (j = 0; j < n_out; ++j, column += n_in)
            for (a = 0; a < after; ++a) {
                float sum = 0.0f;
                for (i = 0; i < n_in; ++i)
                    sum += v[i * after + a] * column[i];
                *out++ = sum;
            }
    }
}
""",
)
helper(
    "cut",
    """
/* the patch of an image (height, width, channels) whose first pixel is (top, left); zeros outside */
static void NAME_cut(const float *image, float *patch, int height, int width, int channels, int top, int left,
                     int patch_height, int patch_width)
{
    int i, j, c;
    for (i = top; i < top + patch_height; ++i)
        for (j = left; j < left + patch_width; ++j) {
            int inside = i >= 0 && i < height && j >= 0 && j < width;
            for (c = 0; c < channels; ++c)
                *patch++ = inside ? image[(i * width + j) * channels + c] : 0.0f;
        }
}
""",
)
helper(
    "pool",
    """
/* means over windows of an image, channel by channel */
static void NAME_pool(const float *image, float *out, int width, int channels, int rows, int columns,
                      int down, int right, int high, int wide)
{
    int r, s, c, i, j;
    for (r = 0; r < rows; ++r)
        for (s = 0; s < columns; ++s)
            for (c = 0; c < channels; ++c) {
                float sum = 0.0f;
                for (i = 0; i < high; ++i)
                    for (j = 0; j < wide; ++j)
                        sum += image[((r * down + i) * width + s * right + j) * channels + c];
                *out++ = sum / (float)(high * wide);
            }
}
""",
)
helper(
    "sigmoid",
    """
static float NAME_sigmoid(float v)
{
    float e = expf(v < 0.0f ? v : -v);
    return (v < 0.0f ? e : 1.0f) / (1.0f + e);
}
""",
)
helper(
    "power",
    """
/* 2^k of a normal number, by its exponent */
static float NAME_power(int k)
{
    union { uint32_t bits; float number; } power;
    power.bits = (uint32_t)(127 + k) << 23;
    return power.number;
}
""",
)
helper(
    "softplus",
    """
static float NAME_softplus(float v)
{
    return (v > 0.0f ? v : 0.0f) + log1pf(expf(v < 0.0f ? v : -v));
}
""",
)
helper(
    "exp",
    """
/* exp, and its tangent beyond `top` */
static float NAME_exp(float v, float top)
{
    return v > top ? expf(top) * (1.0f + v - top) : expf(v);
}
""",
)
helper(
    "normalise",
    """
static void NAME_normalise(float *v, int n)
{
    int i;
    float sum = 0.0f;
    for (i = 0; i < n; ++i)
        sum += v[i];
    for (i = 0; i < n; ++i)
        v[i] /= sum;
}
""",
)
helper(
    "softmax",
    """
static void NAME_softmax(float *v, int n)
{
    int i;
    float top = v[0];
    for (i = 1; i < n; ++i)
        if (v[i] > top)
            top = v[i];
    for (i = 0; i < n; ++i)
        v[i] = expf(v[i] - top);
    NAME_normalise(v, n);
}
""",
    "normalise",
)
helper(
    "simplex",
    """
/* the nearest probability vector: max(v - t, 0); t rises until the entries above it sum to 1 + count t */
static void NAME_simplex(float *v, int n)
{
    int i, above = n, count = 0;
    float t = 0.0f, sum = 0.0f, top = v[0];
    for (i = 1; i < n; ++i)
        if (v[i] > top)
            top = v[i];
    for (i = 0; i < n; ++i)
        sum += v[i] -= top; /* the largest entry is 0 and t < 0: it stays above */
    while (count != above) {
        t = (sum - 1.0f) / (float)above;
        count = above;
        sum = 0.0f;
        above = 0;
        for (i = 0; i < n; ++i)
            if (v[i] > t) {
                sum += v[i];
                ++above;
            }
    }
    for (i = 0; i < n; ++i)
        v[i] = v[i] > t ? v[i] - t : 0.0f;
    NAME_normalise(v, n);
}
""",
    "normalise",
)
helper(
    "argmax",
    """
static int NAME_argmax(const SCORE *v, int n)
{
    int i, best = 0;
    for (i = 1; i < n; ++i)
        if (v[i] > v[best])
            best = i;
    return best;
}
""",
)
