# SPDX-License-Identifier: BSD-3-Clause
"""Digits, (256, 256), dense and at rank 16: mini-batch BCD beside Adam and MLPClassifier.

    python tests/benchmarks/adam_digits.py [dense|rank16] [--seeds 5]

Seeds are also the 70/30 splits. Needs the extra ``bench`` (PyTorch). The last lines time whole
fits: the estimator at rank 16 with its own defaults beside ``MLPClassifier((256, 256))`` with its.
"""

import time

import numpy as np
from race import adam_family, load, main, mlp_family

HIDDEN = (256, 256)
RACES = {
    "dense": (
        {"mini-batch BCD": dict(hidden=HIDDEN, batch=64, passes=15)},
        adam_family(HIDDEN, passes=40, batch=64) | mlp_family(HIDDEN, passes=60),
        (0.96, 0.97, 0.98),
    ),
    "rank16": (
        {"mini-batch BCD rank 16": dict(hidden=HIDDEN, batch=64, passes=15, rank=16)},
        adam_family(HIDDEN, passes=60, batch=64, rank=16),
        (0.96, 0.97, 0.98),
    ),
}


def default_fits(splits=5):
    """Score and seconds of whole fits of both estimators, as a user writes them."""
    from sklearn.neural_network import MLPClassifier

    from sklearn_nnbcd import NNBCDClassifier

    models = {
        "NNBCDClassifier rank 16": lambda s: NNBCDClassifier(
            HIDDEN, compression="low_rank", rank=16, random_state=s
        ),
        "NNBCDClassifier rank 16, 15 passes": lambda s: NNBCDClassifier(
            HIDDEN, compression="low_rank", rank=16, max_iter=15, random_state=s
        ),
        "MLPClassifier": lambda s: MLPClassifier(HIDDEN, random_state=s),
    }
    results = {name: [] for name in models}
    for seed in range(splits):
        X, y, T, t = load("digits", seed=seed)
        for name, make in models.items():
            start, cpu = time.perf_counter(), time.process_time()
            model = make(seed).fit(X, y)
            seconds = time.perf_counter() - start, time.process_time() - cpu
            results[name].append((model.score(T, t), *seconds))
    for name, rows in results.items():
        score, wall, cpu = np.mean([r[0] for r in rows]), *np.median(rows, axis=0)[1:]
        print(f"whole fit, {name}: mean score {score:.4f}, {wall:.2f} s, processor {cpu:.2f} s")


if __name__ == "__main__":
    main("digits", lambda seed: load("digits", seed=seed), RACES)
    default_fits()
