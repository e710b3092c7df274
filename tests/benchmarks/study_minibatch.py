# SPDX-License-Identifier: BSD-3-Clause
"""Choose the settings of the mini-batch solver on validation rows, one setting for all data sets.

    python tests/benchmarks/study_minibatch.py TASK VARIANT [VARIANT ...] [--folds 3]

Every run is one line in ``results/study_minibatch.jsonl``; a run that is there is not repeated.
With no variant the table of all that is there is printed: mean validation accuracy at the end.
"""

import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from contest import Log, bcd, load, output_folder  # noqa: E402

#: data, network and length of one run
TASKS = {
    "mnist16": dict(data="mnist", hidden=(512, 512), passes=6, batch=512, rank=16),
    "digits": dict(data="digits", hidden=(256, 256), passes=15, batch=64),
    "digits16": dict(data="digits", hidden=(256, 256), passes=15, batch=64, rank=16),
    "made": dict(data="made", hidden=(256, 256), passes=12, batch=128),
    "made16": dict(data="made", hidden=(256, 256), passes=12, batch=128, rank=16),
    "har_small": dict(data="har", hidden=(256, 256, 256, 128), passes=6, batch=256),
    "har_small16": dict(data="har", hidden=(256, 256, 256, 128), passes=8, batch=256, rank=16),
    "har": dict(data="har", hidden=(1024, 1024, 1024, 512), passes=6, batch=256),
    "har30": dict(data="har", hidden=(1024, 1024, 1024, 512), passes=8, batch=256, rank=30),
    "har8": dict(data="har", hidden=(1024, 1024, 1024, 512), passes=8, batch=256, rank=8),
    "mnist_part": dict(data="mnist", hidden=(256, 256), passes=6, batch=256, rows=12000),
    "mnist_part16": dict(data="mnist", hidden=(256, 256), passes=8, batch=256, rows=12000, rank=16),
}


def parsed(variant):
    """Keyword arguments of ``bcd`` from "step=0.2,ridge=10"; "base" is none."""
    if variant == "base":
        return {}
    pairs = (part.split("=") for part in variant.split(","))
    return {key: _value(value) for key, value in pairs}


def _value(text):
    if "/" in text:
        return tuple(float(part) for part in text.split("/"))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)


def run(task, variant, fold):
    """Records of one run."""
    options = dict(TASKS[task])
    data = load(options.pop("data"), fold=fold, seed=fold, rows=options.pop("rows", None))
    options |= parsed(variant)
    return bcd(data, seed=fold + options.pop("seed", 0), **options)


def table(log):
    """Print mean and standard deviation over folds, one line per task and variant."""
    groups = {}
    for key, records in log.records.items():
        task, variant, _ = key.split(" ")
        groups.setdefault((task, variant), []).append(records)
    for (task, variant), runs in sorted(groups.items()):
        last = np.array([r[-1].get("test", np.nan) for r in runs])
        train = np.mean([r[-1].get("train", np.nan) for r in runs])
        cpu = np.mean([r[-1]["cpu"] for r in runs])
        print(
            f"{task:14s} {variant:40s} {last.mean():.4f} +- {last.std():.4f} (n={len(runs)}) "
            f"train {train:.4f} cpu {cpu:.1f} s"
        )


def main():
    """Run what is asked for, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("task", nargs="?", choices=TASKS)
    parser.add_argument("variants", nargs="*")
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    log = Log(output_folder() / "study_minibatch.jsonl")
    for variant in arguments.variants:
        for fold in range(arguments.folds):
            key = f"{arguments.task} {variant} {fold}"
            records = log.once(key, lambda f=fold, v=variant: run(arguments.task, v, f))
            print(key, records[-1], flush=True)
    table(log)


if __name__ == "__main__":
    main()
