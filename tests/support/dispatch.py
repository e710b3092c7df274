# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of other libraries under scikit-learn's dispatch, where the installed SciPy lets it."""

import pytest
import scipy
from sklearn import config_context
from sklearn.utils.fixes import parse_version


def dispatching(array_api_dispatch=True):
    """``config_context`` with the dispatch; before SciPy 1.14, where scikit-learn refuses, it skips."""
    if array_api_dispatch and parse_version(scipy.__version__) < parse_version("1.14"):
        pytest.skip(
            f"scikit-learn dispatches arrays of other libraries with SciPy 1.14, got {scipy.__version__}"
        )
    return config_context(array_api_dispatch=array_api_dispatch)
