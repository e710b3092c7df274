# SPDX-License-Identifier: BSD-3-Clause
"""HAR, the paper's MLP-4, dense and at three ranks: mini-batch BCD beside Adam and MLPClassifier.

    python tests/benchmarks/adam_har.py [dense|rank80|rank22|rank8] [--seeds 3]

Needs the extra ``bench`` (PyTorch) and the HAR data.
"""

from race import adam_family, load, main, mlp_family

HIDDEN = (1024, 1024, 1024, 512)
#: a mean over the last half of the batches, as held-out subjects chose (``study_averaging.py``)
OURS = dict(hidden=HIDDEN, batch=256, passes=6, averaging=1.0)
COMPRESSED = OURS | dict(passes=8, parts=4)
#: share of the fit after which the compression begins
BEGIN = {"from the first batch": 0.0, "after 0.05": 0.05, "at the end": 1.0}
RACES = {
    "dense": (
        {"mini-batch BCD": OURS},
        adam_family(HIDDEN, passes=10, batch=256) | mlp_family(HIDDEN, passes=10),
        (0.94, 0.95, 0.955, 0.96),
    ),
}
for rank in (80, 22, 8):
    RACES[f"rank{rank}"] = (
        {
            f"mini-batch BCD rank {rank}, {begin}": COMPRESSED | dict(rank=rank, free=free)
            for begin, free in BEGIN.items()
        },
        adam_family(HIDDEN, passes=15, batch=256, rank=rank, parts=4),
        (0.92, 0.93, 0.94, 0.95),
    )

if __name__ == "__main__":
    main("har", lambda seed: load("har"), RACES)
