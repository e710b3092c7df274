# SPDX-License-Identifier: BSD-3-Clause
"""What ``examples/plot_quickstart.py`` prints, as a file of results.

OMP_NUM_THREADS=1 python tests/benchmarks/quickstart.py
"""

import os
import runpy
import tempfile

from records import ROOT, write


def main():
    """Run the example, its figure thrown away, and write its table."""
    os.environ["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        found = runpy.run_path(str(ROOT / "examples" / "plot_quickstart.py"), run_name="__main__")
        os.chdir(ROOT)
    table = [
        {
            "network": name,
            "accuracy": model.score(found["X_test"], found["y_test"]),
            "ratio": model[-1].compression_ratio_,
            "bytes": found["size_on_disk"](model),
        }
        for name, model in found["models"].items()
    ]
    print(write("quickstart", {"chosen": found["chosen"]}, table))


if __name__ == "__main__":
    main()
