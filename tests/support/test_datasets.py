# SPDX-License-Identifier: BSD-3-Clause
"""The data loaders: downloads from a local server, cached and local files, the real data."""

import gzip
import hashlib
import importlib
import io
import struct
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from sklearn_nnbcd.datasets import fetch_flare, fetch_har, fetch_mnist
from sklearn_nnbcd.datasets._base import Mirror, RemoteFile

FETCHERS = {"har": fetch_har, "mnist": fetch_mnist, "flare": fetch_flare}
ROW_ATTRIBUTES = {  # attribute of the Bunch -> array of the archive
    "har": {"target": "y", "groups": "subject"},
    "mnist": {"target": "y", "images": "X"},
    "flare": {"target": "y", "groups": "noaa_ar", "date": "date"},
}
SPLITS = {"har": ("train", "test"), "mnist": ("train", "test"), "flare": ("train", "val", "test")}


@pytest.fixture(autouse=True)
def no_data_outside_the_test(monkeypatch, tmp_path):
    """No test may find files in the home folder or in the folder the environment names."""
    monkeypatch.delenv("SKLEARN_NNBCD_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for scheme in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(scheme, raising=False)


class Server:
    """Serves ``files``; the first answers to a path may be made to fail by ``faults``."""

    def __init__(self):
        self.files, self.faults, self.requests = {}, {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                content = outer.files.get(self.path)
                fault = outer.faults.get(self.path, []).pop(0) if outer.faults.get(self.path) else 0
                if content is None:
                    return self.send_error(404)
                if isinstance(fault, int) and fault:
                    return self.send_error(fault)
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if fault == "truncate" else content)

            def log_message(self, *args):
                pass

        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        self._thread = threading.Thread(
            target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def close(self):
        if self._thread.is_alive():
            self._httpd.shutdown()
            self._httpd.server_close()
            self._thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


# Tiny copies of the three published layouts: files to serve, and the arrays they hold.


def idx(array):
    header = struct.pack(">4B", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def tiny_mnist():
    rng = np.random.RandomState(0)
    arrays = {
        "X_train": rng.randint(0, 256, (6, 28, 28)).astype(np.uint8),
        "y_train": np.array([0, 1, 2, 0, 1, 2], np.uint8),
        "X_test": rng.randint(0, 256, (3, 28, 28)).astype(np.uint8),
        "y_test": np.array([2, 1, 0], np.uint8),
    }
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    files = {f"{n}-ubyte.gz": idx(a) for n, a in zip(names, arrays.values())}
    # The checksum is that of the decompressed file.
    return {n: (gzip.compress(c), sha256(c)) for n, c in files.items()}, arrays


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tiny_har(nested=True):
    rng = np.random.RandomState(0)
    X = {"train": rng.uniform(-1, 1, (5, 4)), "test": rng.uniform(-1, 1, (3, 4))}
    y = {"train": [1, 2, 3, 1, 2], "test": [3, 1, 2]}
    subject = {"train": [1, 1, 3, 3, 3], "test": [2, 2, 4]}
    names = ["mean()-X", "bands()-1,8", "bands()-1,8", "bands()-1,8"]
    listing = "".join(f"{i + 1} {name}\n" for i, name in enumerate(names))
    members = {"UCI HAR Dataset/features.txt": listing, "__MACOSX/._UCI HAR Dataset": "x"}
    arrays = {"feature_names": np.array(names), "test_row_approx": np.zeros(3, bool)}
    for split in ("train", "test"):
        table = "".join("  " + " ".join(f"{v: .8e}" for v in row) + "\n" for row in X[split])
        members[f"UCI HAR Dataset/{split}/X_{split}.txt"] = table
        for letter, values in (("y", y[split]), ("subject", subject[split])):
            lines = "".join(f"{v}\n" for v in values)
            members[f"UCI HAR Dataset/{split}/{letter}_{split}.txt"] = lines
            arrays[f"{letter}_{split}"] = np.array(values, np.uint8)
        arrays[f"X_{split}"] = np.array([[float(f"{v:.8e}") for v in row] for row in X[split]]).astype(
            np.float32
        )
    content = zipped(members)
    if nested:
        content = zipped({"UCI HAR Dataset.zip": content, "UCI HAR Dataset.names": "text"})
    return {"har.zip": (content, sha256(content))}, arrays


def tiny_flare():
    flare = importlib.import_module("sklearn_nnbcd.datasets._flare")
    names = flare._FEATURE_NAMES
    # Out of order in time and in region, one row without MEANSHR, a column the loader ignores.
    records = [
        ("0", "2011-05-02 10:00:00", "11068"),
        ("0", "2010-05-01 23:48:00", "11064"),
        ("1", "2011-05-02 10:00:00", "11064"),
        ("0", "2012-05-02 10:00:00", "11070"),
        ("1", "2014-01-01 00:00:00", "12000"),
        ("0", "2015-01-01 00:00:00", "12300"),
        ("1", "2019-12-31 23:00:00", "12700"),
    ]
    lines = [";".join(("FlareNumber", "T_REC", "NOAA_AR", "QUALITY", *names))]
    for i, record in enumerate(records):
        values = [f"{(i + 1) * 10.0 ** (j - 3)!r}" for j in range(25)]
        if i == 3:
            values[names.index("MEANSHR")] = ""
        lines.append(";".join((*record, "0", *values)))
    content = ("\n".join(lines) + "\n").encode()

    def rows(*which):
        return np.array([[(i + 1) * 10.0 ** (j - 3) for j in range(25)] for i in which], np.float32)

    arrays = {
        "feature_names": np.array(names),
        "X_train": rows(1, 2, 0),
        "y_train": np.array([0, 1, 0], np.uint8),
        "noaa_ar_train": np.array([11064, 11064, 11068], np.int32),
        "date_train": np.array([20100501, 20110502, 20110502], np.int32),
        "X_val": rows(4),
        "y_val": np.array([1], np.uint8),
        "noaa_ar_val": np.array([12000], np.int32),
        "date_val": np.array([20140101], np.int32),
        "X_test": rows(5, 6),
        "y_test": np.array([0, 1], np.uint8),
        "noaa_ar_test": np.array([12300, 12700], np.int32),
        "date_test": np.array([20150101, 20191231], np.int32),
    }
    return {"flare.csv": (content, sha256(content))}, arrays


TINY = {"har": tiny_har, "mnist": tiny_mnist, "flare": tiny_flare}


@pytest.fixture
def serve(server, monkeypatch):
    """Put a tiny copy of a data set on the server and make its loader expect that copy."""

    def serve(name, content=None):
        files, arrays = content or TINY[name]()
        module = importlib.import_module(f"sklearn_nnbcd.datasets._{name}")
        for filename, (body, _) in files.items():
            server.files[f"/{filename}"] = body
        source = replace(
            module._SOURCE,
            remotes=tuple(
                RemoteFile(filename, (Mirror(f"{server.url}/{filename}", checksum),))
                for filename, (_, checksum) in files.items()
            ),
            arrays={k: (a.shape, module._SOURCE.arrays[k][1]) for k, a in arrays.items()},
            class_counts={
                k: dict(zip(*(v.tolist() for v in np.unique(a, return_counts=True))))
                for k, a in arrays.items()
                if k.startswith("y_")
            },
        )
        monkeypatch.setattr(module, "_SOURCE", source)
        return arrays

    return serve


def leftovers(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("name", FETCHERS)
def test_download_parses_the_published_layout_and_caches(name, serve, server, tmp_path):
    arrays = serve(name)
    bunch = FETCHERS[name](data_home=tmp_path / "new", delay=0)
    for split in SPLITS[name]:
        rows = bunch.split == split
        expected = arrays[f"X_{split}"].reshape(rows.sum(), -1)
        np.testing.assert_array_equal(bunch.data[rows], expected)
        for attribute, array in ROW_ATTRIBUTES[name].items():
            np.testing.assert_array_equal(bunch[attribute][rows], arrays[f"{array}_{split}"])
    assert leftovers(tmp_path / "new") == [f"{name}.npz"]

    server.files.clear()
    n_requests = len(server.requests)
    again = FETCHERS[name](data_home=tmp_path / "new", download_if_missing=False)
    np.testing.assert_array_equal(again.data, bunch.data)
    assert len(server.requests) == n_requests
    with np.load(tmp_path / "new" / f"{name}.npz", allow_pickle=False) as cached:
        assert set(cached.files) == set(arrays)
        for key, array in arrays.items():
            np.testing.assert_array_equal(cached[key], array)
            assert cached[key].dtype.kind == array.dtype.kind


def test_har_is_read_from_the_plain_archive_too(serve, tmp_path):
    arrays = serve("har", tiny_har(nested=False))
    np.testing.assert_array_equal(fetch_har(data_home=tmp_path, subset="train").data, arrays["X_train"])


def test_har_repeated_feature_names_become_distinct(serve, tmp_path):
    serve("har")
    assert fetch_har(data_home=tmp_path).feature_names == [
        "mean()-X",
        "bands()-1,8-X",
        "bands()-1,8-Y",
        "bands()-1,8-Z",
    ]


def test_har_marks_the_recomputed_rows_of_a_local_file(serve, tmp_path):
    arrays = serve("har")
    arrays["test_row_approx"] = np.array([False, True, False])
    np.savez_compressed(tmp_path / "har.npz", **arrays)
    bunch = fetch_har(data_home=tmp_path)
    np.testing.assert_array_equal(np.flatnonzero(bunch.approximate), [5 + 1])
    assert not fetch_har(data_home=tmp_path, subset="train").approximate.any()


@pytest.mark.parametrize("name", FETCHERS)
def test_subsets_stack_to_the_whole(name, serve, tmp_path):
    serve(name)
    fetch = FETCHERS[name]
    whole = fetch(data_home=tmp_path)
    parts = [fetch(data_home=tmp_path, subset=split) for split in SPLITS[name]]
    row_keys = [k for k, v in whole.items() if isinstance(v, np.ndarray)]
    assert {"data", "target", "split"} <= set(row_keys)
    for key in row_keys:
        np.testing.assert_array_equal(np.concatenate([part[key] for part in parts]), whole[key])
    for split, part in zip(SPLITS[name], parts):
        assert set(part.split) == {split}


@pytest.mark.parametrize("name", FETCHERS)
def test_return_forms(name, serve, tmp_path):
    pd = pytest.importorskip("pandas")
    serve(name)
    fetch = FETCHERS[name]
    bunch = fetch(data_home=tmp_path)
    assert bunch.frame is None
    X, y = fetch(data_home=tmp_path, return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)
    framed = fetch(data_home=tmp_path, as_frame=True)
    assert isinstance(framed.data, pd.DataFrame) and isinstance(framed.target, pd.Series)
    assert list(framed.frame) == [*bunch.feature_names, "target"]
    assert framed.data.columns.is_unique
    np.testing.assert_array_equal(framed.data.to_numpy(), bunch.data)
    assert (framed.data.dtypes == bunch.data.dtype).all()
    X, y = fetch(data_home=tmp_path, as_frame=True, return_X_y=True)
    assert isinstance(X, pd.DataFrame) and isinstance(y, pd.Series)


def test_local_folders_are_searched_in_order(serve, server, tmp_path, monkeypatch):
    arrays = serve("mnist")
    named, given = tmp_path / "named", tmp_path / "given"
    for folder, pixel in ((named, 1), (given, 2)):
        folder.mkdir()
        np.savez(folder / "mnist.npz", **{**arrays, "X_test": np.full((3, 28, 28), pixel, "u1")})
    monkeypatch.setenv("SKLEARN_NNBCD_DATA", str(named))
    assert fetch_mnist(subset="test").data.max() == 1
    assert fetch_mnist(subset="test", data_home=given).data.max() == 2
    (given / "mnist.npz").unlink()
    assert fetch_mnist(subset="test", data_home=given).data.max() == 1
    assert server.requests == []


def test_default_folder_is_in_the_home_folder(serve, tmp_path):
    serve("flare")
    fetch_flare()
    assert (tmp_path / "home" / "sklearn_nnbcd_data" / "flare.npz").is_file()


@pytest.mark.parametrize("name", FETCHERS)
def test_missing_file_without_download_names_parameter_and_cure(name, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        FETCHERS[name](data_home=tmp_path, download_if_missing=False)
    message = str(caught.value)
    for part in (f"{name}.npz", str(tmp_path), "download_if_missing=True", "SKLEARN_NNBCD_DATA"):
        assert part in message
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.parametrize("subset", ["validation", "Train", None, 0, ["train"]])
def test_unknown_subset_names_the_allowed_ones(name, subset, tmp_path):
    with pytest.raises(ValueError, match=r"'subset'.*'all', 'train', .*'test'.*Got ") as caught:
        FETCHERS[name](data_home=tmp_path, subset=subset)
    assert repr(subset) in str(caught.value)


def test_wrong_checksum_deletes_the_partial_file(serve, server, tmp_path):
    serve("flare")
    server.files["/flare.csv"] += b"0;2019-12-31 23:30:00\n"
    with pytest.raises(OSError, match=r"SHA-256 is \w+, must be \w+") as caught:
        fetch_flare(data_home=tmp_path, delay=0)
    assert "flare.npz" in str(caught.value) and server.url in str(caught.value)
    assert leftovers(tmp_path) == []
    assert server.requests == ["/flare.csv"]  # the same bytes would come again


def test_damaged_gzip_is_a_wrong_checksum(serve, server, tmp_path):
    serve("mnist")
    server.files["/t10k-labels-idx1-ubyte.gz"] = b"no gzip file"
    with pytest.raises(OSError, match="t10k-labels-idx1-ubyte.gz.*SHA-256 is unreadable"):
        fetch_mnist(data_home=tmp_path, delay=0)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("fault", [503, "truncate"])
def test_a_failed_transfer_is_tried_again(fault, serve, server, tmp_path):
    arrays = serve("flare")
    server.faults["/flare.csv"] = [fault, fault]
    bunch = fetch_flare(data_home=tmp_path, n_retries=2, delay=0)
    assert len(bunch.target) == sum(len(arrays[f"y_{s}"]) for s in SPLITS["flare"])
    assert server.requests == ["/flare.csv"] * 3


def test_retries_are_limited_and_the_error_says_what_happened(serve, server, tmp_path):
    serve("flare")
    server.faults["/flare.csv"] = [503] * 9
    with pytest.raises(OSError, match="503") as caught:
        fetch_flare(data_home=tmp_path, n_retries=2, delay=0)
    assert "data_home" in str(caught.value) and "SKLEARN_NNBCD_DATA" in str(caught.value)
    assert server.requests == ["/flare.csv"] * 3
    assert leftovers(tmp_path) == []


def test_a_missing_page_is_not_asked_for_again(serve, server, tmp_path):
    serve("flare")
    server.files.clear()
    with pytest.raises(OSError, match="404"):
        fetch_flare(data_home=tmp_path, n_retries=2, delay=0)
    assert server.requests == ["/flare.csv"]


def test_the_next_mirror_helps_out(serve, server, tmp_path, monkeypatch):
    arrays = serve("flare")
    module = importlib.import_module("sklearn_nnbcd.datasets._flare")
    server.files["/other/flare.csv"] = server.files.pop("/flare.csv")
    first = module._SOURCE.remotes[0].mirrors[0]
    second = replace(first, url=f"{server.url}/other/flare.csv")
    remote = replace(module._SOURCE.remotes[0], mirrors=(first, second))
    monkeypatch.setattr(module, "_SOURCE", replace(module._SOURCE, remotes=(remote,)))
    bunch = fetch_flare(data_home=tmp_path, delay=0, subset="val")
    np.testing.assert_array_equal(bunch.target, arrays["y_val"])
    assert server.requests == ["/flare.csv", "/other/flare.csv"]


def test_no_server_is_a_clear_error(serve, tmp_path, server):
    serve("har")
    server.close()
    with pytest.raises(OSError, match="Could not download har.zip"):
        fetch_har(data_home=tmp_path, n_retries=0)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"class_counts": {"y_val": {0: 1}}}, "labels 'y_val'"),
        ({"build": lambda folder: {}}, "X_test, .* are missing"),
    ],
)
def test_content_that_is_not_the_published_one_is_not_cached(changes, reason, serve, tmp_path, monkeypatch):
    serve("flare")
    module = importlib.import_module("sklearn_nnbcd.datasets._flare")
    monkeypatch.setattr(module, "_SOURCE", replace(module._SOURCE, **changes))
    with pytest.raises(OSError, match=f"flare are not what was published: .*{reason}"):
        fetch_flare(data_home=tmp_path, delay=0)
    assert leftovers(tmp_path) == []


def test_non_finite_and_misshapen_downloads_are_not_cached(serve, tmp_path, monkeypatch):
    arrays = serve("flare")
    module = importlib.import_module("sklearn_nnbcd.datasets._flare")
    for bad, reason in (
        ({"X_val": np.full((1, 25), np.inf, np.float32)}, "NaN or infinite"),
        ({"X_val": np.zeros((2, 25), np.float32)}, r"'X_val' must have the shape \(1, 25\)"),
        ({"X_val": np.zeros((1, 25), np.int64)}, "'X_val' must have the dtype float32"),
    ):
        source = replace(module._SOURCE, build=lambda folder, bad=bad: {**arrays, **bad})
        monkeypatch.setattr(module, "_SOURCE", source)
        with pytest.raises(OSError, match=reason):
            fetch_flare(data_home=tmp_path, delay=0)
        assert leftovers(tmp_path) == []


def test_a_local_file_that_is_something_else_is_named(serve, tmp_path):
    arrays = serve("mnist")
    path = tmp_path / "mnist.npz"
    for write, reason in (
        (lambda: path.write_bytes(b"text"), "mnist.npz is not a mnist.npz"),
        (lambda: np.savez(path, X_train=arrays["X_train"]), "lacks the arrays X_test, y_test"),
        (lambda: np.savez(path, **{**arrays, "y_test": np.zeros(4, "u1")}), r"shape \(3,\)"),
        (lambda: np.savez(path, **{**arrays, "y_test": np.zeros(3)}), "dtype uint8"),
        (lambda: np.savez(path, **{**arrays, "y_test": np.zeros(3, "u1")}), "labels 'y_test' must occur"),
    ):
        write()
        with pytest.raises(ValueError, match=reason) as caught:
            fetch_mnist(data_home=tmp_path)
        assert "download_if_missing=True" in str(caught.value)
        assert path.is_file()  # a user's file is never deleted


def test_a_download_has_a_largest_size(serve, server, tmp_path, monkeypatch):
    """Also what a small file becomes when it is unpacked."""
    base = importlib.import_module("sklearn_nnbcd.datasets._base")
    serve("mnist")
    monkeypatch.setattr(base, "_MOST_BYTES", 1000)
    with pytest.raises(OSError, match="larger than 1000 bytes|more than 1000 bytes"):
        fetch_mnist(data_home=tmp_path, n_retries=0, delay=0)
    assert leftovers(tmp_path) == []
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(bytes(100_000)))
    assert bomb.stat().st_size < 1000 and "more than 1000 bytes" in base._sha256(bomb)


def test_damaged_idx_files_are_refused(tmp_path):
    read = importlib.import_module("sklearn_nnbcd.datasets._mnist")._read_idx
    good = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))
    path = tmp_path / "t10k.gz"
    path.write_bytes(gzip.compress(good))
    np.testing.assert_array_equal(read(path), [[0, 1, 2], [3, 4, 5]])
    for bad, reason in ((good[:-1], "announces the shape"), (b"\x00\x00\x0d\x01", "not an IDX")):
        path.write_bytes(gzip.compress(bad))
        with pytest.raises(ValueError, match=reason):
            read(path)


# The real data.

REAL = {
    "har": ((10299, 561), np.float32),
    "mnist": ((70000, 784), np.uint8),
    "flare": ((8859, 25), np.float64),
}


@pytest.mark.parametrize("name", FETCHERS)
def test_real_files_are_what_the_loader_describes(name, data_home):
    source = importlib.import_module(f"sklearn_nnbcd.datasets._{name}")._SOURCE
    bunch = FETCHERS[name](data_home=data_home, download_if_missing=False)
    assert (bunch.data.shape, bunch.data.dtype) == REAL[name]
    assert np.isfinite(bunch.data).all()
    assert len(set(bunch.feature_names)) == len(bunch.feature_names) == bunch.data.shape[1]
    for key, counts in source.class_counts.items():
        labels, found = np.unique(bunch.target[bunch.split == key.removeprefix("y_")], return_counts=True)
        assert dict(zip(labels.tolist(), found.tolist())) == counts
    assert len(bunch.target_names) == len(np.unique(bunch.target))


def test_real_groups_separate_training_from_test(data_home):
    for fetch in (fetch_har, fetch_flare):
        bunch = fetch(data_home=data_home, download_if_missing=False)
        train, test = (set(bunch.groups[bunch.split == split]) for split in ("train", "test"))
        assert train and test and not train & test
    assert len(set(fetch_har(data_home=data_home).groups)) == 30


def test_real_mnist_has_the_checksums_that_a_download_must_have(data_home):
    """Written back to IDX, the local images and labels are the published files."""
    source = importlib.import_module("sklearn_nnbcd.datasets._mnist")._SOURCE
    with np.load(data_home / "mnist.npz") as arrays:
        names = ("X_train", "y_train", "X_test", "y_test")
        for name, remote in zip(names, source.remotes):
            assert {m.sha256 for m in remote.mirrors} == {sha256(idx(arrays[name]))}
