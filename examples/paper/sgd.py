# SPDX-License-Identifier: BSD-3-Clause
"""Networks of factored layers trained by gradients in PyTorch (extra `bench`): the rivals of Tables 2 and 4.

A layer holds the factors of its weight, read as a tensor, in place of the weight: tensor trains, Tucker and
CP, all drawn so that the product has He's variance. Optimisers are PyTorch's, by the names of Figure 15.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from harness import timer

OPTIMIZERS = {
    "SGD": lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9),
    "Adagrad": lambda p, rate: torch.optim.Adagrad(p, lr=rate),
    "Adadelta": lambda p, rate: torch.optim.Adadelta(p, lr=rate),
    "Adam": lambda p, rate: torch.optim.Adam(p, lr=rate),
    "Adamax": lambda p, rate: torch.optim.Adamax(p, lr=rate),
    "Nadam": lambda p, rate: torch.optim.NAdam(p, lr=rate),
    "RMSprop": lambda p, rate: torch.optim.RMSprop(p, lr=rate),
}
#: rates as the optimisers' authors and PyTorch have them
RATES = {"SGD": 0.01, "Adagrad": 0.01, "Adadelta": 1.0, "Adam": 1e-3, "Adamax": 2e-3, "Nadam": 2e-3}
RATES |= {"RMSprop": 1e-3}


class Factored(torch.nn.Module):
    """A linear layer whose weight (inputs, outputs) is a tensor in a format.

    Parameters
    ----------
    kind : {'tt', 'tucker', 'cp'}
    shape : tuple (inputs, outputs)
    modes : sequence of int
        Their product is inputs * outputs; the first ones belong to the inputs.
    rank : int
        The largest TT-rank, the Tucker ranks as thousandths of the modes, or the number of CP terms.
    """

    def __init__(self, kind: str, shape: tuple[int, int], modes: Sequence[int], rank: int):
        super().__init__()
        self.kind, self.shape, self.modes = kind, shape, tuple(modes)
        sizes, terms = part_sizes(kind, self.modes, rank)
        deviation = (2.0 / shape[0] / terms) ** (0.5 / len(sizes))
        self.parts = torch.nn.ParameterList([deviation * torch.randn(size) for size in sizes])
        self.bias = torch.nn.Parameter(torch.zeros(shape[1]))

    def weight(self) -> torch.Tensor:
        """The dense weight, (inputs, outputs)."""
        parts = list(self.parts)
        if self.kind == "tt":
            product = parts[0].reshape(-1, parts[0].shape[2])
            for core in parts[1:]:
                product = (product @ core.reshape(core.shape[0], -1)).reshape(-1, core.shape[2])
            return product.reshape(self.shape)
        if self.kind == "cp":
            split = next(k for k in range(1, len(parts)) if math.prod(self.modes[:k]) >= self.shape[0])
            left, right = (khatri_rao(half) for half in (parts[:split], parts[split:]))
            return (left @ right.T).reshape(self.shape)
        core, *factors = parts
        for k, factor in enumerate(factors):
            core = torch.movedim(torch.tensordot(factor, core, dims=([1], [k])), 0, k)
        return core.reshape(self.shape)

    def forward(self, V: torch.Tensor) -> torch.Tensor:
        """V W + b."""
        return V @ self.weight() + self.bias


def khatri_rao(factors: list[torch.Tensor]) -> torch.Tensor:
    """Columnwise Kronecker product of factors (m_k, r)."""
    product = factors[0]
    for factor in factors[1:]:
        product = (product[:, None, :] * factor[None]).reshape(-1, factor.shape[1])
    return product


def part_sizes(kind: str, modes: tuple[int, ...], rank: int) -> tuple[list[tuple[int, ...]], int]:
    """Shapes of the factors, and how many products of entries a weight is the sum of."""
    if kind == "cp":
        return [(m, rank) for m in modes], rank
    if kind == "tucker":
        ranks = tuple(max(1, round(m * rank / 1000)) for m in modes)
        return [ranks, *((m, r) for m, r in zip(modes, ranks, strict=True))], math.prod(ranks)
    ranks = [min(math.prod(modes[:k]), math.prod(modes[k:]), rank) for k in range(len(modes) + 1)]
    return [(ranks[k], m, ranks[k + 1]) for k, m in enumerate(modes)], math.prod(ranks)


def numbers(kind: str, modes: tuple[int, ...], rank: int) -> int:
    """Entries of the factors."""
    return sum(math.prod(size) for size in part_sizes(kind, modes, rank)[0])


def rank_for(kind: str, modes: Sequence[tuple[int, ...]], room: float) -> int:
    """The one rank of all weights whose factors together come nearest to ``room`` numbers."""

    def total(rank: int) -> int:
        return sum(numbers(kind, m, rank) for m in modes)

    low, high = 1, 1000 if kind == "tucker" else 100_000
    while high - low > 1:  # the count grows with the rank
        middle = (low + high) // 2
        low, high = (middle, high) if total(middle) <= room else (low, middle)
    return min((low, high), key=lambda r: abs(total(r) - room))


def coarse(kind: str, shape: tuple[int, int], fine: tuple[int, ...]) -> tuple[int, ...]:
    """Modes that a format can use at moderate ratios: fine ones for trains, four for Tucker, three for CP.

    A Tucker core of ten modes of 4 has no ranks between 3 and 4, 0.05 of the weight and all of it, and CP of
    such modes takes thousands of terms.
    """
    first = max(k for k in range(1, 40) if shape[0] % k == 0)
    last = max(k for k in range(1, 40) if shape[1] % k == 0)
    modes = {
        "tt": fine,
        "tucker": (shape[0] // first, first, shape[1] // last, last),
        "cp": (shape[0], shape[1] // last, last),
    }
    return modes[kind]


def train(
    net: torch.nn.Module,
    data: tuple,
    *,
    optimizer: str,
    rate: float,
    passes: int,
    batch: int,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Squared error on one-hot targets over some passes, the rate falling to 0 along a half cosine."""
    net, clock = net.to(device), timer(device)
    X, y, T, t = (torch.from_numpy(np.ascontiguousarray(A)).to(device) for A in data)
    onehot = torch.nn.functional.one_hot(y.long(), int(y.max()) + 1).float()
    steps = OPTIMIZERS[optimizer]([p for p in net.parameters() if p.requires_grad], rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, passes * math.ceil(len(X) / batch))
    order, curve, seconds = torch.Generator().manual_seed(seed), [], 0.0

    def score(rows: torch.Tensor, labels: torch.Tensor) -> float:
        with torch.no_grad():
            right = [(net(R).argmax(1) == labels[k * 1000 : k * 1000 + len(R)]).sum() for k, R in parts(rows)]
        return float(sum(right)) / len(rows)

    def parts(rows: torch.Tensor) -> Any:
        return enumerate(rows.split(1000))

    for k in range(passes):
        start = clock()
        for rows in torch.randperm(len(X), generator=order).to(device).split(batch):
            steps.zero_grad()
            (0.5 * ((net(X[rows]) - onehot[rows]) ** 2).sum(1).mean()).backward()
            steps.step()
            schedule.step()
        seconds += clock() - start
        curve.append([k + 1, round(score(X[:10000], y[:10000]), 5), round(score(T, t), 5)])
    return {"curve": curve, "train": curve[-1][1], "test": curve[-1][2], "training": seconds}
