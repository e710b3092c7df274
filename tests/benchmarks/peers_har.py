# SPDX-License-Identifier: BSD-3-Clause
"""HAR, the paper's MLP-4, at compression ratios 0.05 and 0.17: ours beside the usual ways to the size.

    python tests/benchmarks/peers_har.py [har-0.05 har-0.17 | digits-0.17] [--seeds 3] [--only "tt"]

Same layers, same ratio (output layer dense, counted in full), same run. Ours: mini-batch BCD with low
rank, tensor trains, and l0. Peers, by PyTorch's Adam at three learning rates, kept or falling along a
half cosine ("falling"), and for two losses each:

- factorised: every hidden layer two linear maps;
- tensor train: every hidden layer a train of cores, contracted to two thin matrices in the forward pass;
- SVD, retrained: a dense network, truncated SVD of its hidden layers, training of the factors;
- pruned, retrained: a dense network, then the smallest weights of all hidden layers set to zero, more
  and more over the first half of the second training (Zhu and Gupta's cubic schedule).

The last two train as many passes as the others once dense and once more compressed; their records
begin with the compressed network, their clock with the dense one (trained once per seed, loss and rate
of a process, and counted in full for each that starts from it). Needs the extra ``bench`` (PyTorch).
"""

import copy
import functools
import itertools
import math
import sys

from race import RATES, Clock, descend, load, main, os
from race import adam as adam_factorised

from sklearn_nnbcd.compressions import L0, LowRank, TensorTrain

HAR, DIGITS = (1024, 1024, 1024, 512), (256, 256)


# sizes ------------------------------------------------------------------------------------------


def hidden_shapes(n_features, hidden):
    """Weight shapes of the compressed layers."""
    return list(zip((n_features, *hidden), hidden))


def room(ratio, n_features, hidden, n_classes):
    """Entries that the hidden layers may have."""
    output = hidden[-1] * n_classes
    dense = sum(a * b for a, b in hidden_shapes(n_features, hidden))
    return ratio * (dense + output) - output


def formats(ratio, n_features, hidden, n_classes):
    """(low-rank rank, largest tensor-train rank, sparsity) of the hidden layers at the ratio."""
    shapes = hidden_shapes(n_features, hidden)
    budget = room(ratio, n_features, hidden, n_classes)
    rank = round(budget / sum(a + b for a, b in shapes))

    def train_size(r):
        highest = [TensorTrain().highest_rank(shape) for shape in shapes]
        ranks = [min(r, most) for most in highest]
        return sum(TensorTrain(k).plan(s).n_parameters for k, s in zip(ranks, shapes))

    train = 1
    while train_size(train + 1) <= budget:
        train += 1
    return rank, train, 1.0 - budget / sum(a * b for a, b in shapes)


# peers ------------------------------------------------------------------------------------------


def layer_of_cores(shape, rank):
    """A torch module with the cores of a flat tensor train for a weight of the shape, He-scaled."""
    import torch

    plan = TensorTrain(min(rank, TensorTrain().highest_rank(shape))).plan(shape)
    modes, ranks, split = plan.tensorization.modes, plan.ranks, plan.tensorization.split
    deviation = (2.0 / shape[0] / math.prod(ranks)) ** (0.5 / len(modes))

    class Train(torch.nn.Module):
        def __init__(self):
            super().__init__()
            sizes = zip(ranks, modes, ranks[1:])
            self.cores = torch.nn.ParameterList([deviation * torch.randn(size) for size in sizes])
            self.bias = torch.nn.Parameter(torch.zeros(shape[1]))

        def forward(self, V):
            left, right = contracted(self.cores[:split]), contracted(self.cores[split:])
            return V @ left @ right.reshape(left.shape[1], -1) + self.bias

    return Train()


def contracted(cores):
    """Product of consecutive cores, all modes in front of the last rank."""
    product = cores[0].reshape(-1, cores[0].shape[2])
    for core in list(cores)[1:]:
        product = (product @ core.reshape(core.shape[0], -1)).reshape(-1, core.shape[2])
    return product


def network(layers, width, K):
    """Hidden layers with ReLU in between, and a dense output layer."""
    import torch

    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*parts, torch.nn.Linear(width, K))


def begin(seed):
    """PyTorch's seed and threads, and a clock."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return torch, Clock()


def adam_train(data, hidden, *, rank, seed, **options):
    """Tensor-train layers from random cores."""
    _, clock = begin(seed)
    X, y = data[:2]
    layers = [layer_of_cores(shape, rank) for shape in hidden_shapes(X.shape[1], hidden)]
    return descend(network(layers, hidden[-1], int(y.max()) + 1), data, clock, **options)


#: dense networks of this process: {(seed, options): (network, layers, clock)}
_trained = {}


def trained_dense(data, hidden, *, seed, **options):
    """A dense network after all passes, its hidden layers, and a clock that stands at its training."""
    key = (seed, hidden, *sorted(options.items()))
    if key not in _trained:
        torch, clock = begin(seed)
        X, y = data[:2]
        layers = [torch.nn.Linear(a, b) for a, b in hidden_shapes(X.shape[1], hidden)]
        net = network(layers, hidden[-1], int(y.max()) + 1)
        descend(net, data, clock, **options)
        _trained[key] = net, layers, clock
    torch, _ = begin(seed + 1)
    return torch, *copy.deepcopy(_trained[key])


def adam_svd(data, hidden, *, rank, seed, **options):
    """Truncated SVD of a trained dense network, then training of the factors."""
    torch, dense, layers, clock = trained_dense(data, hidden, seed=seed, **options)
    clock.start()
    thin = []
    for layer in layers:
        left, values, right = torch.linalg.svd(layer.weight.detach(), full_matrices=False)
        root = values[:rank].sqrt()
        first = torch.nn.Linear(layer.in_features, rank, bias=False)
        second = torch.nn.Linear(rank, layer.out_features)
        with torch.no_grad():
            first.weight.copy_(root[:, None] * right[:rank])
            second.weight.copy_(left[:, :rank] * root)
            second.bias.copy_(layer.bias)
        thin.append(torch.nn.Sequential(first, second))
    net = network(thin, hidden[-1], dense[-1].out_features)
    net[-1].load_state_dict(dense[-1].state_dict())
    clock.stop()
    return descend(net, data, clock, first=options["passes"] + 1, **options)


def adam_pruned(data, hidden, *, sparsity, seed, **options):
    """Magnitude pruning over all hidden layers of a trained dense network, with retraining."""
    torch, net, layers, clock = trained_dense(data, hidden, seed=seed, **options)
    weights = [layer.weight for layer in layers]
    masks, reached = [torch.ones_like(W) for W in weights], -1.0

    def prune(share):
        nonlocal masks, reached
        wanted = sparsity * (1.0 - (1.0 - min(1.0, 2.0 * share)) ** 3)
        with torch.no_grad():
            if wanted > reached + 0.01 or wanted == sparsity > reached:
                scores = torch.cat([(W * m).abs().flatten() for W, m in zip(weights, masks)])
                least = torch.kthvalue(scores, max(1, int(wanted * len(scores)))).values
                masks, reached = [((W * m).abs() > least).float() for W, m in zip(weights, masks)], wanted
            for W, mask in zip(weights, masks):
                W *= mask

    records = descend(net, data, clock, on_step=prune, first=options["passes"] + 1, **options)
    half = len(records) // 2
    return records[half:]  # before, it is larger than it may be


# races ------------------------------------------------------------------------------------------


def family(name, run, **options):
    """{family: {name: run}} of one peer: two losses, rates kept or falling, three of them each."""
    families = {}
    for loss, falling in itertools.product(("squared_error", "cross_entropy"), (False, True)):
        kind = f"{name}, {loss}{', falling' if falling else ''}"
        group = families[kind] = {}
        for rate in RATES:
            call = functools.partial(run, rate=rate, loss=loss, falling=falling, **options)
            group[f"{kind} {rate:g}"] = lambda data, seed, call=call: call(data, seed=seed)
    return families


def contest(ratio, n_features, hidden, n_classes, *, batch, passes, ours):
    """(ours, peers, thresholds) of one ratio: ``passes`` of a peer's training, options of ours."""
    rank, train, sparsity = formats(ratio, n_features, hidden, n_classes)
    shared = dict(hidden=hidden, passes=passes, batch=batch)
    own = shared | ours
    contestants = {
        f"ours, low rank {rank}": own | dict(compression=LowRank(rank)),
        f"ours, tensor train {train}": own | dict(compression=TensorTrain(train)),
        f"ours, l0 {sparsity:.3f}": own | dict(compression=L0(sparsity)),
    }
    peers = (
        family(f"factorised {rank}", adam_factorised, rank=rank, **shared)
        | family(f"tensor train {train}", adam_train, rank=train, **shared)
        | family(f"SVD {rank}, retrained", adam_svd, rank=rank, **shared)
        | family(f"pruned {sparsity:.3f}, retrained", adam_pruned, sparsity=sparsity, **shared)
    )
    return contestants, peers, (0.94, 0.95, 0.96)


#: ours on HAR, as held-out subjects chose; on digits the defaults
CHOSEN = dict(passes=6, averaging=1.0, free=1.0)
RACES = {
    "har": {
        f"har-{ratio}": contest(ratio, 561, HAR, 6, batch=256, passes=12, ours=CHOSEN)
        for ratio in (0.05, 0.10, 0.17, 0.41, 0.63)
    },
    "digits": {"digits-0.17": contest(0.17, 64, DIGITS, 10, batch=64, passes=20, ours=dict(passes=15))},
}

if __name__ == "__main__":
    which = "digits" if any(argument.startswith("digits") for argument in sys.argv[1:]) else "har"
    main(f"peers_{which}", lambda seed: load(which, seed=seed), RACES[which])
