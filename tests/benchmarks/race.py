# SPDX-License-Identifier: BSD-3-Clause
"""Races between the mini-batch solver, Adam (PyTorch) and MLPClassifier on one network.

A script names the data, the network and the contestants, and calls :func:`main`. All contestants
of a race run one after the other in one process, with two threads, and take turns over the seeds:
seed 0 runs every learning rate, the other seeds each family's best one. Only training is timed,
scores are taken in between. A run that is in the results file is not repeated, so a race can be
stopped and resumed; ``--fresh`` begins anew.
"""

import argparse
import math
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "2")

import numpy as np  # noqa: E402
from contest import Clock, Log, accuracy, bcd, load, output_folder  # noqa: E402
from records import write  # noqa: E402

RATES = (3e-4, 1e-3, 3e-3)


def adam(data, hidden, *, passes, batch, rate, loss, rank=None, seed=0, parts=1, falling=False):
    """PyTorch's Adam on the same network, hidden layers as two linear maps where ``rank`` is given.

    Returns
    -------
    records : list of dict
        ``parts`` per pass: k, wall and processor seconds of training so far, test accuracy.
    """
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    X, y = data[:2]
    K, widths, maps = int(y.max()) + 1, (X.shape[1], *hidden), []
    for a, b in zip(widths, widths[1:]):
        if rank is None:
            maps.append(torch.nn.Linear(a, b))
        else:
            maps += [torch.nn.Linear(a, rank, bias=False), torch.nn.Linear(rank, b)]
        maps.append(torch.nn.ReLU())
    net = torch.nn.Sequential(*maps, torch.nn.Linear(widths[-1], K))
    options = dict(passes=passes, batch=batch, rate=rate, loss=loss, parts=parts, falling=falling)
    return descend(net, data, Clock(), **options)


def descend(net, data, clock, *, passes, batch, rate, loss, falling=False, parts=1, on_step=None, first=1):
    """Adam over some passes; ``parts`` records per pass. ``on_step(share)`` follows every step.

    With ``falling`` the learning rate goes to zero along a half cosine.
    """
    import torch

    X, y, T, t = data
    X, T, labels = torch.from_numpy(X), torch.from_numpy(T), torch.from_numpy(y.astype(np.int64))
    onehot = torch.nn.functional.one_hot(labels, int(y.max()) + 1).float()
    optimizer, records = torch.optim.Adam(net.parameters(), lr=rate), []

    def score(k):
        with torch.no_grad():
            test = accuracy(net(T).numpy(), t)
        records.append(dict(k=k, wall=clock.wall, cpu=clock.cpu, test=test))

    for k in range(passes):
        order = torch.randperm(len(X)).split(batch)
        ends = {len(order) * part // parts: part for part in range(1, parts + 1)}
        clock.start()
        for number, rows in enumerate(order, 1):
            optimizer.zero_grad()
            V = net(X[rows])
            if loss == "squared_error":
                value = 0.5 * ((V - onehot[rows]) ** 2).sum(dim=1).mean()
            else:
                value = torch.nn.functional.cross_entropy(V, labels[rows])
            value.backward()
            optimizer.step()
            share = (k + number / len(order)) / passes
            if falling:
                optimizer.param_groups[0]["lr"] = 0.5 * rate * (1.0 + math.cos(math.pi * share))
            if on_step is not None:
                on_step(share)
            if number in ends:
                clock.stop()
                score(first - 1 + k + ends[number] / parts)
                clock.start()
        clock.stop()
    return records


def mlp(data, hidden, *, passes, rate, seed=0):
    """scikit-learn's MLPClassifier, one ``partial_fit`` (a shuffled pass) at a time."""
    from sklearn.neural_network import MLPClassifier

    X, y, T, t = data
    model, clock, records = (
        MLPClassifier(hidden, learning_rate_init=rate, random_state=seed),
        Clock(),
        [],
    )
    classes = np.unique(y)
    for k in range(1, passes + 1):
        clock.start()
        model.partial_fit(X, y, classes=classes)
        clock.stop()
        records.append(dict(k=k, wall=clock.wall, cpu=clock.cpu, test=model.score(T, t)))
    return records


def seconds_to(records, threshold, clock):
    """Seconds until the test accuracy is at the threshold and stays there; inf if it never does."""
    reached = np.inf
    for record in reversed(records):
        if record["test"] < threshold:
            break
        reached = record[clock]
    return reached


def settled(records):
    """Mean test accuracy of the last five passes."""
    last = records[-1]["k"]
    return float(np.mean([r["test"] for r in records if r["k"] > last - 5 and r["k"] == int(r["k"])]))


def race(log, name, data, seeds, *, ours, peers, only=""):
    """Run a race and return {contestant: [records of each seed]}.

    ours : dict of name -> keyword arguments of :func:`contest.bcd`
    peers : dict of family -> dict of name -> function of (data, seed)
    only : str
        Begin no other run than those whose contestant's name holds this.
    """
    runs = {}

    def once(who, run, seed):
        key = f"{name}|{who}|{seed}"
        if only not in who and key not in log.records:
            return
        records = log.once(key, lambda: run(data(seed), seed))
        runs.setdefault(who, []).append(records)
        last = records[-1]
        print(
            f"{name} {who} seed {seed}: {last['test']:.4f}, best "
            f"{max(r['test'] for r in records):.4f}, {last['wall']:.1f} s, cpu {last['cpu']:.1f} s",
            flush=True,
        )

    for seed in range(seeds):
        for who, options in ours.items():
            once(who, lambda d, s, o=options: bcd(d, seed=s, **o), seed)
        for group in peers.values():
            done = [who for who in group if who in runs]
            best = max(done, key=lambda who: settled(runs[who][0])) if seed and done else None
            for who, run in group.items():
                if seed == 0 or who == best:
                    once(who, run, seed)
    return runs


def summary(seeds, thresholds):
    """Means over the seeds of one contestant, and medians of CPU seconds until accuracies are kept."""
    kept = []
    for threshold in thresholds:
        seconds = np.median([seconds_to(records, threshold, "cpu") for records in seeds])
        kept.append(f"{threshold:g}: {seconds:.1f}" if np.isfinite(seconds) else f"{threshold:g}: –")
    return {
        "kept": ", ".join(kept),
        "seeds": len(seeds),
        "last": np.mean([r[-1]["test"] for r in seeds]),
        "best": np.mean([max(x["test"] for x in r) for r in seeds]),
        "cpu": np.mean([r[-1]["cpu"] for r in seeds]),
    }


def table(name, runs, thresholds):
    """Print medians over seeds."""
    print(f"\n{name}: median over seeds; wall (processor) seconds until the accuracy stays above")
    print(
        f"{'':32s} {'last':>7s} {'best':>7s} {'settled':>8s} {'s':>6s}  "
        + "  ".join(f"{th:>14.4g}" for th in thresholds)
    )
    for who, seeds in runs.items():
        cells = []
        for th in thresholds:
            wall, cpu = (np.median([seconds_to(r, th, c) for r in seeds]) for c in ("wall", "cpu"))
            cells.append(f"{wall:6.1f} ({cpu:5.1f})" if np.isfinite(wall) else f"{'-':>14s}")
        last = np.mean([r[-1]["test"] for r in seeds])
        best = np.mean([max(x["test"] for x in r) for r in seeds])
        total = np.median([r[-1]["wall"] for r in seeds])
        mean = np.mean([settled(r) for r in seeds])
        print(
            f"{who:32s} {last:7.4f} {best:7.4f} {mean:8.4f} {total:6.1f}  "
            + "  ".join(cells)
            + f"  (n={len(seeds)})"
        )


def adam_family(
    hidden, *, passes, batch, rank=None, parts=1, falling=False, losses=("squared_error", "cross_entropy")
):
    """{family: {name: run}} of Adam at three learning rates for each loss; ``falling`` to zero, or not."""
    families, how = {}, f", {passes} passes, falling rate" if falling else ""
    common = dict(passes=passes, batch=batch, rank=rank, parts=parts, falling=falling)
    for loss in losses:
        group = families[f"adam {loss}{how}"] = {}
        for rate in RATES:
            options = common | dict(rate=rate, loss=loss)
            group[f"adam {loss} {rate:g}{how}"] = lambda d, s, o=options: adam(d, hidden, seed=s, **o)
    return families


def mlp_family(hidden, *, passes):
    """MLPClassifier at three learning rates."""
    return {
        "MLPClassifier": {
            f"MLPClassifier {rate:g}": lambda d, s, r=rate: mlp(d, hidden, passes=passes, rate=r, seed=s)
            for rate in RATES
        }
    }


def main(script, data, races):
    """Command line of a race.

    races : dict of name -> (ours, peers, thresholds), as :func:`race` and :func:`table` take them
    """
    parser = argparse.ArgumentParser(description=f"Race on {script}")
    parser.add_argument("races", nargs="*", metavar="race", help=f"of {sorted(races)}; all if none is named")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="part of the names of the contestants to run")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    arguments = parser.parse_args()
    path = output_folder() / f"adam_{script}.jsonl"
    if arguments.fresh:
        path.unlink(missing_ok=True)
    log, loaded = Log(path), {}

    def rows(seed):
        if seed not in loaded:
            loaded.clear()
            loaded[seed] = data(seed)
        return loaded[seed]

    found = []
    for name in arguments.races or races:
        ours, peers, thresholds = races[name]
        runs = race(log, name, rows, arguments.seeds, ours=ours, peers=peers, only=arguments.only)
        table(name, runs, thresholds)
        found += [
            {"race": name, "contestant": who} | summary(seeds, thresholds) for who, seeds in runs.items()
        ]
    settings = {"seeds": arguments.seeds, "threads": os.environ["OMP_NUM_THREADS"]}
    write(f"race_{script}", settings, found, libraries=("torch",))


__all__ = ["adam_family", "load", "main", "mlp_family"]
