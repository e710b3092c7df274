# SPDX-License-Identifier: BSD-3-Clause
"""The paper's CNN on MNIST: images, tensor trains, and the network as an estimator.

Convolution with a 3 x 3 x 32 kernel and stride 2, two hidden layers of 1024 units, ReLU, squared error
on one-hot targets; 28 x 28 x 1 -> 13 x 13 x 32 -> 1024 -> 1024 -> 10. The kernel and the output layer
stay dense, and count. The paper gives compression ratios, not TT-ranks or modes: W_2 is read as a tensor of
13 x 13 x 4 x 4 x 2 x 4^5, W_3 as one of 4^10, and the rank is the one that comes nearest to the row.
Needs MNIST: see sklearn_nnbcd.datasets.fetch_mnist.
"""

from typing import Any

import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import TensorTrain
from sklearn_nnbcd.datasets import fetch_mnist
from sklearn_nnbcd.initializers import Gaussian
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.solvers import FullBatch

SHAPES = ((5408, 1024), (1024, 1024))
MODES = ((13, 13, 4, 4, 2, 4, 4, 4, 4, 4), (4,) * 10)
#: compression ratio of the row -> TT-rank that comes nearest, the paper's mean and deviation of test accuracy
ROWS = {
    0.0128: (42, 0.9738, 0.0045),
    0.0370: (81, 0.9825, 0.0026),
    0.0878: (139, 0.9828, 0.0029),
    0.1784: (213, 0.9822, 0.0024),
    0.2807: (292, 0.9818, 0.0024),
    1.0000: (None, 0.9709, 0.0051),
}
#: weights of the kernel and of the output layer, which stay dense
DENSE = 9 * 32 + 1024 * 10


def images(few: int | None = None) -> tuple[np.ndarray, ...]:
    """X, y, T, t: images of (28, 28) from 0 to 1, and their digits; ``few``: that many to train on."""
    train, test = fetch_mnist(subset="train"), fetch_mnist(subset="test")
    X, T = (np.float32(part.data).reshape(-1, 28, 28) / np.float32(255) for part in (train, test))
    tested = 1000 if few is not None and few <= 2048 else None  # a trial is not to be spent on scoring
    return X[:few], np.asarray(train.target)[:few], T[:tested], np.asarray(test.target)[:tested]


def compression(ratio: float) -> list | None:
    """Tensor trains of a row, one entry a layer."""
    rank = ROWS[ratio][0]
    if rank is None:
        return None
    return [None, *(TensorTrain(rank=rank, tensor_shape=modes) for modes in MODES), None]


def network(compression: Any, solver: Any, seed: int, **parameters: Any) -> NNBCDClassifier:
    """The CNN as an estimator."""
    return NNBCDClassifier(
        layers=[Conv2D(32, 3, stride=2, padding=0), Dense(1024), Dense(1024)],
        input_shape=(28, 28, 1),
        loss="squared_error",
        compression=compression,
        solver=solver,
        random_state=seed,
        **parameters,
    )


def published(compression: Any, seed: int, accelerated: bool = False, **changes: Any) -> NNBCDClassifier:
    """The CNN by Algorithm 1 with the paper's penalties and first weights."""
    parameters = dict(rho=5.0, gamma=5.0, tau=0.1, proximal=1.0, ridge=0.0, initializer=Gaussian(0.01))
    solver = FullBatch.paper(relaxation=1.3 if accelerated else 1.0, extrapolation=accelerated, alpha_w=1.0)
    return network(compression, solver, seed, **(parameters | changes))
