# SPDX-License-Identifier: BSD-3-Clause
"""Table 6 of the paper, and the fits behind its Figures 12 and 13: MLP-5 of tensor trains on HAR.

python examples/paper/table6_har.py                       all rows by mini-batches, three seeds
python examples/paper/table6_har.py --solver full --rows 1 0.1767      two rows by Algorithm 1: hours
python examples/paper/table6_har.py --quick               a minute
"""

from har import Experiment, main

MLP5 = Experiment(
    "table6_har",
    "MLP-5",
    (1024, 1024, 1024, 512, 512),
    {
        0.0536: (0.9134, 0.0088),
        0.1112: (0.9384, 0.0070),
        0.1767: (0.9538, 0.0047),
        0.4212: (0.9609, 0.0023),
        0.6742: (0.9642, 0.0034),
        1.0000: (0.9632, 0.0026),
    },
)

if __name__ == "__main__":
    main(MLP5, __doc__)
