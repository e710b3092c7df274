# SPDX-License-Identifier: BSD-3-Clause
"""The rate of Theorem 7: K times the mean of ||g_k||^2 stays bounded, g_k a subgradient of L at sweep k.

    python examples/paper/rate.py               # 3,000 sweeps of every case, some minutes
    python examples/paper/rate.py --sweeps 200
    python examples/paper/rate.py --report      # table and figure from the file that is there

Wine (178 rows, standardised), two hidden layers of 8 units, relu, double precision. The cases are a
network without a compression, one of tensor trains, one with half of its weights zero, and one with the
hinge loss; each by ``FullBatch.paper()`` and by the default. O(1/K) says that the sum of ||g_k||^2 over all k
is finite: the curves of ``K * mean`` level off. Written are ``tests/benchmarks/results/rate.json`` and
``docs/images/rate.svg``.

g_k is the element of the subdifferential that is nearest to zero, block by block: at a kink (a U_i of 0, a
margin of 1) the best of the slopes between its sides; of l0 the entries that are there; of a train its cores.
"""

import functools

import array_api_compat.numpy as xp
import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._resolve import resolve_loss, resolve_problem
from sklearn_nnbcd.initializers import SmallNormal
from sklearn_nnbcd.solvers import FitContext, FullBatch

CASES = {
    "dense": {},
    "tt": {"compression": "tt", "rank": 2},
    "l0": {"compression": "l0", "sparsity": 0.5},
    "hinge": {"loss": "hinge"},
}
SOLVERS = {"paper": FullBatch.paper, "default": FullBatch}
#: of (7), in both settings; without a compression tau has no meaning for the default
PENALTIES = {"rho": 0.5, "gamma": 0.5, "proximal": 0.1}
#: how near to a kink rounding leaves a number that is on it
KINK = 1e-12


def begin(case, setting):
    """Solver and first state of a case."""
    X, labels = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    options = {"loss": "squared_error"} | CASES[case]
    if "compression" in options:
        options["tau"] = 1.0
    solver = SOLVERS[setting]()
    model = NNBCDClassifier((8, 8), solver=solver, activation="relu", **PENALTIES, **options)
    loss = resolve_loss(model, "classification")
    problem, shapes = resolve_problem(model, X.shape[1], 3, loss, solver, xp)
    Y = np.where(np.eye(3)[labels] > 0, 1.0, loss.off)
    rng = np.random.RandomState(0)

    def start():
        W = [SmallNormal().draw(shape, rng) for shape in shapes]
        return (None, *W), (None, *(np.zeros(shape[1]) for shape in shapes))

    context = FitContext(max_iter=None, random_state=rng)
    return solver, solver.init(problem, start, (X, Y, None), context)


def between(low, high):
    """The number nearest to zero between two, entry by entry."""
    return np.clip(0.0, np.minimum(low, high), np.maximum(low, high))


def squared_subgradient(state):
    """||g||^2 at a state of FullBatch: the sum over all blocks."""
    problem, weights, block = state.problem, state.weights, state.placement.blocks[0]
    p, N, V, U = problem.penalties, problem.N, block.V, block.U
    total = 0.0
    R = [None] + [U[i] - V[i - 1] @ weights.W[i] - weights.b[i] for i in range(1, N + 1)]
    for i in range(1, N + 1):
        gap = V[i] - problem.activations[i](U[i], xp=xp)
        if i == N:
            total += np.sum(output_part(problem.loss, block.Y, V[i], p.gamma * gap) ** 2)
            total += np.sum((p.rho * R[i] - p.gamma * gap) ** 2)
        else:
            total += np.sum((p.gamma * gap - p.rho * R[i + 1] @ weights.W[i + 1].T) ** 2)
            left, right = p.rho * R[i], p.rho * R[i] - p.gamma * gap  # slopes 0 and 1 of relu
            inside = np.where(U[i] > 0, right, left)
            total += np.sum(np.where(np.abs(U[i]) <= KINK, between(left, right), inside) ** 2)
        total += weight_part(problem, weights, i, V[i - 1], R[i])
    return float(total)


def output_part(loss, Y, V, smooth):
    """The subgradient in V_N: of the loss, and of what is smooth there."""
    if type(loss).__name__ != "Hinge":
        return loss.gradient(Y, V, xp=xp) + smooth
    margin = Y * V
    one_side, other = smooth - Y, smooth
    slope = np.where(margin < 1.0, one_side, other)
    return np.where(np.abs(margin - 1.0) <= KINK, between(one_side, other), slope)


def weight_part(problem, weights, i, V, R):
    """||g||^2 in W_i, b_i and W_i^MC."""
    p, W, plan = problem.penalties, weights.W[i], problem.plans[i]
    in_W = p.ridge * W - p.rho * V.T @ R
    total = np.sum((p.rho * R.sum(axis=0)) ** 2)
    if plan is not None:
        pull = p.tau * (W - weights.M_dense[i])
        in_W = in_W + pull
        total += format_part(weights.M[i], weights.M_dense[i], -pull)
    return total + np.sum(in_W**2)


def format_part(M, dense, G):
    """||g||^2 of a compressed weight with the slope G of L: in its cores, on its support, or all of it."""
    cores = getattr(M, "cores", None)
    if cores is None:
        everywhere = type(M).__name__ == "DenseWeight"
        return np.sum((G if everywhere else G * (dense != 0.0)) ** 2)
    total, tensor = 0.0, M.tensorization.to_tensor(G, xp=xp)
    for k, core in enumerate(cores):
        left = np.ones((1, 1))
        for each in cores[:k]:
            left = (left @ each.reshape(each.shape[0], -1)).reshape(-1, each.shape[2])
        right = np.ones((1, 1))
        for each in reversed(cores[k + 1 :]):
            right = (each.reshape(-1, each.shape[2]) @ right).reshape(each.shape[0], -1)
        middle = tensor.reshape(left.shape[0], core.shape[1], -1)
        total += np.sum(np.einsum("pa,pnq,bq->anb", left, middle, right) ** 2)
    return total


def rate(case, setting, sweeps):
    """L and ||g||^2 at the states after sweeps 1 ... ``sweeps``."""
    solver, state = begin(case, setting)
    values, squares = [], []
    for _ in range(sweeps):
        state, before = solver.step(state)
        values.append(before.total)
        squares.append(squared_subgradient(state))
    return np.array(values), np.array(squares)


def marks(sweeps):
    """Sweeps 1, 2, 3, 5, 10 ... at which a curve is kept."""
    powers = [m * 10**k for k in range(6) for m in (1, 2, 3, 5, 7)]
    return [k for k in powers if k < sweeps] + [sweeps]


def draw(rows, path):
    """The figure of the rows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharex=True)
    for ax, setting in zip(axes, SOLVERS, strict=True):
        for row in (row for row in rows if row["setting"] == setting):
            ax.plot(row["sweeps"], row["k_mean"], marker=".", label=row["case"])
        ax.set(xscale="log", yscale="log", xlabel="sweeps K", title=setting)
    axes[0].set_ylabel("K * mean of ||g||^2")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    print("wrote", path)


def row(case, setting, sweeps):
    """A fit's row: the curves at few sweeps."""
    values, squares = rate(case, setting, sweeps)
    at, sums = marks(sweeps), np.cumsum(squares)
    return {
        "sweeps": at,
        "k_mean": [float(f"{sums[k - 1]:.6g}") for k in at],
        "squared_subgradient": [float(f"{squares[k - 1]:.3g}") for k in at],
        "largest_rise_of_L": float(f"{max(np.diff(values).max(), 0.0):.3g}"),
        "last_L": float(f"{values[-1]:.8g}"),
    }


def longest(rows):
    """Of each case and setting the fit of most sweeps."""
    made = {}
    for each in sorted(rows, key=lambda each: each["last"]):
        made[each["case"], each["setting"]] = each
    return [made[case, setting] for setting in SOLVERS for case in CASES if (case, setting) in made]


def tables(rows):
    """The table that follows from the fits: K times the mean after some sweeps, and after all."""
    table = []
    for each in longest(rows):
        known = dict(zip(each["sweeps"], each["k_mean"], strict=True))
        table.append(
            {key: each[key] for key in ("case", "setting", "last", "largest_rise_of_L")}
            | {f"after_{k}": f"{known[k]:.4g}" if k in known else "" for k in (10, 100, 1000)}
            | {"at_last": f"{each['k_mean'][-1]:.4g}", "g": f"{each['squared_subgradient'][-1]:.1e}"}
        )
    return {"rate": table}


def main():
    from harness import Results, images, parser

    line = parser(__doc__, seeds=1)
    line.add_argument("--sweeps", type=int, default=3000)
    options = line.parse_args()
    sweeps = 20 if options.quick else options.sweeps
    settings = PENALTIES | {"tau": 1.0, "hidden_layer_sizes": [8, 8], "data": "wine", "dtype": "float64"}
    results = Results("rate", options, settings, tables)
    for setting in SOLVERS:
        for case in CASES:
            key = {"case": case, "setting": setting, "last": sweeps}
            results.once(key, functools.partial(row, case, setting, sweeps))
    results.write()
    draw(longest(results.rows), images(options) / "rate.svg")


if __name__ == "__main__":
    main()
