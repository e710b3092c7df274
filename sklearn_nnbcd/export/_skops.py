# SPDX-License-Identifier: BSD-3-Clause
"""What a skops file of a pipeline may hold of ours."""

from __future__ import annotations

from .._classifier import NNBCDClassifier
from .._outcome import Curves
from .._regressor import NNBCDRegressor
from .._stream import Stream
from ..engine import Diagnosis
from ..initializers import FromMLP
from ..layers._windows import Window
from ..network import Network
from ._codec import known_classes

#: classes that no registry names and only skops files hold
_OTHERS = (Curves, Diagnosis, FromMLP, NNBCDClassifier, NNBCDRegressor, Network, Stream, Window)


def skops_trusted_types() -> list[str]:
    """Names of the classes that a skops file of a fitted estimator may hold: this library's, and a dtype.

    A skops file holds arrays and the names of classes, and is read without executing what it says; whoever
    loads it states which classes beside scikit-learn's it may make. Compression makes the file as small
    as it should be: the description of the objects is many times larger than the numbers otherwise.

    Returns
    -------
    names : list of str
        For ``trusted`` of ``skops.io.load``.

    Examples
    --------
    >>> import zipfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import skops_trusted_types
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NNBCDClassifier((8,), random_state=0)).fit(X, y)
    >>> skops = __import__("pytest").importorskip("skops.io")
    >>> content = skops.dumps(model, compression=zipfile.ZIP_DEFLATED)
    >>> other = skops.loads(content, trusted=skops_trusted_types())
    >>> bool((other.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    classes = {*known_classes().values(), *_OTHERS}
    package = __package__.split(".")[0]
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in classes}
    return ["numpy.dtype", *sorted(name for name in names if name.startswith(f"{package}."))]
