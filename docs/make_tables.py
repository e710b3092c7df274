# SPDX-License-Identifier: BSD-3-Clause
"""Make the tables of README and docs from what the benchmarks found (``tests/benchmarks/results/NAME.json``).

    python docs/make_tables.py           write them
    python docs/make_tables.py --check   say which differ, and exit with 1 if one does

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->`` in Markdown, between the comments
``.. table: NAME`` and ``.. end`` in reStructuredText. Everything between the two is made here.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
MARKED = {
    ".md": re.compile(r"^<!-- table: (\S+) -->\n(.*?)^<!-- end -->$", re.M | re.S),
    ".rst": re.compile(r"^\.\. table: (\S+)\n(.*?)^\.\. end$", re.M | re.S),
}


class Table(NamedTuple):
    """Columns (title, format of a row's fields), and the script that made the rows.

    ``result`` names a file of results with sections for several tables; without it the file has the table's
    own name, and its rows are the table's.
    """

    script: str
    columns: tuple[tuple[str, str], ...]
    result: str = ""


MEAN = "{%s_mean:.4f} ± {%s_sd:.4f}"
_RACE = (
    ("network", "{race}"),
    ("contestant", "{contestant}"),
    ("last accuracy", "{last:.4f}"),
    ("best", "{best:.4f}"),
    ("CPU s", "{cpu:.0f}"),
    ("CPU s until an accuracy is kept", "{kept}"),
    ("seeds", "{seeds}"),
)
TABLES = {
    "quickstart": Table(
        "tests/benchmarks/quickstart.py",
        (
            ("network", "{network}"),
            ("accuracy on test rows", "{accuracy:.4f}"),
            ("compression ratio", "{ratio:.3g}"),
            ("bytes on disk", "{bytes:,}"),
        ),
    ),
    "defaults": Table(
        "tests/benchmarks/compare_mlp_defaults.py",
        (
            ("data", "{data}"),
            ("MLP", MEAN % ("mlp", "mlp")),
            ("NN-BCD", MEAN % ("nnbcd", "nnbcd")),
            ("difference", "{difference:+.4f}"),
            ("MLP CPU s/fit", "{mlp_seconds:.2f}"),
            ("NN-BCD CPU s/fit", "{nnbcd_seconds:.2f}"),
        ),
    ),
    "size": Table(
        "tests/benchmarks/size_and_speed.py",
        (
            ("network", "{network}"),
            ("CR", "{ratio:.4f}"),
            ("bytes", "{bytes:,}"),
            ("of dense", "{bytes_of_dense:.4f}"),
            ("µs per row", "{microseconds:.2f}"),
            ("times faster", "{times_faster:.2f}"),
        ),
    ),
    "sparse": Table(
        "tests/benchmarks/sparse_text.py",
        (
            ("table", "{table}"),
            ("contestant", "{contestant}"),
            ("test accuracy", "{accuracy:.4f}"),
            ("log loss", "{log_loss:.3f}"),
            ("passes", "{passes:.0f}"),
            ("CPU s", "{seconds:.1f}"),
            ("peak MB", "{megabytes:,.0f}"),
        ),
    ),
    "predict_speed": Table(
        "tests/benchmarks/predict_speed.py",
        (
            ("table", "{table}"),
            ("network", "{network}"),
            ("predict, one row, µs", "{predict_one:.0f}"),
            ("times faster", "{predict_one_times_faster:.1f}"),
            ("predict_proba, one row, µs", "{predict_proba_one:.0f}"),
            ("times faster", "{predict_proba_one_times_faster:.1f}"),
            ("predict, 10,000 rows, ms", "{predict_bulk:.1f}"),
            ("times faster", "{predict_bulk_times_faster:.1f}"),
            ("the first product alone, ms", "{product_bulk:.1f}"),
        ),
    ),
    "serve_speed": Table(
        "tests/benchmarks/serve_speed.py",
        (
            ("table", "{table}"),
            ("network", "{network}"),
            ("bytes of the file", "{bytes:,}"),
            ("of the arrays", "{bytes_of_arrays:,}"),
            ("one row in onnxruntime, µs", "{microseconds:.0f}"),
            ("in scikit-learn, µs", "{in_sklearn:.0f}"),
        ),
    ),
    "race_har": Table("tests/benchmarks/adam_har.py", _RACE),
    "race_mnist": Table("tests/benchmarks/adam_mnist.py", _RACE),
    "budget": Table(
        "tests/benchmarks/budget_digits.py",
        (
            ("solver", "{solver}"),
            ("asked ratio", "{asked}"),
            ("shares", "{shares}"),
            ("ratio", "{ratio:.3f}"),
            ("ranks, last split", "{ranks}"),
            ("test accuracy", MEAN % ("test", "test")),
        ),
    ),
    "bits": Table(
        "tests/benchmarks/bits.py",
        (
            ("table", "{table}"),
            ("format", "{format}"),
            ("32 bits", "{score_32:.4f}"),
            *((f"lost at {bits}", f"{{loss_{bits}:+.4f}}") for bits in (8, 4, 3, 2)),
        ),
    ),
    "bits_bytes": Table(
        "tests/benchmarks/bits.py",
        (
            ("table", "{table}"),
            ("format", "{format}"),
            *((f"{bits} bits", f"{{bytes_{bits}:,}}") for bits in (32, 8, 4, 3, 2)),
        ),
        "bits",
    ),
    "bits_bars": Table(
        "tests/benchmarks/bits.py",
        (
            ("format", "{format}"),
            ("bits", "{bits}"),
            ("aim", "{aim}"),
            ("worst loss", "{worst:+.4f}"),
            ("on", "{table}"),
            ("mean loss", "{mean:+.4f}"),
            ("tables within the aim", "{within}"),
        ),
        "bits",
    ),
    "bits_feedback": Table(
        "tests/benchmarks/bits.py",
        (
            ("table", "{table}"),
            ("bits", "{bits}"),
            ("nothing", "{none:+.4f}"),
            ("G", "{inputs:+.4f}"),
            ("G and S", "{both:+.4f}"),
        ),
        "bits",
    ),
    "devices": Table(
        "tests/benchmarks/devices.py",
        (
            ("table", "{table}"),
            ("model", "{model}"),
            ("tool", "{tool}"),
            ("accuracy", "{accuracy:.4f}"),
            ("flash", "{flash:,}"),
            ("RAM", "{ram:,}"),
            ("instructions, M4", "{m4:,}"),
            ("instructions, M3", "{m3:,}"),
            ("wrong", "{wrong}"),
        ),
    ),
}

TABLES |= {
    "bytes_summary": Table(
        "tests/benchmarks/bytes.py", (("what", "{what}"), ("aim", "{aim}"), ("found", "{found}")), "bytes"
    ),
    "calibration_shares": Table(
        "tests/benchmarks/calibration.py",
        (
            ("hidden layers", "{widths}"),
            ("smoothing", "{smoothing:g}"),
            ("accuracy gained, mean (least to most)", "{score}"),
            ("log loss, ratio (least to most)", "{log_loss}"),
            ("tables", "{tables}"),
        ),
        "calibration",
    ),
    "precision": Table(
        "tests/benchmarks/precision.py",
        (
            ("table", "{table}"),
            ("hidden layers", "{layers}"),
            ("single", "{single score:.4f}"),
            ("double", "{double score:.4f}"),
            ("MLP", "{MLP score:.4f}"),
            ("log loss, single", "{single log_loss}"),
            ("double", "{double log_loss}"),
            ("MLP", "{MLP log_loss}"),
            ("CPU s, single", "{single cpu:.2f}"),
            ("double", "{double cpu:.2f}"),
            ("MLP", "{MLP cpu:.2f}"),
            ("single to double", "{ratio:.2f}"),
        ),
        "precision",
    ),
    "pruning": Table(
        "tests/benchmarks/pruning.py",
        (
            ("table", "{table}"),
            ("weights kept", "{ratio:.0%}"),
            ("gradually", "{gradually score:.4f}"),
            ("at once", "{at once score:.4f}"),
            ("dense, as many weights", "{dense score:.4f}"),
            ("MLPClassifier, as many", "{MLPClassifier score:.4f}"),
            ("log loss, gradually", "{gradually log_loss:.3f}"),
            ("at once", "{at once log_loss:.3f}"),
            ("dense", "{dense log_loss:.3f}"),
            ("MLPClassifier", "{MLPClassifier log_loss:.3f}"),
            ("CPU s, gradually", "{gradually cpu:.1f}"),
            ("at once", "{at once cpu:.1f}"),
        ),
        "pruning",
    ),
    "bytes_aims": Table(
        "tests/benchmarks/bytes.py",
        (
            ("table", "{table}"),
            ("kB", "{kb:g}"),
            ("aim", "{aim:.3f}"),
            ("found", "{found}"),
            ("met", "{met}"),
        ),
        "bytes",
    ),
    "path_costs": Table(
        "tests/benchmarks/path.py",
        (
            ("table", "{table}"),
            ("seconds of a dense fit", "{dense_seconds:.1f}"),
            ("path, all open", "{open:.1f}"),
            ("path, l0", "{sparse:.1f}"),
            ("search", "{search:.0f}"),
            ("its budget", "{chosen}"),
            ("best budget", "{best_at}"),
            ("score lost", "{lost:+.4f}"),
        ),
        "path",
    ),
    "bytes_regression": Table(
        "tests/benchmarks/bytes_regression.py",
        (
            ("table", "{table}"),
            ("kB", "{kb:g}"),
            ("NN-BCD, max_bytes", "{nnbcd}"),
            ("ahead of the best", "{difference:+.4f}"),
            ("ridge", "{ridge}"),
            ("MLP", "{mlp}"),
            ("extra trees", "{extra_trees}"),
            ("boosted trees", "{boosted_trees}"),
        ),
        "bytes_regression",
    ),
    "bytes_best": Table(
        "tests/benchmarks/bytes.py",
        (
            ("table", "{table}"),
            ("kB", "{kb:g}"),
            ("NN-BCD, max_bytes", "{nnbcd}"),
            ("ahead of the best", "{difference:+.4f}"),
            ("logistic", "{logistic}"),
            ("SVC", "{svc}"),
            ("SVC, l1", "{svc_l1}"),
            ("MLP", "{mlp}"),
            ("extra trees", "{extra_trees}"),
            ("boosted trees", "{boosted_trees}"),
        ),
        "bytes",
    ),
}

#: the paper's own tables: test accuracy of each row beside the paper's mean
_HAR_ROWS = (
    ("by", "{method}"),
    ("format", "{format}"),
    ("CR, the paper", "{asked}"),
    ("CR", "{found}"),
    ("test accuracy", MEAN % ("test", "test")),
    ("training accuracy", "{train_mean:.4f}"),
    ("seeds", "{seeds}"),
    ("sweeps", "{swept}"),
    ("the paper, ten seeds", "{paper}"),
)
_FLARE_ROWS = (
    ("by", "{method}"),
    ("sparsity", "{shown}"),
    ("weights", "{weights_mean:.0f}"),
    ("test BACC", MEAN % ("test", "test")),
    ("training BACC", "{train_mean:.4f}"),
    ("seeds", "{seeds}"),
    ("sweeps", "{swept}"),
    ("the paper, on its own rows", "{paper}"),
)
TABLES |= {
    "paper": Table(
        "examples/paper/overview.py",
        (
            ("of the paper", "{item}"),
            ("in short", "{short}"),
            ("what came out", "{found}"),
            ("`examples/paper/`", "`{script}`"),
        ),
    ),
    "table1": Table(
        "examples/paper/table1_mnist.py",
        (
            ("by", "{method}"),
            ("CR, the paper", "{size:.4f}"),
            ("CR", "{ratio_mean:.4f}"),
            ("images", "{images}"),
            ("test accuracy", MEAN % ("test", "test")),
            ("training accuracy", "{train_mean:.4f}"),
            ("seeds", "{seeds}"),
            ("passes or sweeps", "{swept}"),
            ("seconds a sweep", "{pace}"),
            ("the paper, ten seeds", "{paper}"),
        ),
        "table1_mnist",
    ),
    **{
        name: Table(
            f"examples/paper/{script}.py",
            (
                ("format", "{format}"),
                ("optimiser", "{optimizer}"),
                ("CR, the paper", "{paper_ratio}"),
                ("CR", "{ratio_mean:.4f}"),
                ("test accuracy", MEAN % ("test", "test")),
                ("training accuracy", "{train_mean:.4f}"),
                ("seeds", "{seeds}"),
                ("the paper", "{paper}"),
            ),
            script,
        )
        for name, script in (("table2", "table2_mnist_sgd"), ("table4", "table4_har_sgd"))
    },
    "penalties": Table(
        "examples/paper/figures_penalties.py",
        (
            ("experiment", "{experiment}"),
            ("gamma", "{gamma:g}"),
            *((f"rho = {rho:g}", f"{{rho_{rho:g}}}") for rho in (0.1, 0.5, 1, 5, 10)),
        ),
        "figures_penalties",
    ),
    "initializers": Table(
        "examples/paper/figures_initializers.py",
        (
            ("initialiser", "{initializer}"),
            *((name, f"{{{name}}}") for name in ("har", "har_dense", "har_500", "har_tau", "har_default")),
            *((name, f"{{{name}}}") for name in ("lenet", "held", "flare_default")),
        ),
        "figures_initializers",
    ),
    "initializers_spread": Table(
        "examples/paper/figures_initializers.py",
        (
            ("experiment", "{experiment}"),
            ("the paper's figure", "{figure}b"),
            ("initialisers", "{initializers} of 9"),
            ("seeds", "{seeds}"),
            ("least", "{least:.4f} ({least_of})"),
            ("most", "{most:.4f} ({most_of})"),
            ("spread", "{spread:.4f}"),
        ),
        "figures_initializers",
    ),
    "architectures": Table(
        "examples/paper/architectures.py",
        (
            ("network", "{network}"),
            ("sweeps", "{sweeps_are}"),
            ("sweeps that raised (7)", "{rises_most:.0f}"),
            ("test accuracy", MEAN % ("test", "test")),
            ("training accuracy", "{train_mean:.4f}"),
            ("seeds", "{seeds}"),
        ),
        "architectures",
    ),
    "figure15": Table(
        "examples/paper/figure15_optimizers.py",
        (
            ("method", "{method}"),
            ("images", "{images}"),
            ("test accuracy", "{test_mean:.4f}"),
            ("training accuracy", "{train_mean:.4f}"),
            ("moves over the second half of the passes", "{moves_mean:.4f}"),
        ),
        "figure15_optimizers",
    ),
    "rate": Table(
        "examples/paper/rate.py",
        (
            ("case", "{case}"),
            ("setting", "{setting}"),
            *((f"after {k} sweeps", f"{{after_{k}}}") for k in (10, 100, 1000)),
            ("after all", "{at_last}"),
            ("sweeps", "{last}"),
            ("last squared subgradient", "{g}"),
            ("largest rise of L", "{largest_rise_of_L:.0e}"),
        ),
        "rate",
    ),
    "gpu": Table(
        "examples/gpu/measure.py",
        (
            ("device", "{device}"),
            ("sweeps", "{sweeps_are}"),
            ("TF32", "{tf32}"),
            ("matrix products, TFLOP/s", "{tflops:.1f}"),
            ("s a sweep", "{sweep:.4f}"),
            ("s for 500 sweeps", "{fit:.1f}"),
            ("share of the products' rate", "{efficiency:.2f}"),
            ("training accuracy", "{train:.4f}"),
            ("test accuracy", "{test:.4f}"),
        ),
    ),
    "table3": Table("examples/paper/table3_har.py", _HAR_ROWS, "table3_har"),
    "table5": Table("examples/paper/table5_flare.py", _FLARE_ROWS, "table5_flare"),
    "table6": Table("examples/paper/table6_har.py", _HAR_ROWS, "table6_har"),
}

#: titles of the contestants of tests/benchmarks/tables.py
CONTESTANTS = {
    "nnbcd": "NN-BCD",
    "nnbcd_wide": "NN-BCD (256, 256)",
    "nnbcd_standardised": "standardised",
    "mlp": "MLP",
    "mlp_target": "MLP, y standardised",
    "mlp_raw": "MLP, raw columns",
    "mlp_wide": "MLP (256, 256)",
    "mlp_wide_target": "MLP (256, 256), y standardised",
    "realmlp": "RealMLP-TD-S",
    "histgb": "HistGB",
    "linear": "linear",
    "identity_hessian": "Hessian = 1",
    "squared_error": "squared error",
    "no_ridge": "no ridge",
    "ridge_1": "ridge 1",
    "twice_as_long": "twice as long",
    "unscaled": "columns unscaled",
    "low_rank_quarter": "low rank 1/4",
    "tt_quarter": "tt 1/4",
    "l0_quarter": "l0 1/4",
    "low_rank_tenth": "low rank 1/10",
    "tt_tenth": "tt 1/10",
    "l0_tenth": "l0 1/10",
    "l0_16000": "l0, 16,000 weights",
}


def section(*fields: str, **titles: str) -> Table:
    """A table of the page of tests/benchmarks/tables.py; a field is its own title, or a contestant's."""
    named = CONTESTANTS | titles
    columns = tuple((named.get(field, field), f"{{{field}}}") for field in fields)
    return Table("tests/benchmarks/tables.py", columns, "tables")


_RIVALS = ("mlp", "mlp_target", "histgb", "linear")
_WIDE = ("table", "nnbcd_wide", "mlp_wide", "mlp_wide_target", "realmlp")
_SCALED = ("table", "nnbcd", "nnbcd_standardised", "unscaled")
_COMPRESSED = (
    "table",
    "nnbcd_wide",
    *(k for k in CONTESTANTS if k.endswith(("_quarter", "_tenth", "_16000"))),
)
_ABLATION = (
    *("table", "nnbcd", "identity_hessian", "squared_error"),
    *("no_ridge", "ridge_1", "twice_as_long", "unscaled"),
)
TABLES |= {
    "tables_bars": section("part", "aim", "found", "met", part="what"),
    "tables_behind": section("table", "ours", "rival", "score", "loss", loss="log loss"),
    "tables_score": section("table", "nnbcd", *_RIVALS, "mlp_raw", "difference", difference="NN-BCD - MLP"),
    "tables_log_loss": section("table", "nnbcd", "mlp", "histgb", "linear"),
    "tables_seconds": section("table", "nnbcd", *_RIVALS),
    "tables_wide_score": section(*_WIDE, "difference", difference="NN-BCD - MLP"),
    "tables_wide_log_loss": section(*_WIDE[:3], "realmlp"),
    "tables_wide_seconds": section(*_WIDE),
    "tables_classes": section(
        *("table", "contestant", "score", "log_loss", "seconds"),
        **{"score": "accuracy", "log_loss": "log loss", "seconds": "CPU s"},
    ),
    "tables_scaling": section(*_SCALED, nnbcd="raw", unscaled="raw, not scaled inside"),
    "tables_scaling_log_loss": section(*_SCALED, nnbcd="raw", unscaled="raw, not scaled inside"),
    "tables_speed": section("contestant", "low", "median", "high", low="10%", high="90%"),
    **{
        f"tables_compressed_{field}": section(*_COMPRESSED)
        for field in ("score", "log_loss", "weights", "seconds")
    },
    **{f"tables_ablation_{field}": section(*_ABLATION) for field in ("score", "log_loss", "seconds")},
}


def result(name: str) -> str:
    """The file of results of a table, without its ending."""
    return TABLES[name].result or name


def load(name: str) -> dict[str, Any]:
    """What the benchmark of a table found."""
    record = json.loads((RESULTS / f"{result(name)}.json").read_text(encoding="utf-8"))
    return record | {"rows": record["sections"][name]} if TABLES[name].result else record


def origin(name: str, record: dict[str, Any]) -> str:
    """One sentence: script, settings, commit, day, versions."""
    plain = {k: v for k, v in record["settings"].items() if isinstance(v, int | float | str)}
    told = "".join(f", {key} {value}" for key, value in plain.items())
    known = ", ".join(f"{library} {version}" for library, version in record["versions"].items())
    return f"(`{TABLES[name].script}`{told}; commit {record['commit']}, {record['date']}; {known})"


def markdown(name: str, record: dict[str, Any]) -> str:
    """The lines of a table between its two marks in Markdown."""
    columns = TABLES[name].columns
    lines = ["| " + " | ".join(title for title, _ in columns) + " |", "|---" * len(columns) + "|"]
    for row in record["rows"]:
        lines.append("| " + " | ".join(cell.format(**row) for _, cell in columns) + " |")
    return "\n" + "\n".join(lines) + "\n\n" + origin(name, record) + "\n\n"


def restructured(name: str, record: dict[str, Any]) -> str:
    """The same in reStructuredText."""
    columns = TABLES[name].columns
    lines = [".. list-table::", "   :header-rows: 1", ""]
    rows = [[title for title, _ in columns]]
    rows += [[cell.format(**row) for _, cell in columns] for row in record["rows"]]
    for row in rows:
        lines += [f"   {'* -' if k == 0 else '  -'} {cell}" for k, cell in enumerate(row)]
    return "\n" + "\n".join(lines) + "\n\n" + origin(name, record) + "\n\n"


def remade(text: str, suffix: str) -> str:
    """A page with its tables made again."""
    make = markdown if suffix == ".md" else restructured

    def replacement(match: re.Match) -> str:
        head, tail = match[0].split("\n", 1)[0], match[0].rsplit("\n", 1)[1]
        return f"{head}\n{make(match[1], load(match[1]))}{tail}"

    return MARKED[suffix].sub(replacement, text)


def pages() -> Iterator[Path]:
    """README and every page of docs."""
    yield ROOT / "README.md"
    for path in sorted((ROOT / "docs").rglob("*")):
        generated = {"_build", "generated", "auto_examples"} & set(path.relative_to(ROOT).parts)
        if path.suffix in MARKED and not generated:
            yield path


def names(page: Path) -> list[str]:
    """Names of the tables of a page."""
    return [match[1] for match in MARKED[page.suffix].finditer(page.read_text(encoding="utf-8"))]


def stale() -> dict[Path, str]:
    """Pages whose tables are not what the results say, with the text that they should have."""
    found = {}
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = remade(text, page.suffix)
        if new != text:
            found[page] = new
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check, differing = parser.parse_args().check, stale()
    for page, text in differing.items():
        print(f"{page.relative_to(ROOT)}: {'differs' if check else 'written'}")
        if not check:
            page.write_text(text, encoding="utf-8")
    sys.exit(1 if check and differing else 0)


if __name__ == "__main__":
    main()
