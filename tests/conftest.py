# SPDX-License-Identifier: BSD-3-Clause
"""Settings and fixtures that all tests share."""

import os
from pathlib import Path

# scikit-learn's array_api_dispatch needs it, and SciPy reads it when it is first imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import array_api_compat
import pytest
from gpu import has_gpu
from hypothesis import HealthCheck, settings

# A slow or busy machine is no failure; in CI the same examples are drawn every time.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(params=["array_api_strict", "torch", "cupy"])
def standard(request):
    """Array API namespace of another library than NumPy, where it is installed; CuPy needs a GPU, too."""
    if request.param == "cupy" and not has_gpu():
        pytest.skip("needs CuPy and a GPU")
    return array_api_compat.array_namespace(pytest.importorskip(request.param).zeros(1))


DATA_FILES = ("har.npz", "mnist.npz", "flare.npz")


@pytest.fixture(scope="session")
def data_home():
    """Folder with the real har.npz, mnist.npz and flare.npz; the test is skipped without it."""
    candidates = [Path(__file__).parents[2] / "shared" / "data"]
    if os.environ.get("SKLEARN_NNBCD_DATA"):
        candidates.insert(0, Path(os.environ["SKLEARN_NNBCD_DATA"]))
    for folder in candidates:
        if all((folder / name).is_file() for name in DATA_FILES):
            return folder
    pytest.skip(f"needs {', '.join(DATA_FILES)}: set SKLEARN_NNBCD_DATA to the folder that holds them")


@pytest.fixture(scope="session")
def dask_client():
    """Default client of a Dask cluster of two worker processes; tests are skipped without Dask."""
    distributed = pytest.importorskip("distributed", reason="needs the extra sklearn-nnbcd[dask]")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit="1GiB",
            worker_dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
