# SPDX-License-Identifier: BSD-3-Clause
"""What follows from the rows of ``tables.py``: the rows of the tables on its page, and the bars."""

from collections.abc import Callable, Iterable

import numpy as np
from table_contestants import ABLATIONS, CONTESTANTS, FORMATS, RATIOS, REACH, SEEDS
from table_sets import DEVELOPMENT, GENERATED, NAMES, REGRESSION

EMPTY = "–"
#: tables that are not generated
REAL = tuple(name for name in NAMES if name not in GENERATED)
LABELLED = tuple(name for name in DEVELOPMENT if name not in REGRESSION)


class Rows:
    """Means and spreads over the seeds, by table and contestant.

    Seconds are those of one machine: each row's in units of the fixed piece of work that was timed around its
    fit, times the median of these over all rows.
    """

    def __init__(self, rows: list[dict]):
        self.values: dict[tuple[str, str, str], list[float]] = {}
        probes = [row["probe"] for row in rows if row.get("probe")]
        usual = float(np.median(probes)) if probes else 1.0
        for row in rows:
            for field in ("score", "log_loss", "seconds", "weights", "probe"):
                if row.get(field) is not None:
                    factor = usual / (row.get("probe") or usual) if field == "seconds" else 1.0
                    values = self.values.setdefault((row["table"], row["contestant"], field), [])
                    values.append(row[field] * factor)

    def has(self, table: str, *contestants: str, field: str = "score") -> bool:
        """Whether all of them have that figure."""
        return all((table, who, field) in self.values for who in contestants)

    def complete(self, tables: Iterable[str], *contestants: str) -> bool:
        """Whether all of them have run on all of these tables with all their seeds."""
        return all(
            len(self.values.get((table, who, "score"), ()))
            == sum(CONTESTANTS[who].runs(who, table, seed) for seed in SEEDS)
            for table in tables
            for who in contestants
        )

    def mean(self, table: str, who: str, field: str = "score") -> float:
        """Over the seeds."""
        return float(np.mean(self.values[table, who, field]))

    def cell(self, table: str, who: str, field: str = "score") -> str:
        """Mean, spread and, where they are not three, the number of seeds."""
        if not self.has(table, who, field=field):
            return EMPTY
        values = self.values[table, who, field]
        if field == "weights":
            return f"{np.mean(values):,.0f}"
        if field == "seconds":
            return f"{np.mean(values):.2f}"
        return f"{np.mean(values):.4f} ± {np.std(values):.4f}" if len(values) > 1 else f"{values[0]:.4f}"

    def pairs(self, tables: Iterable[str], a: str, b: str, field: str = "score") -> dict[str, tuple]:
        """Figures of both, on the tables that have them."""
        found = [table for table in tables if self.has(table, a, b, field=field)]
        return {table: (self.mean(table, a, field), self.mean(table, b, field)) for table in found}


def grid(rows: Rows, tables: Iterable[str], keys: Iterable[str], field: str = "score") -> list[dict]:
    """One row for each table, one field for each contestant."""
    keys, found = tuple(keys), []
    for table in tables:
        cells = {key: rows.cell(table, key, field) for key in keys}
        if any(cell != EMPTY for cell in cells.values()):
            found.append({"table": table} | cells)
    return found


def with_difference(rows: Rows, made: list[dict], a: str, b: str) -> list[dict]:
    """The same with a - b in score."""
    for row in made:
        pair = rows.pairs([row["table"]], a, b).get(row["table"])
        row["difference"] = EMPTY if pair is None else f"{pair[0] - pair[1]:+.4f}"
    return made


# the bars -------------------------------------------------------------------------------------


def bar(part: str, aim: str, found: str, met: bool | None, complete: bool = True) -> dict:
    """One row of the table of bars."""
    verdict = EMPTY if met is None else "yes" if met else "**no**"
    return {"part": part, "aim": aim, "found": found, "met": verdict if complete else f"{verdict} (so far)"}


def differences(pairs: dict[str, tuple]) -> dict[str, float]:
    """a - b by table."""
    return {table: a - b for table, (a, b) in pairs.items()}


def worst(values: dict[str, float], pick: Callable = min, style: str = "+.4f") -> str:
    """The worst of the figures and where it is."""
    table = pick(values, key=values.__getitem__)
    return f"{values[table]:{style}} ({table})"


def against(rows: Rows, part: str, ours: str, rival: str, tables: tuple[str, ...], aims: dict) -> list[dict]:
    """Bars in score against one rival; ``aims``: worst, mean, ahead, whichever there are."""
    found = differences(rows.pairs(tables, ours, rival))
    if not found:
        return []
    complete, made = rows.complete(tables, ours, rival), []
    ahead, mean = sum(value > 0 for value in found.values()), float(np.mean(list(found.values())))
    if "worst" in aims:
        met = min(found.values()) >= aims["worst"]
        made.append(
            bar(part, f"score not lower by more than {-aims['worst']:g} on any", worst(found), met, complete)
        )
    if "mean" in aims:
        met = mean >= aims["mean"]
        made.append(bar(part, f"mean difference at least {aims['mean']:+g}", f"{mean:+.4f}", met, complete))
    if "ahead" in aims:
        met, text = ahead >= aims["ahead"], f"{ahead} of {len(found)}; worst {worst(found)}"
        made.append(bar(part, f"ahead on at least {aims['ahead']} of {len(tables)}", text, met, complete))
    return made


def lower_log_loss(rows: Rows, part: str, ours: str, rival: str, but: int) -> list[dict]:
    """Log loss below a rival's on every table but so many."""
    found = differences(rows.pairs(LABELLED, ours, rival, "log_loss"))
    if not found:
        return []
    won, need = sum(value < 0 for value in found.values()), len(found) - but
    text = f"{won} of {len(found)}; worst {worst(found, max)}"
    return [
        bar(
            part,
            f"log loss lower on {need} of {len(found)}",
            text,
            won >= need,
            rows.complete(LABELLED, ours, rival),
        )
    ]


def less_time(rows: Rows, part: str, ours: str, rival: str, share: float = 1.0) -> list[dict]:
    """CPU seconds of a fit below a share of a rival's on every table."""
    found = {table: a / b for table, (a, b) in rows.pairs(DEVELOPMENT, ours, rival, "seconds").items()}
    if not found:
        return []
    mean = float(np.exp(np.mean(np.log(list(found.values())))))
    slower = ", ".join(f"{table} {ratio:.2f}" for table, ratio in found.items() if ratio > share)
    text = f"ratio {mean:.2f} (geometric mean), worst {worst(found, max, '.2f')}"
    text += f"; above {share:g}: {slower}" if slower else ""
    aim = (
        "CPU seconds lower on every table" if share == 1.0 else f"{share:g} of its CPU seconds on every table"
    )
    complete = rows.complete(DEVELOPMENT, ours, rival)
    return [bar(part, aim, text, not slower, complete)]


def at_least(rows: Rows, part: str, table: str, who: str, aim: float) -> list[dict]:
    """A score on one table."""
    if not rows.has(table, who):
        return []
    score = rows.mean(table, who)
    return [
        bar(
            part,
            f"{table}: at least {aim:g}",
            rows.cell(table, who),
            score >= aim,
            rows.complete([table], who),
        )
    ]


def near_dense(rows: Rows) -> list[dict]:
    """Compressed networks beside the dense one."""
    made = []
    for ratio, aim in zip(RATIOS, (-0.01, -0.03), strict=True):
        for format in FORMATS:
            part = f"{format}, a {ratio}, beside dense (256, 256)"
            made += against(rows, part, f"{format}_{ratio}", "nnbcd_wide", DEVELOPMENT, {"mean": aim})
    return made


def many_classes(rows: Rows) -> list[dict]:
    """Generated tables: accuracy, and time beside that of MLPClassifier to the same accuracy."""
    made = []
    for table, aim in REACH.items():
        made += at_least(rows, "default", table, "nnbcd", aim)
        if rows.has(table, "nnbcd_reach", "mlp_reach"):
            ours, reach = (rows.mean(table, who, "seconds") for who in ("nnbcd_reach", "mlp_reach"))
            scores = [rows.cell(table, who) for who in ("nnbcd_reach", "mlp_reach")]
            text = f"{ours:.2f} s against {reach:.2f} s, accuracy then {scores[0]} and {scores[1]}"
            aim_text = f"{table}: less time to {aim:g} than MLPClassifier, both by passes of partial_fit"
            complete = rows.complete([table], "nnbcd_reach", "mlp_reach")
            made.append(bar("default", aim_text, text, ours < reach, complete))
        if rows.has(table, "nnbcd", "mlp"):
            ours, theirs = (rows.mean(table, who, "seconds") for who in ("nnbcd", "mlp"))
            aim_text = f"{table}: whole fit in less time than MLPClassifier's"
            complete = rows.complete([table], "nnbcd", "mlp")
            made.append(
                bar("default", aim_text, f"{ours:.2f} s against {theirs:.2f} s", ours < theirs, complete)
            )
    return made


def any_scale(rows: Rows) -> list[dict]:
    """Raw columns beside standardised ones."""
    found = differences(rows.pairs(DEVELOPMENT, "nnbcd", "nnbcd_standardised"))
    if not found:
        return []
    sizes = {table: abs(value) for table, value in found.items()}
    met, aim = max(sizes.values()) <= 0.01, "raw and standardised columns within 0.01"
    complete = rows.complete(DEVELOPMENT, "nnbcd", "nnbcd_standardised")
    return [bar("default", aim, worst(sizes, max, ".4f"), met, complete)]


def same_sources(records: list[dict]) -> list[dict]:
    """A row that says so if not all of ours were made with the same sources of the package."""
    ours = [row["code"] for row in records if not row.get("code", "scikit-learn").startswith("scikit-learn")]
    if len(set(ours)) < 2:
        return []
    last = max(set(ours), key=ours.count)
    text = f"{len(set(ours))} states of the package; {sum(code != last for code in ours)} of {len(ours)} fits"
    return [bar("all of ours", "the same sources", f"{text} are of another than most", False)]


def bars(rows: Rows) -> list[dict]:
    """Everything that was asked for and that these tables can say."""
    default, wide = "default beside MLP (100,)", "(256, 256) beside MLP (256, 256)"
    made = against(rows, default, "nnbcd", "mlp", DEVELOPMENT, {"worst": -0.003, "mean": 0.01})
    six = "default beside MLP (100,), classification only"
    made += against(rows, six, "nnbcd", "mlp", LABELLED, {"mean": 0.01})
    made += lower_log_loss(rows, default, "nnbcd", "mlp", but=1)
    made += less_time(rows, default, "nnbcd", "mlp")
    trees = "default beside HistGradientBoosting"
    made += against(rows, trees, "nnbcd", "histgb", DEVELOPMENT, {"ahead": 3, "mean": -0.01})
    made += against(rows, wide, "nnbcd_wide", "mlp_wide", DEVELOPMENT, {"ahead": len(DEVELOPMENT) - 1})
    made += lower_log_loss(rows, wide, "nnbcd_wide", "mlp_wide", but=0)
    made += less_time(rows, wide, "nnbcd_wide", "mlp_wide")
    made += at_least(rows, "(256, 256)", "letter", "nnbcd_wide", 0.98)
    strong = "(256, 256) beside RealMLP-TD-S"
    made += against(rows, strong, "nnbcd_wide", "realmlp", DEVELOPMENT, {"mean": 0.0})
    made += lower_log_loss(rows, strong, "nnbcd_wide", "realmlp", but=1)
    made += less_time(rows, strong, "nnbcd_wide", "realmlp", share=0.1)
    made += near_dense(rows)
    made += at_least(rows, "(256, 256), l0, 16,000 weights", "letter", "l0_16000", 0.975)
    return made + many_classes(rows) + any_scale(rows)


def behind(rows: Rows) -> list[dict]:
    """Wherever a rival has the better score or log loss."""
    rivals = [("nnbcd", who) for who in ("mlp", "mlp_target", "mlp_raw", "histgb", "linear")]
    rivals += [("nnbcd_wide", who) for who in ("mlp_wide", "mlp_wide_target", "realmlp", "histgb")]
    made = []
    for ours, rival in rivals:
        for table in NAMES:
            pair = rows.pairs([table], ours, rival).get(table)
            losses = rows.pairs([table], ours, rival, "log_loss").get(table)
            score = pair is not None and pair[1] > pair[0]
            loss = losses is not None and losses[1] < losses[0]
            if score or loss:
                both = f"{losses[0]:.4f} / {losses[1]:.4f}" if losses else EMPTY
                scores = f"{pair[0]:.4f} / {pair[1]:.4f}"
                cells = {
                    "score": f"**{scores}**" if score else scores,
                    "loss": f"**{both}**" if loss else both,
                }
                made.append({"table": table, "ours": ours, "rival": rival} | cells)
    return made


def speeds(rows: Rows) -> list[dict]:
    """How fast the machine was for whom: CPU milliseconds of the same work."""
    made = []
    for who in ("mlp", "histgb", "mlp_wide", "nnbcd", "nnbcd_wide"):
        values = [
            v
            for (_, key, field), found in rows.values.items()
            if (key, field) == (who, "probe")
            for v in found
        ]
        if values:
            low, middle, high = 1e3 * np.quantile(values, (0.1, 0.5, 0.9))
            cells = {"low": f"{low:.1f}", "median": f"{middle:.1f}", "high": f"{high:.1f}"}
            made.append({"contestant": who} | cells)
    return made


def sections(records: list[dict]) -> dict[str, list[dict]]:
    """Rows of all tables of the page, by name."""
    rows = Rows(records)
    default = ("nnbcd", "mlp", "mlp_target", "histgb", "linear")
    wide = ("nnbcd_wide", "mlp_wide", "mlp_wide_target", "realmlp")
    small = ("nnbcd_wide", *(f"{format}_{ratio}" for ratio in RATIOS for format in FORMATS), "l0_16000")
    classes = [
        {"table": table, "contestant": who}
        | {f: rows.cell(table, who, f) for f in ("score", "log_loss", "seconds")}
        for table in GENERATED
        for who in ("nnbcd", "nnbcd_wide", "nnbcd_reach", "mlp", "mlp_reach", "mlp_wide", "histgb", "linear")
        if rows.has(table, who)
    ]
    made = {
        "tables_bars": bars(rows) + same_sources(records),
        "tables_behind": behind(rows),
        "tables_score": with_difference(rows, grid(rows, REAL, (*default, "mlp_raw")), "nnbcd", "mlp"),
        "tables_log_loss": grid(rows, REAL, default, "log_loss"),
        "tables_seconds": grid(rows, REAL, default, "seconds"),
        "tables_wide_score": with_difference(rows, grid(rows, REAL, wide), "nnbcd_wide", "mlp_wide"),
        "tables_wide_log_loss": grid(rows, REAL, (*wide[:2], "realmlp"), "log_loss"),
        "tables_wide_seconds": grid(rows, REAL, wide, "seconds"),
        "tables_classes": classes,
        "tables_scaling": grid(rows, DEVELOPMENT, ("nnbcd", "nnbcd_standardised", "unscaled")),
        "tables_scaling_log_loss": grid(
            rows, LABELLED, ("nnbcd", "nnbcd_standardised", "unscaled"), "log_loss"
        ),
        "tables_speed": speeds(rows),
    }
    for field in ("score", "log_loss", "weights", "seconds"):
        made[f"tables_compressed_{field}"] = grid(rows, DEVELOPMENT, small, field)
    for field in ("score", "log_loss", "seconds"):
        made[f"tables_ablation_{field}"] = grid(rows, DEVELOPMENT, ("nnbcd", *ABLATIONS), field)
    return made
