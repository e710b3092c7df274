# SPDX-License-Identifier: BSD-3-Clause
"""The figure holds what it was given, and follows scikit-learn's displays."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.inspection._figures import bytes_text
from sklearn_nnbcd.model_selection import CompressionPathDisplay, NNBCDClassifierCV, compression_path

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
RIVALS = [("line", 900, 0.8), ("trees", 8000, 0.9), ("line", 300, 0.7)]


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_points_lie_in_the_order_of_bytes():
    display = CompressionPathDisplay(n_bytes=[4000, 1000], scores=[0.9, 0.8], rivals=RIVALS).plot(name="ours")
    np.testing.assert_array_equal(display.line_.get_xydata(), [[1000, 0.8], [4000, 0.9]])
    line, trees = display.rival_lines_
    np.testing.assert_array_equal(line.get_xydata(), [[300, 0.7], [900, 0.8]])
    assert trees.get_label() == "trees" and display.errorbar_ is None
    assert display.ax_.get_xscale() == "log" and display.ax_.get_ylabel() == "score"
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["ours", "line", "trees"]


def test_axes_and_options_are_taken():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    display = CompressionPathDisplay(n_bytes=[10], scores=[1.0], deviations=[0.1]).plot(ax, color="C3")
    assert display.ax_ is ax and display.figure_ is figure and display.line_.get_color() == "C3"
    assert display.errorbar_ is not None and ax.get_legend() is None


def test_from_estimator_path_and_search():
    X, y = load_iris(return_X_y=True)
    model = NNBCDClassifier((4,), compression=None, max_iter=5, random_state=0)
    display = CompressionPathDisplay.from_estimator(model, X, y, X, y, max_bytes=[120, 200])
    path = compression_path(model, X, y, [120, 200], X_test=X, y_test=y)
    np.testing.assert_array_equal(display.line_.get_ydata(), path.scores[::-1])
    assert display.line_.get_label() == "NNBCDClassifier" and display.ax_.get_ylabel() == "accuracy"
    assert CompressionPathDisplay.from_path(path, name="x").line_.get_label() == "x"
    search = NNBCDClassifierCV(model, max_bytes=[120, 200], cv=2, scoring="f1_macro").fit(X, y)
    display = CompressionPathDisplay.from_search(search)
    assert display.ax_.get_ylabel() == "f1 macro" and display.errorbar_ is not None


def test_bad_input_names_the_cure(monkeypatch):
    with pytest.raises(ValueError, match="Pass X_test and y_test"):
        CompressionPathDisplay.from_path(SimpleNamespace(scores=None))
    with pytest.raises(ValueError, match="'rivals' of CompressionPathDisplay must be triples"):
        CompressionPathDisplay(n_bytes=[1], scores=[1], rivals=["line"]).plot()
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="sklearn-nnbcd\\[plot\\]"):
        CompressionPathDisplay(n_bytes=[1], scores=[1]).plot()


@pytest.mark.parametrize("value, text", [(500, "500 B"), (1000, "1 kB"), (2.5e6, "2.5 MB")])
def test_bytes_are_written_with_units(value, text):
    assert bytes_text(value) == text
