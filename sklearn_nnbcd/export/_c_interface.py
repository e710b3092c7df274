# SPDX-License-Identifier: BSD-3-Clause
"""What a generated file offers: declarations, predictions, scores and probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graphs._graph import Graph
from ._c_helpers import helpers_for
from ._c_text import integer_type, string, table


@dataclass
class File:
    """A C file in the making.

    Attributes
    ----------
    name : str
        What all its names begin with.
    sparse : {"small", "fast"}
        How the places of sparse weights are stored.
    tables, functions : list of str
        In the order of the file.
    helpers : set of str
        Names of functions of ``HELPERS`` that it calls.
    own_helpers : dict of str to str
        Texts of functions that are made for it.
    weight_bits : int
        8 or 16 in an integer network.
    bias_bits : int
        16 or 32 in an integer network.
    sizes : dict of int to int
        Entries of the values of an integer network.
    simd : bool
        Whether a function has a path for processors that multiply pairs.
    """

    name: str
    sparse: str = "small"
    tables: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    own_helpers: dict[str, str] = field(default_factory=dict)
    weight_bits: int = 8
    bias_bits: int = 32
    sizes: dict[int, int] = field(default_factory=dict)
    simd: bool = False
    n_tables: int = 0

    def add_table(self, kind: str, values: Any, what: str) -> str:
        """A constant array; its name."""
        name = f"{self.name}_{what}{self.n_tables}"
        self.n_tables += 1
        self.tables.append(table(kind, name, values))
        return name

    def call(self, helper: str) -> str:
        """The name of a helper, which is then part of the file."""
        self.helpers.add(helper)
        return f"{self.name}_{helper}"

    def function(self, head: str, lines: list[str]) -> None:
        """Append a function."""
        body = "\n".join("    " + line if line else line for line in lines)
        self.functions.append(f"{head}\n{{\n{body}\n}}")


def class_labels(graph: Graph) -> tuple[str, list, bool]:
    """Type of the labels, the labels, and whether they are names; ValueError for what C cannot return."""
    assert graph.classes is not None
    labels = [label.item() if isinstance(label, np.generic) else label for label in graph.classes]
    if all(isinstance(label, str) for label in labels):
        return "int", labels, True
    numbers = all(isinstance(label, int | float) and float(label).is_integer() for label in labels)
    if not numbers or max(abs(int(label)) for label in labels) >= 2**63:
        raise ValueError(
            "The 'estimator' of export_c must have integers or strings as classes. Got "
            f"{graph.classes.tolist()}. Encode them with sklearn.preprocessing.LabelEncoder."
        )
    whole = [int(label) for label in labels]
    kind = integer_type(min(whole), max(whole))
    return ("int32_t" if "64" not in kind and kind != "uint32_t" else "int64_t"), whole, False


def declarations(graph: Graph, name: str, input_type: str, score_type: str) -> list[str]:
    """Constants and prototypes, with what they mean."""
    upper, row = name.upper(), f"const {input_type} *x"
    lines = [f"#define {upper}_FEATURES {graph.n_features}", f"#define {upper}_OUTPUTS {graph.n_outputs}", ""]
    if graph.task == "numbers":
        if graph.one_column:
            lines += ["/* the prediction for one row */", f"float {name}_predict({row});"]
        else:
            lines += ["/* the predictions for one row, all outputs */"]
            lines += [f"void {name}_predict({row}, float *y);"]
        return lines
    scores = f"{score_type} *scores"
    if graph.task == "indicators":
        lines += ["/* 0 or 1 for each label */", f"void {name}_predict({row}, uint8_t *y);"]
        meaning = "one for each label: positive where it is present"
        size = graph.n_outputs
    else:
        kind, labels, named = class_labels(graph)
        size = len(labels)
        lines.insert(2, f"#define {upper}_CLASSES {size}")
        if named:
            lines += [f"extern const char *const {name}_classes[{size}];", ""]
            lines += [f"/* the place of the class in {name}_classes */"]
        else:
            lines += ["/* the class */"]
        lines += [f"{kind} {name}_predict({row});"]
        meaning = "positive for the second class" if graph.n_outputs == 1 else "the largest wins"
    lines += [f"/* decision_function: {meaning} */", f"void {name}_scores({row}, {scores});"]
    lines += [f"/* predict_proba: {size} numbers */", f"void {name}_proba({row}, float *proba);"]
    return lines


def add_functions(file: File, graph: Graph, input_type: str, score_type: str, unit: str | None) -> None:
    """Append predictions, scores and probabilities to a file that has NAME_run.

    Parameters
    ----------
    file : File
    graph : Graph
    input_type, score_type : str
        Types in C.
    unit : str or None
        Literal of the factor that makes numbers of the scores of NAME_run; None: they are numbers.
    """
    from ._c_float import head_lines

    name, n, row = file.name, graph.n_outputs, f"const {input_type} *x"
    get = [f"const {score_type} *v = {name}_run(x);"]
    factor = "" if unit is None else f" * {unit}"
    cast = "" if unit is None else "(float)"

    def copied(to: str) -> list[str]:
        return [*get, f"for (int i = 0; i < {n}; ++i)", f"    {to}[i] = {cast}v[i]{factor};"]

    if graph.task == "numbers":
        assert graph.predictions is not None
        if graph.one_column:
            lines = [
                "float y[1];",
                *copied("y"),
                *head_lines(file, graph, graph.predictions, "y"),
                "return y[0];",
            ]
            file.function(f"float {name}_predict({row})", lines)
        else:
            lines = [*copied("y"), *head_lines(file, graph, graph.predictions, "y")]
            file.function(f"void {name}_predict({row}, float *y)", lines)
        return
    if graph.task == "indicators":
        lines = [*get, f"for (int i = 0; i < {n}; ++i)", "    y[i] = v[i] > 0;"]
        file.function(f"void {name}_predict({row}, uint8_t *y)", lines)
    else:
        _add_labels(file, graph, get, row)
    lines = [*get, f"for (int i = 0; i < {n}; ++i)", "    scores[i] = v[i];"]
    file.function(f"void {name}_scores({row}, {score_type} *scores)", lines)
    assert graph.probabilities is not None
    lines = [*copied("proba"), *head_lines(file, graph, graph.probabilities, "proba")]
    file.function(f"void {name}_proba({row}, float *proba)", lines)


def _add_labels(file: File, graph: Graph, get: list[str], row: str) -> None:
    """The function that names the class."""
    name, n = file.name, graph.n_outputs
    kind, labels, named = class_labels(graph)
    place = "v[0] > 0" if n == 1 else f"{file.call('argmax')}(v, {n})"
    if named:
        texts = ",\n".join(f"    {string(label)}" for label in labels)
        file.tables.append(f"const char *const {name}_classes[{len(labels)}] = {{\n{texts}\n}};")
        result = place
    elif labels == list(range(len(labels))):
        result = place
    else:
        numbers = np.asarray(labels)
        result = f"{file.add_table(integer_type(min(labels), max(labels)), numbers, 'labels')}[{place}]"
    file.function(f"{kind} {name}_predict({row})", [*get, f"return {result};"])


def assembled(file: File, declared: list[str], score_type: str, remarks: list[str]) -> str:
    """The text of the whole file."""
    helpers = [*helpers_for(file.helpers, file.name, score_type), *file.own_helpers.values()]
    body = "\n\n".join([*file.tables, *helpers, *file.functions])
    upper = file.name.upper()
    includes = ["#include <stdint.h>"]
    implementation = ["#include <math.h>"] if any(f"{f}(" in body for f in LIBM) else []
    if file.simd:
        implementation.append(
            f"#if defined(__ARM_FEATURE_SIMD32) && !defined({upper}_PORTABLE)\n#include <arm_acle.h>\n"
            f"#include <string.h>\n#define {upper}_SIMD\n#endif"
        )
    remarks = [f" * {line}".rstrip() for line in remarks]
    parts = [
        "/*\n" + "\n".join(remarks) + "\n */",
        f"#ifndef {upper}_H\n#define {upper}_H\n" + "\n".join(includes),
        "\n".join(declared),
        f"#endif\n\n#ifndef {upper}_DECLARATIONS_ONLY",
        *implementation,
        body,
        "#endif",
    ]
    return "\n\n".join(parts) + "\n"


#: functions of libm that generated code may call
LIBM = ("asinhf", "expf", "log1pf", "tanhf")
