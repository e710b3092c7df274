# SPDX-License-Identifier: BSD-3-Clause
"""The parameters of the estimators by subject, above the list of them on their pages."""

#: subject -> parameters, in the order of the page
GROUPS = {
    "The network": ("hidden_layer_sizes", "activation", "loss", "layers", "input_shape", "fit_intercept"),
    "Its size": (
        "max_bytes",
        "compression",
        "rank",
        "sparsity",
        "bits",
        "activation_bits",
        "compression_ratio",
        "compress_output",
    ),
    "The fit": ("solver", "max_iter", "tol", "n_iter_no_change", "initializer", "warm_start", "random_state"),
    "Held-out rows": ("early_stopping", "validation_fraction"),
    "Penalties": (
        "rho",
        "gamma",
        "tau",
        "proximal",
        "ridge",
        "weight_regularizer",
        "activity_regularizer",
    ),
    "Rows and machines": ("class_weight", "bend_columns", "device", "memory_limit", "client", "verbose"),
}


def add_groups(app, what, name, obj, options, lines):
    """Insert the table of groups before the section of parameters."""
    if what != "class" or not name.rpartition(".")[2].endswith(("NNBCDClassifier", "NNBCDRegressor")):
        return
    if "Parameters" not in lines:
        return
    own = {line.split(" : ", 1)[0] for line in lines if " : " in line and not line.startswith(" ")}
    text = ["Read more in :doc:`/user_guide`. The parameters by subject:", ""]
    for subject, parameters in GROUPS.items():
        present = [parameter for parameter in parameters if parameter in own]
        if present:
            text.append(f"* **{subject}**: " + ", ".join(f"``{parameter}``" for parameter in present))
    at = lines.index("Parameters")
    lines[at:at] = [*text, ""]


def setup(app):
    """Before numpydoc, which takes the docstring apart at the usual place in the order."""
    app.connect("autodoc-process-docstring", add_groups, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
