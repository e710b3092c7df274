# SPDX-License-Identifier: BSD-3-Clause
"""Files of networks: what comes back predicts the same bit for bit, and what is no such file is refused."""

import inspect
import io
import itertools
import json
import pickle
import struct
import tracemalloc
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from random_networks import random_network
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, compressions, initializers, layers, solvers
from sklearn_nnbcd.activations import ReLU
from sklearn_nnbcd.compressions import CompressedWeight
from sklearn_nnbcd.export import _codec as codec
from sklearn_nnbcd.export import load_network, save_network


def saved(estimator):
    """The bytes of the estimator's file."""
    file = io.BytesIO()
    save_network(estimator, file)
    return file.getvalue()


def restored(content):
    """The estimator of such bytes."""
    return load_network(io.BytesIO(content))


def assert_same(one, other, X):
    """Both predict the same, bit for bit."""
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(one, method):
            a, b = getattr(one, method)(X), getattr(other, method)(X)
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def sparse_model(iris):
    X, y = iris
    return NNBCDClassifier((8,), compression="l0", sparsity=0.5, max_iter=2, random_state=0).fit(X, y)


@pytest.mark.parametrize("seed", range(40))
def test_any_network_comes_back(seed):
    model, X, text = random_network(seed)
    if hasattr(model, "steps"):
        model, X = model[-1], model[:-1].transform(X)
    other = restored(saved(model))
    assert_same(model, other, X)
    assert repr(other) == repr(model), text
    assert vars(other).get("loss_") == model.loss_ and other.n_bytes_ == model.n_bytes_


def piece_of(kind):
    """An instance of a registered class, with what its constructor needs."""
    needed = {"units": 3, "filters": 2, "kernel_size": 3, "layers": [layers.Dense(2), layers.Dense(3)]}
    parameters = inspect.signature(kind).parameters.values()
    return kind(**{p.name: needed[p.name] for p in parameters if p.default is p.empty})


PIECES = [(family, name, kind) for family, pieces in codec.FAMILIES.items() for name, kind in pieces.items()]


@pytest.mark.parametrize("family, name, kind", PIECES, ids=lambda value: str(value))
def test_every_registered_piece_is_held(family, name, kind):
    piece, encoder = piece_of(kind), codec.Encoder()
    tree = json.loads(json.dumps(encoder.encode(piece, "it")))
    other = codec.Decoder(encoder.arrays.__getitem__).decode(tree)
    assert type(other) is kind and repr(other) == repr(piece)


def test_every_public_piece_and_weight_is_held_or_refused_by_name():
    modules = [compressions, initializers, layers, solvers]
    public = [getattr(module, name) for module in modules for name in module.__all__]
    pieces = {c for c in public if isinstance(c, type) and issubclass(c, BaseEstimator)}
    pieces = {c for c in pieces if not c.__name__.startswith("Base")}
    known = set(codec.known_classes().values())
    assert pieces - known == set(codec.REFUSED)
    ours = {c for c in codec._subclasses(CompressedWeight) if c.__module__.startswith("sklearn_nnbcd.")}
    assert ours <= known and len(ours) >= 8


def test_a_start_from_an_mlp_is_refused_with_the_cure(iris):
    X, y = iris
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NNBCDClassifier.from_mlp(MLPClassifier((5,), max_iter=5, random_state=0).fit(X, y))
    with pytest.raises(ValueError, match="initializer=.*holds a whole MLP"):
        saved(model)
    assert_same(model, restored(saved(model.set_params(initializer="auto"))), X)


class Custom(ReLU):
    """A piece that is not the library's."""


@pytest.mark.parametrize(
    "parameters",
    [{"activation": Custom()}, {"random_state": np.random.RandomState(0)}],
    ids=["piece", "random state"],
)
def test_what_is_not_the_librarys_is_refused_and_nothing_written(iris, parameters):
    model = NNBCDClassifier((4,), max_iter=1, random_state=0).fit(*iris).set_params(**parameters)
    file = io.BytesIO()
    with pytest.raises(ValueError, match=rf"NNBCDClassifier.{next(iter(parameters))}="):
        save_network(model, file)
    assert file.getvalue() == b""


@pytest.mark.parametrize(
    "names",
    [
        np.array([3, 7, -1]),
        np.array(["a", "ß", "c d"]),
        np.array(["a", "b", "long"], dtype=object),
        np.array([0.5, 1.0, 2.0]),
        np.array([1, 2, 3], dtype=np.uint8),
    ],
    ids=lambda names: str(names.dtype),
)
def test_labels_of_every_kind(iris, names):
    X, y = iris
    y = names[y]
    if names.dtype.kind == "f":
        y = y.astype(int).astype(float)
    model = NNBCDClassifier((4,), class_weight={name: 1.5 for name in np.unique(y).tolist()}, max_iter=1)
    model.fit(X, y)
    other = restored(saved(model))
    assert other.classes_.dtype == model.classes_.dtype
    assert_same(model, other, X)


def test_a_table_with_names_images_and_a_stream(iris, tmp_path):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    table = pandas.DataFrame(X, columns=list("abcd"))
    model = NNBCDRegressor((4,), solver="minibatch", max_iter=1, random_state=0).fit(table, y)
    save_network(model, tmp_path / "model.npz")
    other = load_network(str(tmp_path / "model.npz"))
    assert_same(model, other, table)
    with pytest.raises(ValueError, match="feature names"):
        other.predict(table.rename(columns={"a": "z"}))
    other.partial_fit(table, y)
    images = np.random.RandomState(0).normal(size=(30, 5, 4, 1))
    model = NNBCDClassifier(layers=[layers.Conv2D(2, 3)], max_iter=1).fit(images, np.arange(30) % 2)
    other = restored(saved(model))
    assert_same(model, other, images)
    with pytest.raises(ValueError, match="images of shape"):
        other.predict(images[:, :4])


def test_only_networks_are_saved(iris):
    with pytest.raises(TypeError, match=r"NNBCDClassifier or NNBCDRegressor. Got MLPClassifier"):
        saved(MLPClassifier())


def test_files_of_text_are_refused(sparse_model):
    with pytest.raises(TypeError, match="'file' of save_network.*open for bytes.*mode 'wb'"):
        save_network(sparse_model, io.StringIO())
    for file in (io.StringIO("network"), 3, None):
        with pytest.raises(TypeError, match="'file' of load_network.*open for bytes.*mode 'rb'"):
            load_network(file)


# damaged and hostile files ------------------------------------------------------------------------


def rewritten(content, change=None, numbers=None, **members):
    """The archive with its JSON changed, another member of numbers, members added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        tree = json.loads(old.read("network.json"))
        if change is not None:
            change(tree)
        new.writestr("network.json", json.dumps(tree))
        new.writestr("numbers.npy", old.read("numbers.npy") if numbers is None else numbers)
        for name, data in members.items():
            new.writestr(name, data)
    return file.getvalue()


def arrays_of(content):
    """The arrays of a file, C order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        specs = json.loads(archive.read("network.json"))["arrays"]
        data, found = np.load(io.BytesIO(archive.read("numbers.npy"))).tobytes(), []
    for dtype, shape, order in specs:
        n = int(np.prod(shape)) * np.dtype(dtype).itemsize
        found.append(np.frombuffer(data[:n], dtype).reshape(shape, order=order))
        data = data[n:]
    assert data == b""
    return found


def with_array(content, k, array):
    """The archive with another array k, which its JSON describes."""
    arrays = arrays_of(content)
    arrays[k] = array
    numbers = np.frombuffer(b"".join(x.tobytes() for x in arrays), np.uint8)
    described = [[x.dtype.str, list(x.shape), "C"] for x in arrays]
    return rewritten(content, lambda tree: tree.update(arrays=described), npy_bytes(numbers))


def refused(content, match, most=2**20):
    """The file is refused with a message, and without taking memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=match) as caught:
            restored(content)
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    assert "The 'file' of load_network must" in str(caught.value)


def npy_bytes(array, shape=None):
    """An array as .npy, with another shape in its header if one is given."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    content = file.getvalue()
    if shape is None:
        return content
    header = (
        repr({"descr": array.dtype.str, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    )
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header + content[128:]


def test_truncated_anywhere(sparse_model):
    content = saved(sparse_model)
    for length in [*range(0, len(content), 97), len(content) - 1]:
        refused(content[:length], "whole, unchanged file")


def test_a_flipped_bit_anywhere(sparse_model, iris):
    """The checksums of the archive see it; where they do not look, nothing of the network changes."""
    content = saved(sparse_model)
    for place in range(0, len(content), 61):
        damaged = bytearray(content)
        damaged[place] ^= 4
        try:
            other = restored(bytes(damaged))
        except ValueError as error:
            assert "'file' of load_network must" in str(error)
        else:
            assert_same(sparse_model, other, iris[0])


def test_no_archive_and_a_pickle(sparse_model):
    refused(b"", "whole, unchanged file")
    refused(pickle.dumps(sparse_model), "whole, unchanged file")
    with pytest.raises(FileNotFoundError):
        load_network("/no/such/file.npz")


def test_object_arrays_are_not_read(sparse_model):
    content, change = saved(sparse_model), set_at("arrays", 0, 0, to="|O")
    refused(rewritten(content, change), "arrays of object are not read")
    array = npy_bytes(np.array([print, "boo"], dtype=object))
    refused(rewritten(content, numbers=array), "whole, unchanged file.*arrays")


@pytest.mark.parametrize("dtype", ["V8", "(10**12,)f8", "100000000f8", "f8,f8", "M8[s]", "U99999999999", "x"])
def test_dtypes_that_are_none_of_numbers_or_text(sparse_model, dtype):
    refused(rewritten(saved(sparse_model), set_at("arrays", 0, 0, to=dtype)), "whole, unchanged file")


@pytest.mark.parametrize(
    "shape", [[10**12], [10**6, 10**6], [3], [-1, 5], [2**63, 2], [1.5], [True], "ab", 7]
)
def test_sizes_that_lie(sparse_model, shape):
    content, change = saved(sparse_model), set_at("arrays", 0, 1, to=shape)
    refused(rewritten(content, change), "whole, unchanged file")
    if isinstance(shape, list) and all(type(n) is int for n in shape):
        numbers = npy_bytes(np.zeros(10, np.uint8), tuple(shape))
        refused(rewritten(content, numbers=numbers), "whole, unchanged file.*arrays")
        refused(rewritten(content, change, numbers), "whole, unchanged file.*array")


def test_compressed_members_are_refused_unread(sparse_model):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("network.json", b" " * 10**7)  # a thousand times larger than the file
    refused(file.getvalue(), "its JSON is too large")
    content, file = saved(sparse_model), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with zipfile.ZipFile(io.BytesIO(content)) as old:
            archive.writestr("network.json", old.read("network.json"))
        archive.writestr("numbers.npy", b" " * 10**7)
    refused(file.getvalue(), "compressed or say that they are larger")


@pytest.mark.parametrize("name", ["../../evil.npy", "/etc/passwd", "numbers.npy/..", "evil.pkl"])
def test_other_members_are_refused(sparse_model, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(rewritten(saved(sparse_model), **{name: b"boo"}), "network.json and numbers.npy alone")
    assert list(tmp_path.rglob("*")) == []


def test_members_that_are_not_there_or_twice(sparse_model):
    content, file = saved(sparse_model), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, zipfile.ZipFile(io.BytesIO(content)) as old:
        archive.writestr("network.json", old.read("network.json"))
    refused(file.getvalue(), "alone")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("numbers.npy", b"")
    refused(file.getvalue(), "must hold network.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refused(rewritten(content, **{"numbers.npy": b"boo"}), "alone")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "l0"}, {"bits": "binary"}, {"bits": "ternary"}, {"bits": 4, "compression": "tt"}],
    ids=str,
)
def test_files_are_as_large_as_their_arrays(options):
    """Beside the arrays: two members, and a JSON text that packs to a kilobyte."""
    random = np.random.RandomState(0)
    X = random.normal(size=(100, 64))
    model = NNBCDClassifier((100, 20), **options, max_iter=2, random_state=0).fit(X, X[:, :3].argmax(axis=1))
    content = saved(model)
    assert len(content) <= model.n_bytes_ + 1900
    assert content == saved(model)  # no time of day in it
    assert_same(model, restored(content), X)


def test_newer_and_other_files(sparse_model):
    content = saved(sparse_model)
    refused(rewritten(content, lambda tree: tree.update(version=5)), "version 5: upgrade sklearn_nnbcd")
    refused(rewritten(content, lambda tree: tree.update(version=3)), "version 3: write it again")
    refused(rewritten(content, lambda tree: tree.update(format="mine")), "of the format")


def set_at(*path, to):
    """A change of one entry of the JSON."""

    def change(tree):
        for key in path[:-1]:
            tree = tree[key]
        assert path[-1] in tree or isinstance(tree, list)
        tree[path[-1]] = to

    return change


CHANGES = {
    "another class": set_at("network", "coefs", "tuple", 0, "is", to="os.system"),
    "a wide layer": set_at("network", "layers", "tuple", 1, "units", to=10**12),
    "rows of another shape": set_at("network", "layers", "tuple", 1, "for rows of", to=[10**12]),
    "a sparse weight of another shape": set_at(
        "network", "coefs", "tuple", 0, "shape", to={"tuple": [4, 10**12]}
    ),
    "indices as values": set_at("network", "coefs", "tuple", 0, "data", to={"array": 1}),
    "values as gaps": set_at("network", "coefs", "tuple", 0, "where", "packed", to={"array": 0}),
    "gaps of other bits": set_at("network", "coefs", "tuple", 0, "where", "bits", to=8),
    "gaps of no bits": set_at("network", "coefs", "tuple", 0, "where", "bits", to=0),
    "places of fewer values": set_at("network", "coefs", "tuple", 0, "where", "n", to=3),
    "places of no values": set_at("network", "coefs", "tuple", 0, "where", "n", to=-1),
    "places that are no gaps": set_at("network", "coefs", "tuple", 0, "where", to={"array": 1}),
    "no such array": set_at("network", "intercepts", "tuple", 0, to={"array": 99}),
    "an array by a path": set_at("network", "intercepts", "tuple", 0, to={"array": "../0"}),
    "a skip from nowhere": set_at("network", "skips", to={"tuple": [None, 7, None]}),
    "no layers": set_at("network", "coefs", to={"tuple": []}),
    "an unknown parameter": set_at("parameters", "rho", to={"is": "losses.hinge", "x": 1}),
    "a bad parameter": set_at("parameters", "tol", to=-1),
    "one class": set_at("targets", "classes", to={"objects": ["a"], "shape": [1]}),
    "more classes than outputs": set_at("targets", "classes", to={"objects": list("abcd"), "shape": [4]}),
    "another task": set_at("estimator", to="NNBCDRegressor"),
    "other features": set_at("fitted", "n_features_in_", to=5),
    "nothing": set_at("network", to=None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_parts_that_do_not_fit(sparse_model, name):
    refused(rewritten(saved(sparse_model), CHANGES[name]), "whole, unchanged file")


@pytest.mark.parametrize(
    "change",
    [
        lambda packed: np.concatenate([np.full(20, 255, np.uint8), packed]),  # all behind the weight's end
        lambda packed: np.full_like(packed, 255),  # no places
        lambda packed: packed[:1],  # too few
        lambda packed: packed.astype(np.uint16),
    ],
)
def test_sparse_places_out_of_range_are_refused(sparse_model, change):
    """A sparse product would read memory that is not the weight's."""
    packed = sparse_model.network_.coefs[0].where.packed
    refused(with_array(saved(sparse_model), 1, change(packed)), "do not fit a weight")


@pytest.mark.parametrize("name", ["tt", "tucker", "cp", "low_rank", "group_lasso", "sum"])
def test_arrays_of_another_shape_are_refused_in_every_format(iris, name):
    X, y = iris
    model = NNBCDClassifier((8,), compression=name, max_iter=1, random_state=0).fit(X, y)
    content = saved(model)
    for k, array in enumerate(model.network_.coefs[0].arrays):
        if array.dtype.kind == "f" and array.size:
            wrong = np.concatenate([array, array], axis=-1)
            refused(with_array(content, k, wrong), "whole, unchanged file")


@pytest.fixture(scope="module")
def integer_model(iris):
    X, y = iris
    options = {"compression": "l0", "sparsity": 0.5, "activation": "tanh", "compress_output": False}
    return NNBCDClassifier((8,), activation_bits=8, max_iter=2, random_state=0, **options).fit(X, y)


def places_of(tree, at=()):
    """Paths of all plain numbers, array names and names of classes in a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        if isinstance(value, dict | list):
            yield from places_of(value, (*at, key))
        elif isinstance(value, int | str) and not isinstance(value, bool):
            yield (*at, key), value


@pytest.mark.parametrize("to", [10**12, -1, {"tuple": []}, None])
def test_integers_that_do_not_fit(iris, integer_model, to):
    """Whatever stands for a part of the integers: refused, or predictions of the right shape."""
    content, found = saved(integer_model), []
    assert_same(integer_model, restored(content), iris[0])
    rewritten(content, lambda tree: found.extend(places_of(tree["integers"], ("integers",))))
    assert len(found) > 30
    n_refused = 0
    for path, _ in found:
        try:
            other = restored(rewritten(content, set_at(*path, to=to)))
        except ValueError as error:
            assert "'file' of load_network must" in str(error)
            n_refused += 1
        else:
            assert other.predict(iris[0][:3]).shape == (3,)
    assert n_refused > 0.7 * len(found)  # -1 may stand for a zero or an end of a range


@pytest.mark.parametrize("bits", [8, 3, "ternary"])
def test_codes_that_do_not_fit_are_refused(iris, bits):
    X, y = iris
    model = NNBCDClassifier((8,), compression="low_rank", bits=bits, max_iter=1, random_state=0).fit(X, y)
    content = saved(model)
    assert_same(model, restored(content), X)
    for array in model.network_.coefs[0].arrays:
        same = [
            k for k, x in enumerate(arrays_of(content)) if x.dtype == array.dtype and np.array_equal(x, array)
        ]
        for k, wrong in itertools.product(same, (np.concatenate([array, array]), array[:0])):
            refused(with_array(content, k, wrong), "whole, unchanged file")


@pytest.mark.parametrize("of", ["scales", "intercepts"])
@pytest.mark.parametrize(
    "change",
    [
        lambda x: replace(x, integers=x.integers.astype(np.int32)),
        lambda x: replace(x, power=x.power.astype(np.int16)),
        lambda x: replace(x, power=np.asarray([101], np.int8)),
        lambda x: replace(x, precision="float16"),
    ],
)
def test_short_numbers_that_do_not_fit_are_refused(iris, of, change):
    """Products with them would do what nobody wrote."""
    X, y = iris
    model = NNBCDClassifier((8,), bits=4, max_iter=1, random_state=0).fit(X, y)
    network = model.network_
    if of == "intercepts":
        network = replace(network, intercepts=(change(network.intercepts[0]), *network.intercepts[1:]))
    else:
        coef = network.coefs[0]
        (number,) = coef.inner.numbers
        inner = coef.inner.with_numbers([replace(number, scale=change(number.scale))])
        network = replace(network, coefs=(replace(coef, inner=inner), *network.coefs[1:]))
    model.network_ = network
    refused(saved(model), "whole, unchanged file")
