# SPDX-License-Identifier: BSD-3-Clause
"""Choices between two records, made where the condition is known."""

from dataclasses import dataclass

import numpy as np
import pytest
from problems import NUMPY, to_host

from sklearn_nnbcd.backends import Backend
from sklearn_nnbcd.numerics._choice import choose


@dataclass(frozen=True)
class Record:
    """Arrays among other things."""

    array: object
    parts: tuple
    name: str = "same"


def record(xp, value, width=3, name="same"):
    """A record whose arrays hold the value."""
    return Record(xp.full((2, width), value), (xp.full((4,), value), 7), name)


@pytest.fixture
def unread(standard, monkeypatch):
    """A namespace whose arrays cannot be asked whether they are true."""
    array_type = type(standard.zeros(1))
    if standard.__name__ != "array_api_strict":
        pytest.skip("one library is enough")

    def refuse(self):
        raise AssertionError("read")

    monkeypatch.setattr(array_type, "__bool__", refuse)
    return standard


@pytest.mark.parametrize("first", [True, False])
def test_records_of_one_shape_are_chosen_without_a_look(first, unread):
    condition = unread.asarray(first)
    chosen, pair = choose(condition, (record(unread, 1.0), 5), (record(unread, 2.0), 5), xp=unread)
    value = 1.0 if first else 2.0
    np.testing.assert_array_equal(to_host(chosen.array), np.full((2, 3), value))
    np.testing.assert_array_equal(to_host(chosen.parts[0]), np.full(4, value))
    assert chosen.parts[1] == 7 and chosen.name == "same" and pair == 5


@pytest.mark.parametrize("other", [dict(width=4), dict(name="another")])
def test_others_need_a_look(other, unread, monkeypatch):
    pair = record(unread, 1.0), record(unread, 2.0, **other)
    with pytest.raises(AssertionError, match="read"):
        choose(unread.asarray(True), *pair, xp=unread)
    monkeypatch.undo()
    assert choose(unread.asarray(True), *pair, xp=unread) is pair[0]
    assert choose(unread.asarray(False), *pair, xp=unread) is pair[1]


def test_what_is_known_is_chosen_as_it_is(standard):
    pair = record(standard, 1.0), record(standard, 2.0)
    assert choose(True, *pair, xp=standard) is pair[0]
    pair = record(NUMPY, 1.0), record(NUMPY, 2.0)
    assert choose(np.asarray(False), *pair, xp=NUMPY) is pair[1]


def test_numbers_are_read_together(standard, monkeypatch):
    transfers, to_numpy = [], Backend.to_numpy
    given = [1.5, standard.asarray(2.5), 0, standard.asarray(np.float32(0.25))]
    backend = Backend()
    monkeypatch.setattr(backend, "to_numpy", lambda x, xp: transfers.append(x) or to_numpy(backend, x, xp=xp))
    if standard.__name__.endswith("cupy"):
        pytest.skip("the generic backend reads through the standard")
    read = backend.floats(given, xp=standard)
    assert read == [1.5, 2.5, 0.0, 0.25] and all(type(x) is float for x in read)
    assert len(transfers) == 1
    assert backend.floats([1.0, 2], xp=standard) == [1.0, 2.0] and len(transfers) == 1
