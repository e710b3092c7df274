# SPDX-License-Identifier: BSD-3-Clause
"""Temporary files: private, gone with their process, and clear about a full disk."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest

from sklearn_nnbcd import NNBCDRegressor
from sklearn_nnbcd.backends._array_file import ArrayFile
from sklearn_nnbcd.placements import DiskBlocks
from sklearn_nnbcd.placements import _scratch as scratch

X = np.random.default_rng(0).normal(size=(3000, 8))

KILLED = """
import numpy as np
from sklearn_nnbcd import NNBCDRegressor
X = np.random.default_rng(0).normal(size=(20_000, 8))
print("ready", flush=True)
NNBCDRegressor((50,), solver="full", max_iter=10**6, tol=0, memory_limit="1 MB").fit(X, X[:, 0])
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's place for temporary files, for this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def blocks():
    return [(X[:1500], X[:1500, 0]), (X[1500:], X[1500:, 0])]


def test_files_are_private_and_removed_at_the_end(temporary):
    placement = DiskBlocks(blocks())
    placement.map(lambda block: (block[0] + 1.0, block[1]))
    (folder,) = temporary.iterdir()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and modes == {0o600}
    placement.close()
    assert not list(temporary.iterdir())


@pytest.mark.skipif(scratch.fcntl is None, reason="needs locks of files")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_files_of_a_killed_process_go_at_the_next_start(temporary, how):
    done = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    done.stdout.readline()
    patience = time.monotonic() + 60
    while not list(temporary.glob("nnbcd-*/[0-9]*")) and time.monotonic() < patience:
        time.sleep(0.02)
    living = DiskBlocks(blocks())  # beside one that lives: nothing of it goes
    assert len(list(temporary.glob("nnbcd-*/[0-9]*"))) > 0
    done.send_signal(how)
    done.wait()
    done.stdout.close()
    assert len(list(temporary.iterdir())) == 2
    other = DiskBlocks(blocks())
    assert len(list(temporary.iterdir())) == 2  # the two that live
    living.close()
    other.close()


@pytest.mark.skipif(scratch.fcntl is None, reason="needs locks of files")
def test_only_old_folders_without_a_lock_are_stale(temporary):
    """One without may be just in the making; files and links are nobody's folders."""
    new, old = temporary / "nnbcd-new", temporary / "nnbcd-old"
    new.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    (temporary / "nnbcd-file").touch()
    (temporary / "nnbcd-link").symlink_to(new)
    DiskBlocks(blocks()).close()
    assert sorted(path.name for path in temporary.iterdir()) == ["nnbcd-file", "nnbcd-link", "nnbcd-new"]


def test_a_disk_that_is_too_small_is_known_before_any_work(temporary, monkeypatch):
    usage = scratch.shutil.disk_usage
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda path: usage(path)._replace(free=1000))
    model = NNBCDRegressor((50,), solver="full", max_iter=2, memory_limit="1 MB")
    needed = X.nbytes + 3000 * 4 * (50 + 1) * 8  # mapped rows, and U and V twice
    with pytest.raises(OSError, match=f"{temporary}.*{needed} bytes, and 1000 are free.*TMPDIR.*minibatch"):
        model.fit(X, X[:, 0])
    assert not list(temporary.iterdir()) and not hasattr(model, "network_")


def test_a_disk_that_fills_up_names_folder_need_and_cure(tmp_path, monkeypatch):
    def full(*args):
        raise OSError("800 requested and 0 written")

    monkeypatch.setattr("sklearn_nnbcd.backends._array_file.os.fdopen", full)
    with pytest.raises(OSError, match=f"{tmp_path}.*800 bytes could not be written.*free.*TMPDIR"):
        ArrayFile(str(tmp_path / "0"), np.zeros(100))
