# SPDX-License-Identifier: BSD-3-Clause
"""Whether this machine has a GPU that CuPy can use."""


def has_gpu():
    """Whether CuPy can make an array."""
    try:
        import cupy

        cupy.zeros(1)
    except Exception:
        return False
    return True
