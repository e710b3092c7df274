# SPDX-License-Identifier: BSD-3-Clause
"""What few bits cost: the same fitted networks with numbers of 32, 8, 4, 3 and 2 bits.

    python tests/benchmarks/bits.py [--rows 6000] [--tables letter,har] [--seeds 3]

Each network is fitted once, in single precision, and its numbers are rounded by ``quantize``, which is what
the parameter ``bits`` does at the end of a fit. Scores are accuracies, or R^2 for regressions, of the test
rows, and means over seeds; the training rows alone decide everything. What was found is written after every
table. The second table shows what makes up for an error: nothing
(each number rounded for itself), the other inputs (G), or other inputs and outputs (G and S).
"""

import argparse
import os
import warnings
from dataclasses import replace
from typing import Any

from records import write
from table_sets import DEVELOPMENT, Split, load

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.network import quantize

TABLES = (*DEVELOPMENT, "har", "digits")
HIDDEN = (100,)
FORMATS: dict[str, dict[str, Any]] = {
    "dense": {},
    "low_rank": {"compression": "low_rank", "rank": 0.5},
    "tt": {"compression": "tt", "rank": 0.5},
    "l0": {"compression": "l0", "sparsity": 0.9},
}
BITS = (8, 4, 3, 2)
#: what rounding may cost at most
AIMS = {8: 0.002, 4: 0.005}
FEEDBACK = ("none", "inputs", "both")


def fitted(split: Split, parameters: dict, seed: int) -> Any:
    """The network with numbers of 32 bits."""
    kind = NNBCDRegressor if split.regression else NNBCDClassifier
    return kind(HIDDEN, random_state=seed, **parameters).fit(split.X, split.y)


def rounded(split: Split, name: str, model: Any) -> dict:
    """Score and bytes of one network, and what each number of bits changes."""
    whole = float(model.score(split.T, split.t))
    row = {"table": split.name, "format": name, "score_32": whole, "bytes_32": model.n_bytes_}
    for bits in BITS:
        small = quantize(model, split.X, split.y, bits)
        row |= {f"loss_{bits}": whole - float(small.score(split.T, split.t)), f"bytes_{bits}": small.n_bytes_}
    return row


def compared(split: Split, model: Any, bits: int) -> dict:
    """What each way of rounding loses."""
    whole, row = float(model.score(split.T, split.t)), {"table": split.name, "bits": bits}
    for feedback in FEEDBACK:
        small = quantize(model, split.X, split.y, bits, feedback=feedback)
        row[feedback] = whole - float(small.score(split.T, split.t))
    return row


def bars(rows: list[dict]) -> list[dict]:
    """Format by format, the worst loss and the mean one beside what is aimed at."""
    found = []
    for bits, aim in AIMS.items():
        for name in FORMATS:
            own = [row for row in rows if row["format"] == name]
            worst = max(own, key=lambda row: row[f"loss_{bits}"])
            losses = [row[f"loss_{bits}"] for row in own]
            within = sum(loss <= aim for loss in losses)
            found.append(
                {"format": name, "bits": bits, "aim": aim, "worst": max(losses), "table": worst["table"]}
                | {"mean": sum(losses) / len(own), "within": f"{within} of {len(own)}"}
            )
    return found


def mean_ways(ways: list[dict]) -> list[dict]:
    """The mean over the tables, for each number of bits."""
    found = []
    for bits in (4, 3):
        own = [row for row in ways if row["bits"] == bits]
        means = {feedback: sum(row[feedback] for row in own) / len(own) for feedback in FEEDBACK}
        found.append({"table": "mean", "bits": bits} | means)
    return found


def mean_rows(rows: list[dict]) -> dict:
    """The means of what several seeds had in numbers; of whole ones the nearest whole one."""
    found: dict[str, Any] = {}
    for name, value in rows[0].items():
        mean = value if isinstance(value, str) else sum(row[name] for row in rows) / len(rows)
        found[name] = round(mean) if isinstance(value, int) else mean
    return found


def of_table(table: str, given: argparse.Namespace) -> tuple[list[dict], list[dict]]:
    """Rows of all formats, and of the ways to round plain matrices, for one table."""
    rows: dict[str, list[dict]] = {name: [] for name in FORMATS}
    ways: dict[int, list[dict]] = {bits: [] for bits in (4, 3)}
    for seed in range(given.seeds):
        split = load(table, seed)
        split = replace(split, X=split.X[: given.rows], y=split.y[: given.rows])
        for name, parameters in FORMATS.items():
            model = fitted(split, parameters, seed)
            rows[name].append(rounded(split, name, model))
            print(seed, rows[name][-1], flush=True)
            if name == "dense":
                for bits, own in ways.items():
                    own.append(compared(split, model, bits))
    return [mean_rows(own) for own in rows.values()], [mean_rows(own) for own in ways.values()]


def main() -> None:
    """Fit, round, and write what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[dict] = []
    ways: list[dict] = []
    settings = {
        "rows": given.rows,
        "seeds": given.seeds,
        "hidden_layer_sizes": HIDDEN,
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
    }
    for table in given.tables.split(","):
        found, found_ways = of_table(table, given)
        rows, ways = rows + found, ways + found_ways
        sections = {"bits_bytes": rows, "bits_bars": bars(rows), "bits_feedback": ways + mean_ways(ways)}
        print(write("bits", settings, rows, sections=sections), flush=True)


if __name__ == "__main__":
    main()
