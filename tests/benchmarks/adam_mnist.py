# SPDX-License-Identifier: BSD-3-Clause
"""MNIST pixels, MLP (512, 512), dense and at rank 16: mini-batch BCD beside Adam.

    python tests/benchmarks/adam_mnist.py [dense|rank16] [--seeds 2]

Needs the extra ``bench`` (PyTorch) and the MNIST data.
"""

from race import adam_family, load, main

HIDDEN = (512, 512)
RACES = {
    "dense": (
        {
            "mini-batch BCD": dict(hidden=HIDDEN, batch=512, passes=6, parts=4),
            "mini-batch BCD, 3 passes": dict(hidden=HIDDEN, batch=512, passes=3, parts=4),
            "mini-batch BCD, 1 pass": dict(hidden=HIDDEN, batch=512, passes=1, parts=4),
        },
        adam_family(HIDDEN, passes=10, batch=256, parts=4)
        | adam_family(HIDDEN, passes=2, batch=256, parts=4, falling=True),
        (0.97, 0.975, 0.98, 0.983),
    ),
    "rank16": (
        {"mini-batch BCD rank 16": dict(hidden=HIDDEN, batch=512, passes=6, rank=16, parts=4)},
        adam_family(HIDDEN, passes=10, batch=256, rank=16, parts=4),
        (0.96, 0.965, 0.97, 0.976),
    ),
}

if __name__ == "__main__":
    main("mnist", lambda seed: load("mnist"), RACES)
