# SPDX-License-Identifier: BSD-3-Clause
"""The order of the examples: a key for sphinx-gallery, which wants one that it can import."""

#: the examples in the order in which one learns
ORDER = (
    "plot_quickstart.py",
    "plot_four_kilobytes.py",
    "plot_bytes.py",
    "plot_mixed_columns.py",
    "plot_on_a_device.py",
    "plot_onnx.py",
    "plot_keep.py",
    "plot_from_mlp.py",
    "plot_monotone.py",
    "plot_convolution.py",
    "plot_flare_pruning.py",
    "plot_stream.py",
    "plot_dask.py",
    "plot_har_tensor_train.py",
)


def in_order(filename):
    """Place of an example; one without a place comes last."""
    return (ORDER.index(filename) if filename in ORDER else len(ORDER), filename)
