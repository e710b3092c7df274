# SPDX-License-Identifier: BSD-3-Clause
"""The network that a fit leaves behind, and how it is run."""

from sklearn.utils.validation import check_is_fitted

from ._arrays import dtype_name
from ._validation import parse_bytes
from .backends import get_backend, namespace_of
from .compressions import DenseWeight
from .network._paths import count_live_entries
from .placements import row_slices


def block_rows(widths, entries):
    """Rows of a block whose widest array has at most so many entries, 64 at least."""
    return max(64, entries // max(widths))


def operators(coefs, *, xp):
    """One function V -> V @ W per layer: compressed, or dense where that is faster."""
    chosen = []
    for coef in coefs:
        dense = coef.shape[0] * coef.shape[1]
        fast = coef if coef.cost < dense else DenseWeight(coef.to_dense(xp=xp))
        chosen.append(fast.operator(xp=xp))
    return chosen


def network_weights(problem, weights):
    """The compressed network: W^MC (W where a layer is dense) and the intercepts that go with it.

    b_i belongs to W_i; what the compression changes at the mean input moves into the intercept,
    b_i + mean(V_{i-1}) (W_i - W_i^MC), which is the exact minimiser of (7) in b_i for W_i^MC.
    """
    coefs, intercepts = [], []
    for i in range(1, problem.N + 1):
        W, b, M = weights.W[i], weights.b[i], weights.M[i]
        coefs.append(DenseWeight(W) if M is None else M)
        if M is not None and b is not None and weights.shift[i] is not None:
            b = b + weights.shift[i] @ (W - weights.M_dense[i])
        intercepts.append(b)
    return coefs, intercepts


def network_attributes(problem, coefs, intercepts, loss):
    """Attributes of an estimator that prediction needs.

    Parameters
    ----------
    problem : Problem
    coefs : list of CompressedWeight
    intercepts : list of arrays or None
    loss : loss
        For targets and outputs as the user gave them.
    """
    return {
        "compressed_coefs_": coefs,
        "intercepts_": intercepts,
        "_activations": problem.activations[1:],
        "_layers": problem.layers,
        "_skips": problem.skips,
        "_loss": loss,
        "_dtype": dtype_name(coefs[0].arrays[0]),
        "_operators": operators(coefs, xp=problem.xp),
    }


def run_network(X, operators, intercepts, activations, rows, *, layers=None, skips=(), xp):
    """Outputs of a forward pass, ``rows`` rows at a time.

    Parameters
    ----------
    X : array of shape (n, d_0)
    operators : list of callables
        A -> A @ W_i, from :func:`operators`.
    intercepts : list of arrays or None
    activations : sequence of activations
    rows : int
    layers : tuple or None, default=None
        The layers of the problem, entry 0 None; None: all of them dense.
    skips : tuple, default=()
        As in the problem: entry i is the k of the V_k that U_i carries, or None.
    xp : module
        Array API namespace.

    Returns
    -------
    V : array of shape (n, d_N)
    """
    outputs = []
    for part in row_slices(X.shape[0], rows):
        V = [X[part, ...]]
        steps = zip(operators, intercepts, activations, strict=True)
        for i, (multiply, b, sigma) in enumerate(steps, 1):
            if layers is None:
                U = multiply(V[-1])
                U = U if b is None else U + b
            else:
                U = layers[i].apply(V[-1], multiply, b, xp=xp)
            if skips and skips[i] is not None:
                U = U + V[skips[i]]
            V.append(sigma(U, xp=xp))
        outputs.append(V[-1])
    return outputs[0] if len(outputs) == 1 else xp.concat(outputs, axis=0)


class FittedNetwork:
    """What a fitted estimator can tell of its network; attributes made on access.

    Needs ``compressed_coefs_``, ``intercepts_``, ``_activations``, ``_layers``, ``_skips`` and
    ``_operators``. The operators are made anew after a copy or a pickle, which hold the compressed
    numbers only.
    """

    @property
    def coefs_(self):
        """Dense view of the weights: list of arrays (d_{i-1}, d_i), made on each access."""
        check_is_fitted(self)
        xp = self._namespace()
        return [coef.to_dense(xp=xp) for coef in self.compressed_coefs_]

    @property
    def n_parameters_(self):
        """Number of stored weight entries and intercepts."""
        check_is_fitted(self)
        intercepts = sum(0 if b is None else b.shape[0] for b in self.intercepts_)
        return sum(coef.n_parameters for coef in self.compressed_coefs_) + intercepts

    @property
    def compression_ratio_(self):
        """Weight entries after compression / before, over all layers, as the paper counts them."""
        check_is_fitted(self)
        dense = sum(coef.shape[0] * coef.shape[1] for coef in self.compressed_coefs_)
        return sum(coef.n_parameters for coef in self.compressed_coefs_) / dense

    @property
    def sparsity_(self):
        """Share of the dense weight entries that are exactly zero: removed / before."""
        counts = [(int((W != 0).sum()), W.shape[0] * W.shape[1]) for W in self.coefs_]
        return 1.0 - sum(kept for kept, _ in counts) / sum(size for _, size in counts)

    @property
    def effective_sparsity_(self):
        """Share of the weight entries on no path of non-zero weights from input to output."""
        masks = [W != 0 for W in self.coefs_]
        live = count_live_entries(masks, self._layers, self._skips, xp=self._namespace())
        return 1.0 - live / sum(mask.shape[0] * mask.shape[1] for mask in masks)

    def _namespace(self):
        return namespace_of(self._any_array())

    def _any_array(self):
        return self.compressed_coefs_[0].arrays[0]

    def _forward(self, X):
        """Outputs V_N of checked rows, through the compressed weights, in blocks of rows."""
        widest = max([X.shape[1], *(layer.row_entries for layer in self._layers[1:])])
        limit = parse_bytes(self.memory_limit, "memory_limit", type(self).__name__)
        xp = namespace_of(X)
        rows = block_rows([widest], get_backend(xp).predicted_entries)
        if limit is not None:  # some eight arrays at a time
            rows = max(64, min(rows, limit // (64 * widest)))
        return run_network(
            X,
            self._operators,
            self.intercepts_,
            self._activations,
            rows,
            layers=self._layers,
            skips=self._skips,
            xp=xp,
        )

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_operators", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "compressed_coefs_" in state:
            self._operators = operators(self.compressed_coefs_, xp=self._namespace())
