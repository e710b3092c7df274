# SPDX-License-Identifier: BSD-3-Clause
"""Fitted estimators in a file of numbers and JSON, which executes nothing when it is read."""

from __future__ import annotations

import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy
from sklearn.utils.validation import check_is_fitted

from .._arrays import to_device
from .._classifier import NNBCDClassifier
from .._estimator import fitted_attributes
from .._parameters import check_parameters
from .._regressor import NNBCDRegressor
from .._validation import check_file
from ..compressions.quantization import FixedPoint
from ..graphs import network_graph
from ..integers import checked_form
from ..network import Network
from ..targets import Indicators, Labels, Numbers
from ._codec import Decoder, Encoder, checked_sizes, plain_dtype

FORMAT, VERSION = "sklearn_nnbcd network", 4
#: members of the archive: all but the arrays, deflated, and the bytes of all arrays, one behind another
HEADER, NUMBERS = "network.json", "numbers.npy"
#: bytes of JSON that are read at most: in all, and for each byte in the file beside a few thousand
MOST_JSON, LEAST_JSON, MOST_RATIO = 2**26, 2**16, 64
ESTIMATORS = {cls.__name__: cls for cls in (NNBCDClassifier, NNBCDRegressor)}
#: fields of a network in the order in which they are written
PARTS = ("layers", "coefs", "intercepts", "activations", "skips", "inputs", "columns")
#: what may go wrong with bytes that are not what they say
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def save_network(estimator: Any, file: str | os.PathLike | IO[bytes]) -> None:
    """Write a fitted estimator to a file from which :func:`load_network` makes one that predicts the same.

    The file is an ``.npz`` of two members: a JSON text, and the bytes of all arrays of the network, in their
    compressed form, as one array; beside the arrays it takes a kilobyte or two. It holds the parameters, the
    network and the classes; not the curves and the solver's state of the fit.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted. A pipeline is kept by ``skops``, see :func:`skops_trusted_types`.
    file : str, path or binary file object
        The name is used as it is; ``.npz`` is usual.

    Raises
    ------
    TypeError
        For another estimator, and for a file that is open for text.
    ValueError
        For a parameter that a file cannot hold, such as a piece of your own or a ``RandomState``; nothing
        has been written by then.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> import io
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import load_network, save_network
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), compression="low_rank", rank=2, random_state=0).fit(X, y)
    >>> file = io.BytesIO()
    >>> save_network(model, file)
    >>> bool((load_network(file).predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    if type(estimator).__name__ not in ESTIMATORS or type(estimator) not in ESTIMATORS.values():
        raise TypeError(
            f"The 'estimator' of save_network must be a fitted {' or '.join(ESTIMATORS)}. Got "
            f"{type(estimator).__name__}. Of a pipeline pass the last step, pipeline[-1], or keep it whole "
            "by skops."
        )
    check_is_fitted(estimator, "network_")
    check_file(file, "file", "save_network", "wb")
    encoder, name, network = Encoder(), type(estimator).__name__, estimator.network_
    tree = {
        "format": FORMAT,
        "version": VERSION,
        "estimator": name,
        "parameters": {
            key: encoder.encode(value, f"{name}.{key}")
            for key, value in estimator.get_params(deep=False).items()
        },
        "network": {part: encoder.encode(getattr(network, part), part) for part in PARTS},
        "targets": encoder.encode(estimator.targets_, "targets"),
        "integers": encoder.encode(estimator.integers_, "integers"),
        "image": len(network.layers[1].input_shape_) == 3,
        "fitted": {
            key: encoder.encode(getattr(estimator, key), key)
            for key in ("n_features_in_", "feature_names_in_", "n_iter_", "loss_")
            if hasattr(estimator, key)
        },
    }
    tree["arrays"] = [[x.dtype.str, list(x.shape), _order(x)] for x in encoder.arrays]
    text = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode()
    n_bytes = sum(x.nbytes for x in encoder.arrays)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(HEADER), text, zipfile.ZIP_DEFLATED, 9)
        with archive.open(zipfile.ZipInfo(NUMBERS), "w", force_zip64=n_bytes >= 2**31) as member:
            npy.write_array_header_1_0(member, {"shape": (n_bytes,), "fortran_order": False, "descr": "|u1"})
            for x in encoder.arrays:
                member.write(x.tobytes(_order(x)))


def _order(x: np.ndarray) -> Literal["C", "F"]:
    """How the entries of an array lie in memory: products of an array that lies otherwise round otherwise."""
    return "F" if x.flags.f_contiguous and not x.flags.c_contiguous else "C"


def load_network(file: str | os.PathLike | IO[bytes]) -> Any:
    """The estimator of a file that :func:`save_network` wrote.

    Nothing in the file is executed and no pickle is read: the classes that may be made are those of the
    library, and numbers are checked before they are used. What a file says of its sizes is compared with
    the bytes that are there before any memory is taken.

    Parameters
    ----------
    file : str, path or binary file object

    Returns
    -------
    estimator : NNBCDClassifier or NNBCDRegressor
        It predicts what the saved one predicts, bit for bit, with the same library and numbers of threads.
        Arrays are NumPy's; with ``device="cuda"`` they are on the GPU again.

    Raises
    ------
    ValueError
        If the file is damaged, from a newer version, or no such file.
    TypeError
        For what is neither a path nor a file that is open for bytes.
    OSError
        If it cannot be opened.

    Examples
    --------
    See :func:`save_network`.
    """
    check_file(file, "file", "load_network", "rb")
    name = file if isinstance(file, str | os.PathLike) else "a file object"
    try:
        with _archive(file) as (archive, size):
            tree = _header(archive, size)
            return _restored(tree, _arrays(archive, tree["arrays"]))
    except _NotOursError as error:
        raise ValueError(f"The 'file' of load_network {error} Got {os.fspath(name)!r}.") from None
    except _DAMAGE as error:
        raise ValueError(
            "The 'file' of load_network must be a whole, unchanged file of save_network. Got "
            f"{os.fspath(name)!r}, where {_reason(error)}. Write it again from the estimator."
        ) from error


class _NotOursError(Exception):
    """A sound archive that is not for this version; its text ends the message."""


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__} came of it" + (f" ({str(error)[:200]})" if str(error) else "")


@contextmanager
def _archive(file: str | os.PathLike | IO[bytes]) -> Iterator[tuple[zipfile.ZipFile, int]]:
    """The archive and its size in bytes."""
    if isinstance(file, str | os.PathLike):
        with open(Path(file), "rb") as opened, _archive(opened) as found:
            yield found
        return
    file.seek(0, os.SEEK_END)
    size = file.tell()
    with zipfile.ZipFile(file) as archive:
        yield archive, size


def _header(archive: zipfile.ZipFile, size: int) -> dict:
    """The JSON tree, once the members are known to be what they should be."""
    members = {member.filename: member for member in archive.infolist()}
    if HEADER not in members:
        raise _NotOursError(f"must hold {HEADER}, as save_network writes it.")
    header, numbers = members[HEADER], members.get(NUMBERS)
    if any(member.flag_bits & 1 for member in members.values()):
        raise ValueError("members are encrypted")
    if header.file_size > min(MOST_JSON, LEAST_JSON + MOST_RATIO * header.compress_size):
        raise ValueError("its JSON is too large")
    tree = json.loads(archive.read(HEADER))
    if tree.get("format") != FORMAT:
        raise _NotOursError(f"must be of the format {FORMAT!r}.")
    version = tree["version"]
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        cure = "upgrade sklearn_nnbcd" if newer else "write it again from the estimator"
        raise _NotOursError(f"must be of version {VERSION} here. This one is of version {version!r}: {cure}.")
    if numbers is None or len(archive.infolist()) != 2:
        raise _NotOursError(f"must hold {HEADER} and {NUMBERS} alone, as save_network writes them.")
    if numbers.compress_type != zipfile.ZIP_STORED or numbers.file_size > size:
        raise ValueError("its arrays are compressed or say that they are larger than the file")
    return tree


def _arrays(archive: zipfile.ZipFile, specs: list) -> list[np.ndarray]:
    """All arrays; what the JSON says of their sizes is compared with the bytes before they are read."""
    kinds = [plain_dtype(np.dtype(str(dtype))) for dtype, _, _ in specs]
    shapes = [tuple(shape) for _, shape, _ in specs]
    if not all(type(n) is int and n >= 0 for shape in shapes for n in shape):
        raise ValueError("an array has no shape")
    if not all(order in ("C", "F") for _, _, order in specs):
        raise ValueError("an array has no order")
    sizes = [math.prod(shape) * dtype.itemsize for dtype, shape in zip(kinds, shapes, strict=True)]
    member = archive.getinfo(NUMBERS)
    with archive.open(member) as stream:
        npy.read_magic(stream)
        shape, _, dtype = npy.read_array_header_1_0(stream)
        if dtype != np.uint8 or shape != (sum(sizes),) or sum(sizes) != member.file_size - stream.tell():
            raise ValueError("its arrays do not have the bytes that they need")
        contents = [bytearray(stream.read(n)) for n in sizes]
        stream.read()  # to the end: the archive's checksum is compared there
    if any(len(content) != n for content, n in zip(contents, sizes, strict=True)):
        raise ValueError("an array ends early")
    made = zip(contents, kinds, shapes, specs, strict=True)
    return [np.frombuffer(content, kind).reshape(shape, order=spec[2]) for content, kind, shape, spec in made]


def _array(arrays: list[np.ndarray], k: Any) -> np.ndarray:
    """Array k."""
    if type(k) is not int or k < 0:
        raise ValueError(f"{k!r} is no number of an array")
    return arrays[k]


def _restored(tree: dict, arrays: list[np.ndarray]) -> Any:
    """The estimator of a tree."""
    decoder = Decoder(lambda k: _array(arrays, k))
    cls = ESTIMATORS[tree["estimator"]]
    estimator = cls(**{key: decoder.decode(value) for key, value in tree["parameters"].items()})
    check_parameters(estimator)
    device = estimator.device
    placed = Decoder(lambda k: to_device(_array(arrays, k), device))
    network = Network(**{part: placed.decode(tree["network"][part]) for part in PARTS})
    targets = decoder.decode(tree["targets"])
    fitted = {key: decoder.decode(value) for key, value in tree["fitted"].items()}
    check_network(network, targets)
    if fitted["n_features_in_"] != network.n_features:
        raise ValueError("the number of features is not that of the network")
    allowed = (Numbers,) if cls is NNBCDRegressor else (Labels, Indicators)
    if not isinstance(targets, allowed):
        raise ValueError(f"the targets are not those of {cls.__name__}")
    image = network.layers[1].input_shape_ if tree["image"] else None
    integers = decoder.decode(tree["integers"])
    if integers is not None:
        integers = checked_form(integers, network_graph(network, targets))
    estimator.__dict__.update(fitted | fitted_attributes(network, targets, None, image, integers))
    return estimator


def check_network(network: Network, targets: Any) -> None:
    """Raise ValueError, or another error, unless all parts of a network and its targets fit together."""
    N = len(network.coefs)
    if not (N and N == len(network.intercepts) == len(network.activations) == len(network.layers) - 1):
        raise ValueError("the parts of the network are not of one length")
    if network.skips and (len(network.skips) != N + 1 or network.skips[0] is not None):
        raise ValueError("the skip connections do not fit the layers")
    xp, dtype, sizes = network.xp, network.coefs[0].dtype, [network.n_inputs]
    for i in range(1, N + 1):
        layer, coef, b = network.layers[i], network.coefs[i - 1], network.intercepts[i - 1]
        if math.prod(checked_sizes(layer.input_shape_)) != sizes[-1]:
            raise ValueError(f"layer {i} does not read what comes before it")
        sizes.append(math.prod(checked_sizes(layer.build(layer.input_shape_))))
        if tuple(coef.shape) != tuple(layer.weight_shape(layer.input_shape_)):
            raise ValueError(f"weight {i} is not of the shape of its layer")
        floats = [array for array in coef.arrays if xp.isdtype(array.dtype, "real floating")]
        if coef.dtype != dtype or any(array.dtype != dtype for array in floats):
            raise ValueError(f"weight {i} is of another precision")
        coef.check_arrays(xp=xp)
        if isinstance(b, FixedPoint):
            b.check_arrays()
        if b is not None and (b.dtype != dtype or tuple(b.shape) != (coef.shape[1],)):
            raise ValueError(f"the intercepts of layer {i} do not fit its weight")
        k = network.skips[i] if network.skips else None
        if k is not None and not (type(k) is int and 0 <= k < i and sizes[k] == sizes[i]):
            raise ValueError(f"the skip connection of layer {i} does not fit it")
    _check_ends(network, targets, sizes[-1])
    if not network.is_finite:
        raise ValueError("some numbers are not finite")


def _is_of_columns(x: Any, network: Network) -> bool:
    return x.dtype == network.coefs[0].dtype and tuple(x.shape) == (network.n_inputs,)


def _check_ends(network: Network, targets: Any, n_outputs: int) -> None:
    """The map of the columns, and the targets."""
    inputs = network.inputs
    if str(network.dtype) not in ("float32", "float64"):
        raise ValueError(f"weights are of {network.dtype}")
    if inputs is not None:
        given = [x for x in (inputs.origin, inputs.scale, inputs.reach) if x is not None]
        if inputs.basis is not None or not all(_is_of_columns(x, network) for x in given):
            raise ValueError("the scales of the columns do not fit the network")
    if network.columns is not None:
        network.columns.check(network.n_features, network.coefs[0].dtype)
    if isinstance(targets, Labels) and (targets.classes.ndim != 1 or len(targets.classes) < 2):
        raise ValueError("the classes are not a list of labels")
    if isinstance(targets, Numbers) and not (targets.mean.shape == targets.spread.shape == (n_outputs,)):
        raise ValueError("the units of the targets do not fit the outputs")
    if targets.n_outputs != n_outputs:
        raise ValueError("the outputs are not as many as the targets")
