# SPDX-License-Identifier: BSD-3-Clause
"""Which entries of sparse weights lie on a path from input to output."""


def count_live_entries(masks, *, xp):
    """Number of True entries on some path of True entries through all the matrices.

    Parameters
    ----------
    masks : list of boolean arrays of shape (d_{i-1}, d_i)
    xp : module
        Array API namespace.

    Returns
    -------
    count : int
    """
    reached = [xp.ones(masks[0].shape[0], dtype=xp.bool)]
    for mask in masks:
        reached.append(xp.any(xp.logical_and(mask, reached[-1][:, None]), axis=0))
    useful = xp.ones(masks[-1].shape[1], dtype=xp.bool)
    count = 0
    for mask, source in zip(reversed(masks), reversed(reached[:-1]), strict=True):
        live = xp.logical_and(xp.logical_and(mask, source[:, None]), useful[None, :])
        count += int(xp.sum(xp.astype(live, xp.int64)))
        useful = xp.any(live, axis=1)
    return count
