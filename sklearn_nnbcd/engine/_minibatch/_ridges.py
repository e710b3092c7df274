# SPDX-License-Identifier: BSD-3-Clause
"""The ridges that a mini-batch fit starts from."""

from .._state import Problem


def prior_ridges(problem: Problem) -> tuple:
    """delta_i that draws like those of He et al. ask for, d_{i-1} / 2; entry 0 is None."""
    shapes = [layer.weight_shape(layer.input_shape_) for layer in problem.layers[1:]]
    return (None, *(0.5 * shape[0] for shape in shapes))


def first_ridges(problem: Problem) -> tuple:
    """The ridges of the first batches; those that are given stay. Entry 0 is None."""
    given = problem.penalties.ridge
    if given is None:
        return prior_ridges(problem)
    return (None, *[given] * problem.N)
