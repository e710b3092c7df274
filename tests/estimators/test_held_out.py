# SPDX-License-Identifier: BSD-3-Clause
"""Held-out rows of budgets in bytes: runs of each class, apart from what is fitted, the same by seed."""

import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._held_out import (
    COMPARED_ROWS,
    COMPARED_SHARE,
    DIVISIONS,
    RUNS,
    best_first,
    close_ones,
    divided,
    divisions,
    mean_of,
    split,
    standard_error,
)


def runs_of(rows, pool):
    """Number of gaps-free runs of some rows among those of a pool, both rising."""
    places = np.searchsorted(pool, rows)
    return 1 + np.count_nonzero(np.diff(places) != 1)


@pytest.mark.parametrize("n_rows", [60, 1000, 30_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_each_class_gives_its_share_in_runs(n_rows, seed):
    y = np.random.default_rng(seed).choice(4, n_rows, p=[0.5, 0.3, 0.15, 0.05])
    y[:16] = np.repeat([0, 1, 2, 3], 4)
    fitted, held_out = split(y, True, seed)
    assert not np.intersect1d(fitted, held_out).size and len(np.unique(fitted)) == len(fitted)
    count = min(n_rows, COMPARED_ROWS)
    assert abs(len(held_out) - COMPARED_SHARE * count) <= 4 and abs(len(fitted) + len(held_out) - count) <= 8
    for label in range(4):
        pool = np.flatnonzero(y == label)
        own = held_out[y[held_out] == label]
        assert abs(len(own) - COMPARED_SHARE * count * len(pool) / n_rows) <= 1  # rounded sums differ by 1
        assert runs_of(own, pool) <= RUNS
    again = split(y, True, seed)
    np.testing.assert_array_equal(again[0], fitted)


@pytest.mark.parametrize("y", [np.linspace(0.0, 1.0, 200), np.arange(200), np.zeros((200, 2))])
def test_numbers_and_labels_of_their_own_give_runs_of_all_rows(y):
    fitted, held_out = split(y, y.dtype.kind == "i", 0)
    assert len(held_out) == 50 and len(fitted) == 150
    assert runs_of(held_out, np.arange(200)) <= RUNS
    assert held_out.min() < 100 <= held_out.max()  # one in each half


def test_small_classes_are_not_held_out():
    """Nor do they change what is held out of the others, which lie class by class here."""
    y = np.repeat([0, 1, 2, 3, 4, 5], [2, 3, 40, 40, 1, 40])
    for seed in range(3):
        fitted, held_out = split(y, True, seed)
        np.testing.assert_array_equal(np.bincount(y[held_out], minlength=6), [0, 0, 10, 10, 0, 10])
        np.testing.assert_array_equal(np.bincount(y[fitted]), [2, 3, 30, 30, 1, 30])


def test_of_small_classes_alone_some_are_held_out():
    y = np.repeat(np.arange(30), np.resize([1, 2, 3], 30))
    fitted, held_out = split(y, True, 0)
    assert len(held_out) >= 10 and np.isin(y[held_out], y[fitted]).all()
    assert len(fitted) + len(held_out) == len(y)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_class_of_few_rows_is_learned_within_a_budget(seed):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2, 3], [2, 30, 1, 40])
    X = rng.normal(size=(73, 2)) + 4.0 * np.column_stack([y, y == 0])
    model = NNBCDClassifier(max_bytes=100, max_iter=20, random_state=seed).fit(X, y)
    assert model.classes_.tolist() == [0, 1, 2, 3] and model.score(X, y) > 0.9
    with pytest.raises(
        ValueError, match="'max_bytes' of NNBCDClassifier compares.*one row of each of 4 classes"
    ):
        NNBCDClassifier(max_bytes=100).fit(X[::20], [0, 1, 2, 3])


def test_what_is_known_of_sources_does_not_count():
    """Rows of 100 sources, each with columns and a label of its own: to know these by heart wins nothing."""
    rng = np.random.default_rng(0)
    sources = np.repeat(np.arange(100), 10)
    y = sources % 2
    own = rng.normal(size=(100, 60))
    X = own[sources] + 0.3 * rng.normal(size=(1000, 60))
    X[:, 0] = 1.5 * (2 * y - 1) + rng.normal(size=1000)
    model = NNBCDClassifier(max_bytes=2000, random_state=0).fit(X, y)
    assert max(row["score"] for row in model.compared_) < 0.9  # rows of known sources: .97, of new ones .8


@pytest.mark.parametrize("room", [300, 450, 700, 1500])
def test_small_budgets_on_wide_tables(room):
    """Whatever cannot be made so small is no kind, and the rest is compared."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 300))
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)
    model = NNBCDClassifier(max_bytes=room, max_iter=2, random_state=0).fit(X, y)
    assert model.n_bytes_ <= room and all(row["n_bytes"] <= room for row in model.compared_)


@pytest.mark.parametrize("n", [40, COMPARED_ROWS, 20_000])
def test_rows_are_divided_twice(n):
    """Each time with others held out, the first time as where one division is asked for."""
    X, y, s = np.arange(n, dtype=float)[:, None], np.arange(n) % 2, np.arange(n) + 0.5
    model = NNBCDClassifier(max_bytes=500, random_state=4)
    found = list(divisions(model, X, y, s))
    assert len(found) == DIVISIONS
    held_out = [tuple(T.ravel()) for _, (T, _) in found]
    assert len(set(held_out)) == DIVISIONS
    assert held_out[0] == tuple(divided(model, X, y, None)[1][0].ravel())
    for (fitted, labels, weights), (T, t) in found:
        rows = fitted.ravel()
        assert not set(rows) & set(T.ravel())
        np.testing.assert_array_equal(labels, rows % 2)
        np.testing.assert_array_equal(weights, rows + 0.5)
        np.testing.assert_array_equal(t, T.ravel() % 2)


def test_each_division_holds_its_share_of_each_class_out():
    """A class that lies together is not held out as a whole, nor left out."""
    y = np.repeat([0, 1, 2, 3], [400, 200, 100, 100])
    for (_, labels), (_, held_out) in divisions(NNBCDClassifier(random_state=0), y[:, None], y, None):
        np.testing.assert_array_equal(np.bincount(held_out), [100, 50, 25, 25])
        np.testing.assert_array_equal(np.bincount(labels), [300, 150, 75, 75])


def test_what_is_judged_again_is_a_mean():
    """And bytes are those of the last fit."""
    judged = [(0.9, 0.2, 900), (0.6, 0.8, 800), (0.3, 0.4, 850)]
    rows = [{"score": score, "loss": loss, "n_bytes": size} for score, loss, size in judged]
    mean = {}
    for count, row in enumerate(rows):
        mean = mean_of(mean, row, count)
    assert mean == {"score": pytest.approx(0.6), "loss": pytest.approx(1.4 / 3), "n_bytes": 850}


def test_close_ones_are_within_two_standard_errors():
    error = standard_error(0.9, 400, True)
    rows = [{"score": 0.9 - k * error} for k in (2.1, 0.0, 1.9)]
    assert close_ones(rows, 400, True) == rows[1:]
    assert close_ones(rows, 400, False) == rows[1:2]  # no accuracies: nothing says how sure they are
    assert close_ones([], 400, True) == []


def test_the_best_has_the_lowest_loss_within_one_standard_error():
    error = standard_error(0.9, 400, True)
    scores, losses = (0.9 - 1.1 * error, 0.9, 0.9 - 0.9 * error), (0.1, 0.3, 0.2)
    rows = [{"score": score, "loss": loss} for score, loss in zip(scores, losses, strict=True)]
    assert best_first(rows, 400, True) == [rows[2], rows[1], rows[0]]
    assert best_first(rows, 400, False) == [rows[1], rows[2], rows[0]]


def test_sources_are_held_out_with_all_their_classes():
    """Thirty people one after the other, with rows of six kinds in any order, as in activity data."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(30), 120)
    y = rng.integers(0, 6, len(people))
    for seed in range(3):
        fitted, held_out = split(y, True, seed)
        known = np.bincount(people[fitted], minlength=30) / 120
        assert np.mean(known[people[held_out]]) < 0.35  # 0.7 where classes have runs of their own


def test_an_error_of_r2_is_that_of_normal_residuals():
    """By drawing them: the spread of 1 - R2 on 50 rows, known to about 1 / sqrt(2 * 4000)."""
    noise = np.random.default_rng(0).normal(scale=0.3, size=(4000, 50))  # of targets of variance 1
    spread = np.std(1.0 - np.mean(noise**2, axis=1))
    assert standard_error(1.0 - 0.09, 50, classify=False) == pytest.approx(spread, rel=0.05)
    assert standard_error(0.9, 100, classify=True) == pytest.approx(0.03)
