# SPDX-License-Identifier: BSD-3-Clause
"""Table 3 of the paper, and the fits behind its Figures 5 and 6: MLP-4 of tensor trains on HAR.

python examples/paper/table3_har.py                       all rows by mini-batches, three seeds
python examples/paper/table3_har.py --formats dense tt low_rank tucker cp
python examples/paper/table3_har.py --solver full         all rows by Algorithm 1, 500 sweeps each: hours
python examples/paper/table3_har.py --solver full --rows 0.1676 --minutes 30    one row
python examples/paper/table3_har.py --quick               a minute
"""

from har import Experiment, main

MLP4 = Experiment(
    "table3_har",
    "MLP-4",
    (1024, 1024, 1024, 512),
    {
        0.0502: (0.9376, 0.0096),
        0.1043: (0.9559, 0.0029),
        0.1676: (0.9616, 0.0032),
        0.4061: (0.9638, 0.0024),
        0.6310: (0.9657, 0.0029),
        1.0000: (0.9603, 0.0016),
    },
)

if __name__ == "__main__":
    main(MLP4, __doc__)
