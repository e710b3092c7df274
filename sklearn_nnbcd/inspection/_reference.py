# SPDX-License-Identifier: BSD-3-Clause
"""Dense weights beside which the compressed ones are looked at."""

from collections.abc import Sequence


def check_reference(reference: Sequence, coefs: Sequence, owner: str) -> None:
    """Raise ValueError unless there is an array of the right shape for each weight."""
    given = [tuple(getattr(W, "shape", ())) for W in reference]
    shapes = [tuple(coef.shape) for coef in coefs]
    if given != shapes:
        raise ValueError(
            f"The 'reference' of {owner} must be a list of arrays of shapes {shapes}. Got shapes {given}. "
            "Pass coefs_ of a network of the same layers, or None."
        )
