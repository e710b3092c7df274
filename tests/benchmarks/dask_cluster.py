# SPDX-License-Identifier: BSD-3-Clause
"""What a sweep moves and computes on a Dask cluster, measured.

    python tests/benchmarks/dask_cluster.py traffic   bytes a sweep against the number of rows
    python tests/benchmarks/dask_cluster.py kill      a worker killed in mid-fit
    python tests/benchmarks/dask_cluster.py memory    data larger than the memory limit of a worker
    python tests/benchmarks/dask_cluster.py cluster   what 100 workers and 1e9 rows would need

Two worker processes on 127.0.0.1. Bytes are those of the loopback interface (psutil), so they include
everything that Dask itself says; run nothing else that talks over it.
"""

import argparse
import os
import signal
import time
from unittest import mock

import numpy as np
from records import write

WIDTHS = (64, 128, 128, 4)
DASK = ("dask", "distributed")


def start(memory_limit="1GiB"):
    """A cluster of two worker processes, and its client."""
    import distributed

    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        worker_dashboard_address=None,
        memory_limit=memory_limit,
    )
    return cluster, distributed.Client(cluster)


def rows(n, d=WIDTHS[0], partitions=4):
    """Generated X and classes y, made on the workers."""
    import dask.array as da

    X = da.random.default_rng(0).normal(size=(n, d), chunks=(-(-n // partitions), d))
    y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 0.5).astype(int)
    return X, y


def network(client, **options):
    """The network of all measurements."""
    from sklearn_nnbcd.dask import DaskNNBCDClassifier
    from sklearn_nnbcd.solvers import FullBatch

    options = {"max_iter": 3, "tol": 0.0, "random_state": 0, **options}
    solver = FullBatch(extrapolation=False)
    return DaskNNBCDClassifier(WIDTHS[1:-1], solver=solver, client=client, **options)


def loopback_bytes():
    """Bytes that the loopback interface has sent so far."""
    import psutil

    return psutil.net_io_counters(pernic=True)["lo"].bytes_sent


def traffic(sizes=(1_000, 10_000, 100_000), sweeps=4):
    """Bytes a sweep against n: two fits that differ by some sweeps, so that the rest cancels."""
    cluster, client = start()
    network(client).fit(*rows(100))  # imports, connections
    table = []
    print("| rows | MB of X | MB a sweep | s a sweep |\n|---|---|---|---|")
    for n in sizes:
        X, y = rows(n)
        X, y = client.persist([X, y])
        used = []
        for max_iter in (1, 1 + sweeps):
            before, clock = loopback_bytes(), time.perf_counter()
            network(client, max_iter=max_iter).fit(X, y)
            used.append((loopback_bytes() - before, time.perf_counter() - clock))
        moved, seconds = ((b - a) / sweeps for a, b in zip(*used))
        print(f"| {n} | {X.nbytes / 1e6:.1f} | {moved / 1e6:.3f} | {seconds:.2f} |", flush=True)
        row = {"rows": n, "megabytes_of_x": X.nbytes / 1e6, "megabytes": moved / 1e6, "seconds": seconds}
        table.append(row)
    write("dask_traffic", {"widths": WIDTHS, "sweeps": sweeps}, table, libraries=DASK)
    client.close()
    cluster.close()


def kill(n=5_000):
    """The same fit with and without a worker that is killed after its second sweep."""
    from sklearn_nnbcd import NNBCDClassifier

    cluster, client = start()
    X, y = rows(n)
    plain = NNBCDClassifier(WIDTHS[1:-1], solver="full", max_iter=4, tol=0.0, random_state=0)
    plain.fit(*client.gather(client.compute([X, y])))

    from sklearn_nnbcd import dask as estimators

    place_parts = estimators.place_parts

    def fit(deadly):
        made, calls = [], [0]

        def place(*args):
            made.append(place_parts(*args))
            step = made[0].sweep

            def sweep(*args):
                calls[0] += 1
                if deadly and calls[0] == 7:  # three layers a sweep
                    worker = sorted(client.nthreads())[0]
                    os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)
                return step(*args)

            made[0].sweep = sweep
            return made[0]

        model = estimators.DaskNNBCDClassifier(
            WIDTHS[1:-1], client=client, max_iter=4, tol=0.0, random_state=0
        )
        clock = time.perf_counter()
        with mock.patch.object(estimators, "place_parts", place):
            model.fit(X, y)
        return model, made[0].rebuilt, time.perf_counter() - clock

    table = []
    print("| fit | partitions rebuilt | s | largest difference of a weight from one machine's |")
    print("|---|---|---|---|")
    for deadly in (False, True):
        model, rebuilt, seconds = fit(deadly)
        apart = max(float(np.max(np.abs(a - b))) for a, b in zip(model.coefs_, plain.coefs_))
        name = "a worker killed" if deadly else "undisturbed"
        print(f"| {name} | {rebuilt} | {seconds:.1f} | {apart:.1e} |", flush=True)
        table.append({"fit": name, "rebuilt": rebuilt, "seconds": seconds, "difference": apart})
    write("dask_kill", {"widths": WIDTHS, "rows": n}, table, libraries=DASK)
    client.close()
    cluster.close()


def memory(n=150_000, worker_limit="450MB", memory_limit="100MB"):
    """X, U and V take more than a worker may have; the blocks lie in files."""
    cluster, client = start(worker_limit)
    X, y = rows(n, partitions=10)
    states = 8 * n * (2 * sum(WIDTHS[1:]))
    print(f"X {X.nbytes / 1e6:.0f} MB, U and V {states / 1e6:.0f} MB, worker limit {worker_limit}")
    clock = time.perf_counter()
    model = network(client, max_iter=1, memory_limit=memory_limit).fit(X, y)
    row = {"seconds": time.perf_counter() - clock, "loss": model.loss_, "alive": len(client.nthreads())}
    print("one sweep {seconds:.0f} s, loss {loss:.4f}, workers alive: {alive}".format(**row))
    limits = {"worker_limit": worker_limit, "memory_limit": memory_limit}
    write("dask_memory", {"widths": WIDTHS, "rows": n} | limits, [row], libraries=DASK)
    client.close()
    cluster.close()


def flops_a_row(widths):
    """Multiply-adds times two of one sweep for one row, as counted in the text."""
    pairs = list(zip(widths, widths[1:]))
    return sum(8 * a * b + (a * a if i else -4 * a * b) for i, (a, b) in enumerate(pairs))


def bytes_a_sweep(widths, itemsize=8):
    """(to each worker, from each worker) in one sweep: W and its operator out; Gram and cross sums in."""
    pairs = list(zip(widths, widths[1:]))
    out = itemsize * sum(a * b * (2 if i else 1) for i, (a, b) in enumerate(pairs))
    back = itemsize * sum((a * a if i else 0) + a * b for i, (a, b) in enumerate(pairs))
    return out, back


def central_flops(widths):
    """Of the steps beside the client: W_i by (12), and the operator of the V_{i-1} step."""
    total = 0.0
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        total += 2 / 3 * a**3 + 4 * a * a * b
        if i:
            low, high = min(a, b), max(a, b)
            total += 2 / 3 * low**3 + 6 * low * low * high
    return total


def cluster(n=10**9, workers=100, gbit=10.0, call=0.1):
    """Seconds a sweep of rows, client and network, and the number of workers at which rows are half of it.

    ``call`` is what Dask takes for one call (submit, broadcast, tree, gather) besides moving bytes.
    """
    A = np.random.default_rng(0).normal(size=(1024, 1024)).astype(np.float32)
    best = np.inf
    for _ in range(5):
        clock = time.perf_counter()
        A @ A
        best = min(best, time.perf_counter() - clock)
    rate, speed = 2 * 1024**3 / best, gbit * 1e9 / 8
    print(f"float32 products here: {rate / 1e9:.0f} GFLOP/s; assumed: {gbit:.0f} Gbit/s, {call} s a call")
    table = []
    print("| widths | rows, s | client, s | MB out, back | network, s | calls, s | saturates at |")
    print("|---|---|---|---|---|---|---|")
    for widths in ((561, 1024, 1024, 1024, 512, 6), (100, 128, 128, 2)):
        work, center = flops_a_row(widths) * n / rate, central_flops(widths) / rate
        out, back = bytes_a_sweep(widths, itemsize=4)

        def wire(k, moved=out + back):
            return moved * np.ceil(np.log2(max(k, 2))) / speed

        calls = call * (len(widths) - 1)
        k = 1.0
        for _ in range(100):
            k = max(1.0, work / (center + wire(k) + calls))
        print(
            f"| {widths} | {work / workers:.0f} | {center:.2f} | {out / 1e6:.1f}, {back / 1e6:.1f} "
            f"| {wire(workers):.3f} | {calls:.2f} | {k:.0f} |"
        )
        row = {"widths": widths, "rows": work / workers, "client": center, "out": out, "back": back}
        table.append(row | {"network": wire(workers), "calls": calls, "saturates": k})
    settings = {"rows": n, "workers": workers, "gbit": gbit, "call": call, "gflops": rate / 1e9}
    write("dask_cluster", settings, table)


if __name__ == "__main__":
    jobs = {"traffic": traffic, "kill": kill, "memory": memory, "cluster": cluster}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("job", choices=jobs)
    jobs[parser.parse_args().job]()
