# SPDX-License-Identifier: BSD-3-Clause
"""A start from a fitted MLPClassifier or MLPRegressor of scikit-learn."""

from typing import Any

from ._base import BaseInitializer


class FromMLP(BaseInitializer):
    """The weights and intercepts of a fitted MLP of scikit-learn, in place of random ones.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        Fitted, with the layers of the estimator. It is left as it is; clones share it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.initializers import FromMLP
    >>> X, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((8,), tol=0.1, random_state=0).fit(X, y)
    >>> NNBCDClassifier((8,), initializer=FromMLP(mlp), random_state=0).fit(X, y).score(X, y) > 0.8
    True
    """

    in_user_units = True

    def __init__(self, mlp: Any):
        self.mlp = mlp

    def __sklearn_clone__(self) -> "FromMLP":
        return type(self)(self.mlp)  # a clone of the MLP would have no weights

    def check_parameters(self) -> None:
        """Raise ValueError unless the MLP has weights."""
        if not hasattr(self.mlp, "coefs_"):
            raise ValueError(
                "The 'mlp' of FromMLP must be a fitted MLPClassifier or MLPRegressor. Got "
                f"{self.mlp!r}, which has no weights. Call its fit(X, y) first."
            )

    def draw_network(self, shapes: list[tuple], random_state: Any) -> tuple[list, list]:
        """The MLP's weights and intercepts."""
        found = [tuple(coef.shape) for coef in self.mlp.coefs_]
        if found != [tuple(shape) for shape in shapes]:
            raise ValueError(
                f"The 'mlp' of FromMLP must have weights of shapes {list(map(tuple, shapes))}. Got {found}. "
                "Give the estimator the MLP's layers, data and targets, as from_mlp does."
            )
        return [W.copy() for W in self.mlp.coefs_], [b.copy() for b in self.mlp.intercepts_]
