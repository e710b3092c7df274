# SPDX-License-Identifier: BSD-3-Clause
"""What came of the paper's tables and figures: one line each, from the files of results, for docs/paper.md.

    python examples/paper/overview.py

Fits nothing. A table or figure whose script has not been run has a line that says so.
"""

import json
from collections.abc import Callable, Iterable

from harness import Row, records
from mnist import ROWS
from rivals import OURS, SCIKIT_LEARN
from table3_har import MLP4
from table6_har import MLP5

#: rows of Tables 1, 3 and 6
ROWS_OF_A_TABLE = 6
#: what spread over initialisers the paper's figures have, about
SPREAD = 0.02
#: a rise of L that is the last bits of sums of some thousand terms
ROUNDING = 1e-12


def beside_paper(table: str, paper: dict[float, float]) -> Callable[[Row], tuple[str, str]]:
    """Rows of trains and dense networks above the paper's mean, by each method; rivals beside them."""

    def told(record: Row) -> tuple[str, str]:
        short, parts = [], []
        rows = [r for r in record["sections"][table] if r["size"] in paper]
        rows = [r for r in rows if r.get("format", "tt") in ("tt", "dense")]
        for method in dict.fromkeys(r["method"] for r in rows):
            mine = [r for r in rows if r["method"] == method]
            values = [f"{r['test_mean']:.4f} at {r['size']:.4f}{asides(r)}" for r in mine]
            parts.append(f"{method}: {', '.join(values)}; seeds: {between(r['seeds'] for r in mine)}")
            if method in (OURS, SCIKIT_LEARN):
                continue
            above = sum(r["test_mean"] > paper[r["size"]] for r in mine)
            short.append(f"{method}: {above} of {ROWS_OF_A_TABLE} rows above the paper's mean")
            if len(mine) < ROWS_OF_A_TABLE:
                short[-1] += f", {ROWS_OF_A_TABLE - len(mine)} not run"
        linear = [r for r in record["sections"][table] if r["size"] is None]
        parts += [f"{r['method']}: {r['test_mean']:.4f}" for r in linear]
        return "; ".join(short), "; ".join(parts)

    return told


def asides(row: Row) -> str:
    """How far a fit of many sweeps came, and on how few images."""
    parts = []
    if row.get("swept") and row["method"].startswith("Algorithm 1"):
        parts.append(f"{row['swept']} sweeps")
    if row.get("images", 60000) < 60000:
        parts.append(f"{row['images']} images")
    return f" ({', '.join(parts)})" if parts else ""


def between(numbers: Iterable[int]) -> str:
    """One number, or the least and the most."""
    found = sorted(set(numbers))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def flare(record: Row) -> tuple[str, str]:
    """The sparsest row beside the regressions."""
    rows = record["sections"]["table5"]
    sparsest = [r for r in rows if r["sparsity"] == 0.9977]
    plain = [r for r in rows if r["sparsity"] is None]
    ours = next((r["test_mean"] for r in sparsest if r["method"] == "mini-batches"), None)
    sides = [
        f"{'ahead of' if ours > r['test_mean'] else 'behind'} {r['method']}"
        for r in plain
        if ours is not None
    ]
    parts = [
        f"{r['method']} at 0.9977: {r['test_mean']:.4f} ± {r['test_sd']:.4f} (seeds: {r['seeds']})"
        for r in sparsest
    ]
    parts += [f"{r['method']}: {r['test_mean']:.4f}" for r in plain]
    return f"mini-batches at 0.9977 {', '.join(sides)}", "; ".join(parts)


def sgd(table: str) -> Callable[[Row], tuple[str, str]]:
    """Every format and optimiser."""

    def told(record: Row) -> tuple[str, str]:
        rows = record["sections"][table]
        values = [f"{r['format']}, {r['optimizer']}: {r['test_mean']:.4f}" for r in rows]
        seeds = between(r["seeds"] for r in rows)
        optimizers = " and ".join(dict.fromkeys(r["optimizer"] for r in rows))
        return (
            f"rivals by {optimizers}",
            f"{'; '.join(values)}; {record['settings']['passes']} passes, seeds: {seeds}",
        )

    return told


def maps(record: Row) -> tuple[str, str]:
    """Least and most of each map."""
    short, parts = [], []
    for r in record["sections"]["penalties_spread"]:
        name = r["experiment"]
        short.append(f"{name}: {r['least']:.3f} to {r['most']:.3f}, median {r['median']:.3f}")
        ends = f"least at gamma, rho = {r['least_at']}, most at {r['most_at']}"
        parts.append(f"{name}: {r['points']} of 25 points, {ends}")
    return "; ".join(short), f"{'; '.join(parts)}; seeds: {record['settings']['seeds']}"


def starts(record: Row) -> tuple[str, str]:
    """Spread over the initialisers."""
    short, parts = [], []
    for r in record["sections"]["initializers_spread"]:
        name, side = r["experiment"], "at most" if r["spread"] <= SPREAD else "above"
        short.append(f"{name}: spread {r['spread']:.3f}, {side} {SPREAD}")
        ends = f"from {r['least']:.4f} ({r['least_of']}) to {r['most']:.4f} ({r['most_of']})"
        parts.append(f"{name}: {r['initializers']} of 9 initialisers, seeds: {r['seeds']}, {ends}")
    return "; ".join(short), "; ".join(parts)


def methods(record: Row) -> tuple[str, str]:
    """All optimisers."""
    rows = sorted(record["sections"]["figure15"], key=lambda r: -r["test_mean"])
    place = 1 + [r["method"].startswith("NN-BCD") for r in rows].index(True)
    values = "; ".join(f"{r['method']}: {r['test_mean']:.4f}" for r in rows)
    images, passes = between(r["images"] for r in rows), record["settings"]["passes"]
    return f"mini-batches: place {place} of {len(rows)}", f"{values}; {images} images, {passes} passes"


def rate(record: Row) -> tuple[str, str]:
    """What the last two thirds of the sweeps add to the sum, and whether L rose."""
    parts, most = [], 0.0
    for row in record["rows"]:
        early = max(k for k, sweep in enumerate(row["sweeps"]) if 3 * sweep <= row["sweeps"][-1])
        growth = row["k_mean"][-1] / row["k_mean"][early] - 1.0
        most = max(most, growth)
        parts.append(f"{row['case']}, {row['setting']}: {row['k_mean'][-1]:.4g}")
    sweeps = between(row["last"] for row in record["rows"])
    rises = sum(row["largest_rise_of_L"] > ROUNDING for row in record["rows"])
    told = f"bounded: after {sweeps} sweeps the sum is at most {most:.1%} above that of a third of them"
    return f"{told}; L rose in {rises} of {len(parts)} fits", "K mean squared subgradient: " + "; ".join(
        parts
    )


def architectures(record: Row) -> tuple[str, str]:
    """Sweeps that raised (7), and what was learned."""
    rows = record["sections"]["architectures"]
    rises = sum(r["rises_most"] > 0 for r in rows)
    values = [f"{r['network']}, {r['sweeps_are']} sweeps: {r['test_mean']:.4f}" for r in rows]
    seeds = between(r["seeds"] for r in rows)
    return (
        f"(7) rose in {rises} of {len(rows)} settings",
        f"test accuracy {'; '.join(values)}; seeds: {seeds}",
    )


#: item -> (script, file of results, what to say of it: in short, and the figures)
ITEMS: dict[str, tuple[str, str, Callable[[Row], tuple[str, str]]]] = {
    "Table 1; Figures 2, 3": (
        "table1_mnist.py",
        "table1_mnist",
        beside_paper("table1", {ratio: mean for ratio, (_, mean, _) in ROWS.items()}),
    ),
    "Table 2": ("table2_mnist_sgd.py", "table2_mnist_sgd", sgd("table2")),
    "Table 3; Figures 5, 6": (
        "table3_har.py",
        "table3_har",
        beside_paper("table3", {ratio: mean for ratio, (mean, _) in MLP4.paper.items()}),
    ),
    "Table 4": ("table4_har_sgd.py", "table4_har_sgd", sgd("table4")),
    "Table 5; Figures 8, 9": ("table5_flare.py", "table5_flare", flare),
    "Table 6; Figures 12, 13": (
        "table6_har.py",
        "table6_har",
        beside_paper("table6", {ratio: mean for ratio, (mean, _) in MLP5.paper.items()}),
    ),
    "Figures 4a, 7a, 10a, 14a": ("figures_penalties.py", "figures_penalties", maps),
    "Figures 4b, 7b, 10b, 14b": ("figures_initializers.py", "figures_initializers", starts),
    "Theorem 7, the rate": ("rate.py", "rate", rate),
    "Beyond the paper's networks": ("architectures.py", "architectures", architectures),
    "Figure 15": ("figure15_optimizers.py", "figure15_optimizers", methods),
}


def main() -> None:
    """Write the file."""
    rows = []
    for item, (script, name, told) in ITEMS.items():
        path = records.RESULTS / f"{name}.json"
        short, found = "not run", ""
        if path.exists():
            short, found = told(json.loads(path.read_text(encoding="utf-8")))
        rows.append({"item": item, "script": script, "short": short, "found": found})
        print(f"{item}: {short} ({found})")
    print(records.write("paper", {"read": "the files of results of the scripts"}, rows))


if __name__ == "__main__":
    main()
