# SPDX-License-Identifier: BSD-3-Clause
"""From a fitted MLPClassifier or MLPRegressor of scikit-learn to the same network here."""

import array_api_compat
import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ._network import network_attributes
from ._problem import resolve_problem
from .compressions import DenseWeight

#: scikit-learn's name of an activation -> ours
ACTIVATIONS_OF_MLP = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
#: activation of the outputs of an MLP -> the loss whose predictions are the same
LOSSES_OF_OUTPUTS = {
    "softmax": "cross_entropy",
    "logistic": "logistic",
    "identity": "squared_error",
    "exp": "poisson",
}
#: parameters that the MLP decides
TAKEN = ("hidden_layer_sizes", "activation", "layers", "input_shape", "fit_intercept")


class FromMLP:
    """Part of both estimators: :meth:`from_mlp`."""

    @classmethod
    def from_mlp(cls, mlp, **parameters):
        """An estimator with the layers and the weights of a fitted MLP of scikit-learn.

        It predicts what the MLP predicts, at once. Its first ``fit`` (or ``partial_fit``) starts from
        these weights instead of random ones, and compresses them. So do clones that are made before
        it: a grid search over ``compression_ratio`` starts from the MLP each time. Later fits start
        as ever.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            Fitted; the classifier's for a classifier. It is left as it is.
        **parameters
            Parameters of the estimator but those that the MLP decides: ``hidden_layer_sizes``,
            ``activation``, ``layers``, ``input_shape``, ``fit_intercept``. ``loss`` is by default the
            MLP's: 'cross_entropy' for several classes, 'logistic' for two classes and for labels,
            'squared_error' or 'poisson' for numbers.

        Returns
        -------
        estimator : estimator
            With the fitted attributes that prediction needs.

        Raises
        ------
        TypeError, ValueError
            If the MLP is none, or not fitted, or a parameter is one that it decides.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neural_network import MLPClassifier
        >>> from sklearn_nnbcd import NNBCDClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> X = X / 16
        >>> mlp = MLPClassifier((50,), tol=0.01, random_state=0).fit(X, y)
        >>> network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", compression_ratio=0.5)
        >>> bool((network.predict(X) == mlp.predict(X)).all())
        True
        >>> network.fit(X, y).compression_ratio_ <= 0.5
        True
        """
        check_mlp(mlp, cls)
        for name in TAKEN:
            if name in parameters:
                raise ValueError(
                    f"The {name!r} of {cls.__name__}.from_mlp is decided by the mlp. Got "
                    f"{parameters[name]!r}. Leave it out."
                )
        W = [np.array(coef) for coef in mlp.coefs_]
        b = [np.array(intercept) for intercept in mlp.intercepts_]
        network = {
            "hidden_layer_sizes": tuple(coef.shape[1] for coef in W[:-1]),
            "activation": ACTIVATIONS_OF_MLP[mlp.activation],
            "loss": LOSSES_OF_OUTPUTS[mlp.out_activation_],
        }
        estimator, xp = cls(**network | parameters), array_api_compat.array_namespace(W[0])
        shape = W[0].shape[0], W[-1].shape[1]
        plain = cls(**network | {k: v for k, v in parameters.items() if k == "loss"})
        problem, _ = resolve_problem(plain, *shape, cls._task, xp)
        coefs = [DenseWeight(coef) for coef in W]
        vars(estimator).update(network_attributes(problem, coefs, b, problem.loss))
        estimator._mlp_start = coefs, b
        estimator.n_features_in_, estimator._row_shape = shape[0], None
        if hasattr(mlp, "feature_names_in_"):
            estimator.feature_names_in_ = mlp.feature_names_in_
        estimator.n_layers_, estimator.n_outputs_ = len(W) + 1, shape[1]
        estimator.out_activation_ = "identity"
        estimator._learn_from_mlp(mlp)
        return estimator

    def _learn_from_mlp(self, mlp):
        """Keep what the MLP knows of its targets."""
        raise NotImplementedError

    def __sklearn_clone__(self):
        return self._hand_start_to(super().__sklearn_clone__())

    def _hand_start_to(self, copy):
        """The copy, which starts from the same MLP if this one still does."""
        if hasattr(self, "_mlp_start"):
            copy._mlp_start = self._mlp_start
        return copy


def check_mlp(mlp, cls):
    """Raise unless ``mlp`` is a fitted MLP of the task of the class."""
    wanted = MLPClassifier if cls._task == "classification" else MLPRegressor
    owner, named = f"{cls.__name__}.from_mlp", f"sklearn.neural_network.{wanted.__name__}"
    if not isinstance(mlp, wanted):
        cure = "Train one, or fit without it."
        if isinstance(mlp, MLPClassifier | MLPRegressor):
            other = "NNBCDRegressor" if cls._task == "classification" else "NNBCDClassifier"
            cure = f"Use {other}.from_mlp."
        elif hasattr(mlp, "steps"):
            cure = "Pass the last step of the pipeline, pipeline[-1], and put the result in its place."
        raise TypeError(f"The 'mlp' of {owner} must be a fitted {named}. Got {mlp!r}. {cure}")
    if not hasattr(mlp, "coefs_"):
        raise ValueError(
            f"The 'mlp' of {owner} must be a fitted {named}. Got one without weights. Call its "
            "fit(X, y) first."
        )
