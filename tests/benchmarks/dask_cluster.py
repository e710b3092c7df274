# SPDX-License-Identifier: BSD-3-Clause
"""What a sweep moves and computes on a Dask cluster, measured; prints the tables of docs/results/dask.md.

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

import numpy as np

WIDTHS = (64, 128, 128, 4)


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

    options = {"max_iter": 3, "tol": 0.0, "random_state": 0, **options}
    return DaskNNBCDClassifier(WIDTHS[1:-1], client=client, **options)


def loopback_bytes():
    """Bytes that the loopback interface has sent so far."""
    import psutil

    return psutil.net_io_counters(pernic=True)["lo"].bytes_sent


def traffic(sizes=(1_000, 10_000, 100_000), sweeps=4):
    """Bytes a sweep against n: two fits that differ by some sweeps, so that the rest cancels."""
    cluster, client = start()
    print("| rows | bytes of X | MB a sweep | s a sweep |\n|---|---|---|---|")
    for n in sizes:
        X, y = rows(n)
        X, y = client.persist([X, y])
        used = []
        for max_iter in (1, 1 + sweeps):
            before, clock = loopback_bytes(), time.perf_counter()
            network(client, max_iter=max_iter).fit(X, y)
            used.append((loopback_bytes() - before, time.perf_counter() - clock))
        moved, seconds = ((b - a) / sweeps for a, b in zip(*used))
        print(f"| {n} | {X.nbytes:.3g} | {moved / 1e6:.3f} | {seconds:.2f} |", flush=True)
    client.close()
    cluster.close()


def kill(n=20_000):
    """The same fit with and without a worker that is killed after its second sweep."""
    from sklearn_nnbcd import NNBCDClassifier

    cluster, client = start()
    X, y = rows(n)
    plain = NNBCDClassifier(WIDTHS[1:-1], solver="full", max_iter=4, tol=0.0, random_state=0)
    plain.fit(*client.gather(client.compute([X, y])))

    def fit(deadly):
        model, clock = network(client, max_iter=4), time.perf_counter()
        place, made = model._place, []

        def watched(*args):
            made.append(place(*args))
            step, count = made[0].sweep, [0]

            def sweep(*args):
                count[0] += 1
                if deadly and count[0] == 7:  # three layers a sweep
                    worker = sorted(client.nthreads())[0]
                    os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)
                return step(*args)

            made[0].sweep = sweep
            return made[0]

        model._place = watched
        model.fit(X, y)
        return model, made[0].rebuilt, time.perf_counter() - clock

    print("| fit | partitions rebuilt | s | largest difference of a weight from one machine's |")
    print("|---|---|---|---|")
    for deadly in (False, True):
        model, rebuilt, seconds = fit(deadly)
        apart = max(float(np.max(np.abs(a - b))) for a, b in zip(model.coefs_, plain.coefs_))
        name = "a worker killed" if deadly else "undisturbed"
        print(f"| {name} | {rebuilt} | {seconds:.1f} | {apart:.1e} |", flush=True)
    client.close()
    cluster.close()


def memory(n=400_000, worker_limit="600MB", memory_limit="150MB"):
    """X, U and V take more than a worker may have; the blocks lie in files."""
    cluster, client = start(worker_limit)
    X, y = rows(n, partitions=40)
    states = 8 * n * (2 * sum(WIDTHS[1:]))
    print(f"X {X.nbytes / 1e6:.0f} MB, U and V {states / 1e6:.0f} MB, worker limit {worker_limit}")
    clock = time.perf_counter()
    model = network(client, max_iter=1, memory_limit=memory_limit).fit(X, y)
    print(f"one sweep {time.perf_counter() - clock:.0f} s, loss {model.loss_:.4f}, workers alive: "
          f"{len(client.nthreads())}")
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


def cluster(n=10**9, workers=100, gbit=10.0):
    """Seconds a sweep that arithmetic and network need, for two networks, from this machine's own rate."""
    A = np.random.default_rng(0).normal(size=(1024, 1024)).astype(np.float32)
    best = np.inf
    for _ in range(5):
        clock = time.perf_counter()
        A @ A
        best = min(best, time.perf_counter() - clock)
    rate = 2 * 1024**3 / best
    print(f"float32 products here: {rate / 1e9:.0f} GFLOP/s a worker; network {gbit:.0f} Gbit/s a worker")
    print("| widths | GFLOP a sweep and worker | s | MB out, back | s | s in all | saturates at |")
    print("|---|---|---|---|---|---|---|")
    for widths in ((561, 1024, 1024, 1024, 512, 6), (100, 128, 128, 2)):
        work = flops_a_row(widths) * n
        out, back = bytes_a_sweep(widths, itemsize=4)
        speed = gbit * 1e9 / 8
        levels = np.ceil(np.log2(workers))
        wire = (out + back) * levels / speed
        balance = work / rate / ((out + back) / speed)
        low = 1.0
        for _ in range(60):  # work / (k rate) = (out + back) log2(k) / speed
            low = balance / max(1.0, np.log2(low))
            low = max(low, 1.0)
        print(f"| {widths} | {work / workers / 1e9:.0f} | {work / workers / rate:.0f} | {out / 1e6:.1f}, "
              f"{back / 1e6:.1f} | {wire:.3f} | {work / workers / rate + wire:.0f} | {low:.0f} |")


if __name__ == "__main__":
    jobs = {"traffic": traffic, "kill": kill, "memory": memory, "cluster": cluster}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("job", choices=jobs)
    jobs[parser.parse_args().job]()
