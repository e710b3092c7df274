# SPDX-License-Identifier: BSD-3-Clause
"""Run the benchmarks behind the generated tables again, one after the other, and make the tables.

OMP_NUM_THREADS=1 python tests/benchmarks/remake.py                  all, some minutes
OMP_NUM_THREADS=1 python tests/benchmarks/remake.py quickstart size  some
OMP_NUM_THREADS=1 python tests/benchmarks/remake.py tables           hours; not among "all"
OMP_NUM_THREADS=1 python tests/benchmarks/remake.py devices          needs QEMU and two compilers; neither
"""

import argparse
import subprocess
import sys
import time

from records import ROOT

SCRIPTS = {
    "quickstart": "quickstart.py",
    "size": "size_and_speed.py",
    "defaults": "compare_mlp_defaults.py",
    "budget": "budget_digits.py",
    "predict_speed": "predict_speed.py",
    "serve_speed": "serve_speed.py",
}
#: those that take many minutes or hours, or need tools of their own
LONG = {
    "tables": "tables.py",
    "bytes": "bytes.py",
    "bytes_regression": "bytes_regression.py",
    "path": "path.py",
    "devices": "devices.py",
    "sparse": "sparse_text.py",
}


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {sorted(SCRIPTS | LONG)}; none: all but {sorted(LONG)}"
    )
    for name in parser.parse_args().names or SCRIPTS:
        start = time.perf_counter()
        subprocess.run([sys.executable, f"tests/benchmarks/{(SCRIPTS | LONG)[name]}"], cwd=ROOT, check=True)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    subprocess.run([sys.executable, "docs/make_tables.py"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
