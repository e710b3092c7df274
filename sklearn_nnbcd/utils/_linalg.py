# SPDX-License-Identifier: BSD-3-Clause
"""Symmetric positive definite systems in the array API, made of matrix products.

The hot loop must stay in one BLAS (NumPy's and SciPy's wheels bring a thread pool each, and
alternating between them makes the pools fight), and NumPy alone has neither a triangular solve nor
a symmetric inverse. A recursive inverse by Schur complements puts all but the smallest blocks into
matrix products.
"""

#: below this size the library's own inverse is faster than another level of products
_LEAF = 192


def spd_inverse(A, *, xp):
    """Inverse of a symmetric positive definite matrix.

    With ``A = [[P, Q], [Q', R]]`` and the Schur complement ``Z = R - Q' P^-1 Q``, the inverse is
    ``[[P^-1 + T Z^-1 T', -T Z^-1], [-Z^-1 T', Z^-1]]`` with ``T = P^-1 Q``.

    Parameters
    ----------
    A : array of shape (d, d)
        Symmetric positive definite; a shift against rounding is the caller's (see
        :func:`rounding_shift`).
    xp : module
        Array API namespace.

    Returns
    -------
    inverse : array of shape (d, d)
        Symmetric up to rounding, same dtype as ``A``.
    """
    d = A.shape[0]
    if d <= _LEAF:
        return xp.linalg.inv(A)
    h = d // 2
    P_inverse = spd_inverse(A[:h, :h], xp=xp)
    Q = A[:h, h:]
    T = P_inverse @ Q
    Z_inverse = spd_inverse(A[h:, h:] - Q.T @ T, xp=xp)
    TZ = T @ Z_inverse
    top = xp.concat([P_inverse + TZ @ T.T, -TZ], axis=1)
    bottom = xp.concat([-TZ.T, Z_inverse], axis=1)
    return xp.concat([top, bottom], axis=0)


def add_to_diagonal(A, value, *, xp):
    """``A + value * I`` for a square matrix; ``value`` is a Python float."""
    return A + value * xp.eye(A.shape[0], dtype=A.dtype)


def rounding_shift(A, *, xp):
    """A diagonal shift that keeps a Gram matrix positive definite in its own precision.

    The largest eigenvalue of a Gram matrix is at most its trace, and a computed one is wrong by a
    few units of rounding of that size; the shift is four such units.
    """
    return 4.0 * float(xp.finfo(A.dtype).eps) * float(xp.linalg.trace(A))
