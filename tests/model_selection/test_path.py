# SPDX-License-Identifier: BSD-3-Clause
"""Paths of networks: each fits its budget, nothing is fitted twice, and what is left out could not win."""

import dataclasses
import math
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_moons

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._kinds import Kind
from sklearn_nnbcd._within_bytes import fit_within
from sklearn_nnbcd.model_selection import _budgets, compression_path
from sklearn_nnbcd.model_selection._budgets import SharedBudgets


@pytest.fixture(scope="module")
def moons():
    X, y = make_moons(400, noise=0.1, random_state=0)
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def path(moons):
    model = NNBCDClassifier(compression=None, max_iter=25, random_state=0)
    return compression_path(model, *moons, [60, "0.4 kB", 150, 60], X_test=moons[0], y_test=moons[1])


def test_networks_go_from_large_to_small_and_fit(path):
    assert path.max_bytes == (400, 150, 60) and len(path) == 3
    assert all(n <= room for n, room in zip(path.n_bytes, path.max_bytes, strict=True))
    assert path.n_bytes == tuple(model.n_bytes_ for model in path.estimators)
    assert len(path.seconds) == len(path.compared) == 3 and min(path.seconds) >= 0
    assert path.scores[0] > 0.88  # that of a line


def test_what_was_chosen_is_in_the_parameters(path, moons):
    for model, chosen, score in zip(path.estimators, path.chosen_params, path.scores, strict=True):
        assert model.max_bytes is None and chosen.items() <= model.get_params().items()
        assert model.score(*moons) == score
        again = clone(model).fit(*moons)  # from nothing, and as large
        assert again.n_bytes_ <= path.max_bytes[path.estimators.index(model)]


def test_a_path_is_a_frozen_table(path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        path.scores = ()
    table = path.to_dict()
    assert table["max_bytes"] == [400, 150, 60] and len(table["bits"]) == 3
    assert len(str(path).splitlines()) == 4
    assert pickle.loads(pickle.dumps(path)).scores == path.scores


def test_the_estimator_stays_as_it_is_and_scores_need_rows(moons):
    model = NNBCDClassifier((4,), compression=None, max_bytes=99, max_iter=3, random_state=0)
    before = model.get_params()
    path = compression_path(model, *moons, [200], sample_weight=np.ones(len(moons[1])))
    assert model.get_params() == before and path.scores is None and path.compared == ([],)
    assert "score" not in path.to_dict()


def test_one_scorer_for_all(moons):
    model = NNBCDClassifier((4,), compression=None, max_iter=3, random_state=0)
    rows = {"X_test": moons[0], "y_test": moons[1]}
    path = compression_path(model, *moons, [200], **rows, scoring="neg_log_loss")
    assert path.scores[0] < 0


def test_sparse_networks_go_on_from_one_dense_fit(moons, monkeypatch):
    """Of three budgets only the first draws weights, and no estimator keeps that start as a parameter."""
    fits = []
    plain = NNBCDClassifier.fit

    def counted(self, *arrays, **options):
        fits.append((self.compression, self.warm_start, self.max_iter))
        return plain(self, *arrays, **options)

    monkeypatch.setattr(NNBCDClassifier, "fit", counted)
    model = NNBCDClassifier((30, 30), compression="l0", solver="minibatch", random_state=0)
    path = compression_path(model, *moons, [800, 600, 450])
    fits = [fit for fit in fits if fit[2] != 1]  # one pass only measures bytes
    assert [fit[:2] for fit in fits][0] == (None, False)
    assert {fit[:2] for fit in fits[1:]} == {("l0", True)}
    assert all(isinstance(passes, int) for _, _, passes in fits[1:])
    assert path.n_bytes[0] > path.n_bytes[1] > path.n_bytes[2]
    for found in path.estimators:
        assert not found.warm_start and found.max_iter == "auto" and found.score(*moons) > 0.9


def test_plain_networks_go_on_from_one_wide_fit(moons, monkeypatch):
    """It is fitted to the rows of the comparison, goes on to all rows, and loses units from there."""
    seen = []
    plain = NNBCDClassifier.fit

    def watched(self, *arrays, **options):
        widths = [coef.shape[1] for coef in self.network_.coefs[:-1]] if hasattr(self, "network_") else None
        if self.max_iter != 1:  # one pass only measures bytes
            seen.append((len(arrays[1]), self.hidden_layer_sizes, widths, self.bits))
        return plain(self, *arrays, **options)

    monkeypatch.setattr(NNBCDClassifier, "fit", watched)
    model = NNBCDClassifier(compression=None, bits=8, random_state=0)
    path = compression_path(model, *moons, [1500, 300])
    hidden = [fit for fit in seen if fit[1]]
    begun = {(rows, widths) for rows, widths, before, _ in hidden if before is None}
    assert begun == {(300, (256,)), (300, (256, 256))}  # of 400 rows
    assert all(list(widths) == before and bits is None for _, widths, before, bits in hidden if before)
    for found, room in zip(path.estimators, path.max_bytes, strict=True):
        assert found.n_bytes_ <= room and found.bits == 8 and not found.warm_start
        assert found.network_.is_rounded and found.score(*moons) > 0.98


def test_given_widths_are_begun_with(moons, monkeypatch):
    seen = set()
    plain = NNBCDClassifier.fit

    def watched(self, *arrays, **options):
        seen.add(self.hidden_layer_sizes)
        return plain(self, *arrays, **options)

    monkeypatch.setattr(NNBCDClassifier, "fit", watched)
    compression_path(NNBCDClassifier((20, 20), random_state=0, column_bins=0, max_iter=5), *moons, [900, 500])
    assert seen - {(), (64,)} == {(20, 20)}  # short fits have these, of which columns are known


class Scripted(SharedBudgets):
    """Kinds whose scores are given; says which were tried."""

    def __init__(self, scores):
        self.estimator, self.size, self.scores, self.tried = NNBCDClassifier(), (2, 1), scores, []
        self.held_out, self.bounds, self.losses, self.starts = (None, np.zeros(100)), {}, {}, {}

    def fitted(self, kind, room, *, on_all):
        self.tried.append((kind.depth, room))
        return SimpleNamespace(score=self.scores[kind.depth][room], n_bytes_=1)


@pytest.fixture
def scripted(monkeypatch):
    """Compared networks are what :class:`Scripted` says; a loss is the score, negative."""
    monkeypatch.setattr(
        _budgets, "judged", lambda fitted, T, t: {"n_bytes": 1, "score": fitted.score, "loss": -fitted.score}
    )
    monkeypatch.setattr(_budgets, "chosen_of", lambda score, params: params)


def test_a_kind_is_left_out_only_if_it_could_not_be_chosen(scripted):
    """A standard error of 100 rows is .03 at .9: .80 is out at once, and back when the best has fallen."""
    kinds = [Kind(None, 4, (3,), depth) for depth in (0, 1, 2)]
    scores = {
        0: {900: 0.90, 600: 0.90, 300: 0.7},
        1: {900: 0.89, 600: 0.89, 300: 0.7},
        2: {900: 0.8, 600: 0.8, 300: 0.8},
    }
    shared = Scripted(scores)
    chosen = [shared.compared(kinds, room)[0]["kind"].depth for room in (900, 600, 300)]
    assert chosen == [0, 0, 2]
    assert shared.tried == [(0, 900), (1, 900), (2, 900), (0, 600), (1, 600), (0, 300), (1, 300), (2, 300)]
    shared.bounds[_budgets.wide(kinds[2])] = 0.5  # nor is it better than the wide network it goes on from
    assert shared.compared(kinds, 300)[0]["kind"].depth == 0 and shared.tried[-1] == (1, 300)
    shared.bounds, shared.starts[kinds[1], True] = {}, None  # of those that are level one that is begun
    assert shared.compared(kinds, 600)[0]["kind"].depth == 1


def test_what_is_begun_is_left_for_better_scores_or_smaller_losses_only(scripted):
    """.90, .89 and .87 are level: one that is begun stays, whatever a kind has that had no more before."""
    kinds = [Kind(None, 4, (3,) * depth, depth) for depth in (1, 2, 3)]
    shared = Scripted({1: {600: 0.90}, 2: {600: 0.88}, 3: {600: 0.87}})
    shared.starts[kinds[1], True] = None
    families = [_budgets.family(kind) for kind in kinds]
    shared.bounds = dict(zip(families, (0.91, 0.89, 0.88), strict=True))
    assert shared.compared(kinds, 600)[0]["kind"].depth == 2
    assert shared.tried == [(2, 600), (1, 600)]
    shared.starts[kinds[2], True], shared.tried = None, []
    shared.bounds = dict(zip(families, (0.88, 0.89, 0.88), strict=True))
    shared.losses = {families[1]: -0.89, families[2]: -0.87}  # the third one's was larger with more bytes
    assert shared.compared(kinds, 600)[0]["kind"].depth == 2 and shared.tried == [(2, 600)]
    shared.losses, shared.tried = {families[1]: -0.89, families[2]: -0.885}, []
    shared.compared(kinds, 600)
    assert shared.tried == [(2, 600), (3, 600)]
    assert shared.losses == {families[1]: -0.88, families[2]: -0.87}


def test_what_a_network_took_is_reckoned_with():
    shared, plain, sparse = Scripted({}), Kind(None, 4, None, 1), Kind("l0", 4, (256, 256))
    shared.taken = {}
    assert shared.reckoned(plain, 500) == 494  # two columns may have a unit each, and a number is long
    shared.taken = {plain: (1000, 1100), sparse: (1000, 1100)}
    assert shared.reckoned(plain, 500) == shared.reckoned(sparse, 500) == 396
    shared.taken = {plain: (1000, 800), sparse: (1000, 800)}
    assert shared.reckoned(plain, 500) == 496  # there was no room for one more unit
    assert shared.reckoned(sparse, 500) == 620  # there are fewer units: 625, but for a hundredth


@pytest.mark.parametrize("over, share", [(60, 1.0), (30, 0.5), (1, 0.0)])
def test_a_network_that_loses_much_once_more_is_trained_as_long_once_more(moons, over, share, monkeypatch):
    """With 600 bytes a tenth is much: less has as much less of the passes, two at least."""
    shared = SharedBudgets(NNBCDClassifier(random_state=0), (2, 1), *moons, None)
    kind, passes, rounded = Kind(None, 8, None, depth=1, widest=240), [], SharedBudgets.rounded

    def too_large_at_first(self, model, *rest):
        found = rounded(self, model, *rest)
        passes.append(model.max_iter)
        return SimpleNamespace(n_bytes_=600 + over) if len(passes) == 1 else found

    monkeypatch.setattr(SharedBudgets, "rounded", too_large_at_first)
    assert shared.fitted(kind, 600, on_all=True).n_bytes_ <= 600
    assert passes[1] == max(_budgets.FEW, math.ceil(share * passes[0])) and passes[0] > 4 * _budgets.FEW


@pytest.mark.parametrize("compression", [None, "l0", "low_rank"])
@pytest.mark.parametrize("room", [300, 360, 600])
def test_a_network_is_fitted_once(moons, room, compression, monkeypatch):
    """Whatever the scales of the columns and the places of weights take: one pass says how much."""
    noise = 100.0 * np.random.default_rng(0).normal(size=(len(moons[0]), 10))
    rows = np.hstack([moons[0], noise.astype(np.float32)]), moons[1]
    model = NNBCDClassifier(compression=compression, max_iter=3, random_state=0)
    kind = Kind(None, None, None, depth=1) if compression is None else Kind(compression, 8, (24,))
    fit, passes = NNBCDClassifier.fit, []

    def counted(self, *arrays):
        passes.append(self.max_iter)
        return fit(self, *arrays)

    monkeypatch.setattr(NNBCDClassifier, "fit", counted)
    found = fit_within(model, kind, room, (12, 1), rows, {})
    assert found.n_bytes_ <= room
    assert passes.count(3) == 1 and passes[-1] == 3 and len(passes) > 1


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"max_bytes": 400}, ValueError, "must be a sequence of budgets"),
        ({"max_bytes": []}, ValueError, "must be a sequence of budgets"),
        ({"max_bytes": [400, "many"]}, ValueError, "must be a whole number of bytes"),
        ({"max_bytes": [400, 4]}, ValueError, r"must leave room.*Got 4\."),
        ({"max_bytes": np.int64(400)}, ValueError, "must be a sequence of budgets"),
        ({"scoring": "accuracy"}, ValueError, "'scoring' of compression_path must be None without rows"),
        ({"X_test": [[0.0, 0.0]]}, ValueError, "must come together"),
        ({"y": None}, ValueError, "'y' of compression_path must hold targets"),
        ({"y": [0, 1]}, ValueError, "inconsistent numbers of samples"),
        ({"estimator": clone}, TypeError, "must be an NNBCDClassifier or an NNBCDRegressor"),
        ({"estimator": NNBCDClassifier(rank=2)}, ValueError, "takes the place of 'rank'"),
    ],
)
def test_bad_input_is_refused_before_any_work(moons, change, error, message, monkeypatch):
    monkeypatch.setattr(NNBCDClassifier, "fit", lambda *_: pytest.fail("a fit"))
    given = {"estimator": NNBCDClassifier(), "X": moons[0], "y": moons[1], "max_bytes": [400]} | change
    with pytest.raises(error, match=message):
        compression_path(**given)


def test_the_next_best_is_taken_where_the_best_is_too_large_on_all_rows(moons, monkeypatch):
    model = NNBCDClassifier(compression=None, max_iter=2, random_state=0)
    before = compression_path(model, *moons, [150]).compared[0]
    best, second, *others = (depth(row["params"]) for row in before)
    fitted = SharedBudgets.fitted

    def too_large(self, kind, room, *, on_all):
        return None if on_all and kind.depth == best else fitted(self, kind, room, on_all=on_all)

    monkeypatch.setattr(SharedBudgets, "fitted", too_large)
    path = compression_path(model, *moons, [150])
    assert path.n_bytes[0] <= 150 and depth(path.estimators[0].get_params()) == second
    assert [depth(row["params"]) for row in path.compared[0]] == [second, best, *others]


def test_a_kind_that_was_left_out_is_taken_where_all_that_were_tried_are_too_large(moons, monkeypatch):
    model, compared = NNBCDClassifier(compression=None, max_iter=2, random_state=0), SharedBudgets.compared
    monkeypatch.setattr(SharedBudgets, "compared", lambda self, kinds, room: compared(self, kinds[:1], room))
    left_out = Kind(None, None, None, depth=1)
    monkeypatch.setattr(SharedBudgets, "kinds", lambda self, room: [replace(left_out, depth=2), left_out])
    fitted = SharedBudgets.fitted

    def too_large(self, kind, room, *, on_all):
        return None if on_all and kind.depth == 2 else fitted(self, kind, room, on_all=on_all)

    monkeypatch.setattr(SharedBudgets, "fitted", too_large)
    path = compression_path(model, *moons, [150])
    assert path.n_bytes[0] <= 150 and depth(path.estimators[0].get_params()) == 1
    assert path.compared == ([],)


def test_fewer_bits_may_have_more_units_than_the_budget_before(moons):
    """Where 4 bits are as wide as they get there are 8; a little below there are 4 again, and more units."""
    kind, model = Kind(None, None, None, depth=1, widest=240), NNBCDClassifier(max_iter=2, random_state=0)
    edge = next(room for room in range(800, 900) if kind.within(room, 2, 1)["bits"] == 8)
    rooms = (900, edge, 800)  # at the edge what a fit takes beside what is reckoned leaves room for 4 bits
    shared = SharedBudgets(model, (2, 1), *moons, None)
    found = [shared.fitted(kind, room, on_all=True) for room in rooms]
    assert all(each.n_bytes_ <= room for each, room in zip(found, rooms, strict=True))
    assert [each.bits for each in found] == [8, 4, 4]
    assert found[0].hidden_layer_sizes < (200,) < found[-1].hidden_layer_sizes


def depth(params):
    """Hidden layers."""
    return len(params["hidden_layer_sizes"])


def test_regression():
    X = np.linspace(-2, 2, 200, dtype=np.float32)[:, None]
    model = NNBCDRegressor(compression=None, max_iter=30, random_state=0)
    path = compression_path(model, X, np.abs(X[:, 0]), [50, 200], X_test=X, y_test=np.abs(X[:, 0]))
    assert path.scores[0] > 0.9 and path.n_bytes[1] <= 50


def test_sparse_networks_of_a_path_have_no_ramps():
    """They go on from one dense fit, whose columns are those of all budgets."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    y = ((np.abs(X[:, 0]) < 0.5) ^ (X[:, 1] > 0.3)).astype(int)
    model = NNBCDClassifier((64,), compression="l0", column_bins=8, max_iter=4, random_state=0)
    path = compression_path(model, X, y, [1200, 800])
    assert all(fitted.network_.columns is None for fitted in path.estimators)
    single = NNBCDClassifier(**model.get_params() | {"max_bytes": 1200}).fit(X, y)
    assert any(row["params"]["column_bins"] for row in single.compared_)


def test_activations_have_few_bits_at_every_budget(moons):
    """Also where the wide network itself fits, whose activations must not be rounded yet."""
    model = NNBCDClassifier((20,), compression=None, activation_bits=8, max_iter=5, random_state=0)
    path = compression_path(model, *moons, [600, 110])
    assert [found.bits for found in path.estimators] == [8, 4]
    assert all(found.activation_bits == 8 and found.integers_.bits == 8 for found in path.estimators)
    assert all(found.score(*moons) > 0.9 for found in path.estimators)
