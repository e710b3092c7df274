# SPDX-License-Identifier: BSD-3-Clause
"""Tensor trains in the array API: reconstruction and the monotone core-wise fit."""


def contract_cores(cores, *, xp):
    """Product of consecutive TT-cores as a matrix of shape (r_0 n_1 ... n_d, r_d)."""
    product = xp.reshape(cores[0], (-1, cores[0].shape[2]))
    for core in cores[1:]:
        rank, mode, after = core.shape
        product = xp.reshape(product @ xp.reshape(core, (rank, mode * after)), (-1, after))
    return product


def tt_to_tensor(cores, *, xp):
    """The full tensor of TT-cores."""
    return xp.reshape(contract_cores(cores, xp=xp), tuple(core.shape[1] for core in cores))


def right_orthogonalise(cores, *, xp):
    """The same tensor with orthonormal rows in all cores but the first, by QR from the right."""
    cores = list(cores)
    for k in range(len(cores) - 1, 0, -1):
        left, mode, right = cores[k].shape
        Q, R = xp.linalg.qr(xp.reshape(cores[k], (left, mode * right)).T)
        cores[k] = xp.reshape(Q.T, (Q.shape[1], mode, right))
        before = cores[k - 1]
        merged = xp.reshape(before, (-1, left)) @ R.T
        cores[k - 1] = xp.reshape(merged, (before.shape[0], before.shape[1], Q.shape[1]))
    return cores


def sweep_cores(tensor, cores, *, xp):
    """One pass of core-wise least squares fits, first core to last, starting from the given cores.

    Every core is the exact minimiser of ||tensor - TT(cores)||^2 with the others fixed, so the
    error never rises. Orthogonal interfaces turn each least squares problem into one product, and
    no SVD of a large unfolding is needed.

    Parameters
    ----------
    tensor : array of shape (n_1, ..., n_d)
    cores : sequence of arrays of shape (r_{k-1}, n_k, r_k)
        Start; ranks must be feasible (no rank above either side of its unfolding).
    xp : module
        Array API namespace.

    Returns
    -------
    cores : list of arrays
        New cores, all but the last with orthonormal columns.
    """
    cores = right_orthogonalise(cores, xp=xp)
    rights = [None] * len(cores)
    right = xp.ones((1, 1), dtype=tensor.dtype)
    for k in range(len(cores) - 1, 0, -1):
        rank, mode, after = cores[k].shape
        right = xp.reshape(xp.reshape(cores[k], (rank * mode, after)) @ right, (rank, -1))
        rights[k] = right
    rest = xp.reshape(tensor, (1, -1))
    for k in range(len(cores) - 1):
        rank, mode, after = cores[k].shape
        unfolding = xp.reshape(rest, (rank * mode, -1))
        Q, _ = xp.linalg.qr(unfolding @ rights[k + 1].T)
        cores[k] = xp.reshape(Q, (rank, mode, after))
        rest = Q.T @ unfolding
    rank, mode, _ = cores[-1].shape
    cores[-1] = xp.reshape(rest, (rank, mode, 1))
    return cores
