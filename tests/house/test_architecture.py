# SPDX-License-Identifier: BSD-3-Clause
"""The house: imports only go down, one piece per file, nothing imported where it does not belong.

Every rule is a function over a source tree that returns its violations. It runs on this
repository, where it must find none, and on a small tree that breaks it, where it must find that.
"""

import ast
import configparser
import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "sklearn_nnbcd"

PIECES = ("layers", "activations", "losses", "compressions", "regularizers", "initializers")
# From top to bottom; the rooms of one floor may import each other only where APART is silent.
FLOORS = (
    ("dask",),
    ("_dask_rows",),
    ("_dask_parts", "_dask_collections"),
    (
        "_classifier",
        "_regressor",
        "_estimator",
        "_sizing",
        "_within_bytes",
        "_kinds",
        "_bins",
        "_bends",
        "_pilot",
        "_held_out",
        "_outcome",
        "_stream",
        "_mapping",
        "_training",
        "_from_mlp",
        "_monitor",
    )
    + ("_start", "_input", "_copies", "_entries", "_docs"),
    ("_resolve", "_parameters"),
    ("_asked", "_names"),
    ("solvers",),
    ("integers",),
    ("graphs",),
    ("network", "targets"),
    ("engine", "placements"),
    PIECES,
    ("numerics",),
    ("_arrays", "_validation", "_sklearn_compat"),
    ("backends",),
)
APART = (("engine", "placements"), PIECES)
# Rooms beside the house. None of the rooms below the estimators may import them.
SIDE_ROOMS = ("inspection", "model_selection", "export", "testing", "datasets")
# The engine names no concrete piece, and a placement knows neither engine nor pieces.
BLIND = ("engine", "placements")
IMPORTS_NOTHING_OF_OURS = ("datasets",)

HOMES = {
    "cupy": ("backends/_cupy.py",),
    "cupyx": ("backends/_cupy.py",),
    "torch": ("backends/_torch.py",),
    "dask": ("placements/_dask.py", "_dask_collections.py", "dask.py"),
    "distributed": ("placements/_dask.py", "placements/_dask_worker.py", "dask.py"),
}
SKLEARN_COMPAT = "_sklearn_compat.py"
# Names that not every supported scikit-learn has (1.6 is the oldest).
VERSION_DEPENDENT = ("sklearn.callback", "sklearn.externals", "sklearn.__version__")

NUMPY_FREE = ("engine", "placements", *(piece for piece in PIECES if piece != "initializers"))
HOST_DRAWS = "initializers"
ALLOWED_DRAWS = "numpy.random.RandomState"

MAX_LINES = 400
MAX_FUNCTION_LINES = 60
# The estimators, which alone may read what an estimator keeps for itself.
ESTIMATORS = ("_estimator.py", "_classifier.py", "_regressor.py", "dask.py", "_sklearn_compat.py")
FORWARD_PASS = "network/_network.py"
REGISTRIES = {
    **{piece: piece.upper() for piece in PIECES},
    "placements": "PLACEMENTS",
    "solvers": "SOLVERS",
    "backends": "BACKENDS",
}
TOP_LEVEL_FOLDERS = ("sklearn_nnbcd", "tests", "examples", "docs")
HEADER = "# SPDX-License-Identifier: BSD-3-Clause"


# Reading a source tree


class Import(NamedTuple):
    """One imported name as a dotted path, e.g. sklearn_nnbcd.losses.Hinge."""

    target: str
    line: int
    in_try: bool


def modules(root):
    """Path relative to the package -> syntax tree, for every module of the package."""
    package = root / PACKAGE
    return {
        path.relative_to(package): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(package.rglob("*.py"))
    }


def room_of(path):
    """The room that a module lies in: a folder, or a module beside the estimators."""
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imports(path, tree):
    """All imports of a module, those in functions too, but not those for type checkers only."""
    found = []
    package = [PACKAGE, *path.parts[:-1]]

    def visit(node, in_try):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                visit(child, in_try)
            return
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, in_try) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, *([node.module] if node.module else [])]
            found.extend(Import(".".join([*base, alias.name]), node.lineno, in_try) for alias in node.names)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            if called in ("import_module", "__import__") and node.args:
                name = getattr(node.args[0], "value", None)
                if isinstance(name, str):
                    dots = len(name) - len(name.lstrip("."))
                    base = package[: len(package) - dots + 1] if dots else []
                    target = ".".join([*base, name.lstrip(".")])
                    found.append(Import(target, node.lineno, in_try))
        for child in ast.iter_child_nodes(node):
            visit(child, in_try or isinstance(node, ast.Try))

    visit(tree, False)
    return found


def top_package(target):
    return target.split(".")[0]


# The rules


def upward_imports(root):
    """Imports only go down, and every room has its floor."""
    floor_of = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
    problems = []
    trees = modules(root)
    rooms = {room_of(path) for path in trees}
    for path, tree in trees.items():
        room = room_of(path)
        if room == "__init__":
            continue
        if room not in floor_of and room not in SIDE_ROOMS:
            problems.append(f"{path}: the room '{room}' has no floor")
            continue
        for target, line, _ in imports(path, tree):
            if top_package(target) != PACKAGE:
                continue
            parts = target.split(".")
            other = parts[1] if len(parts) > 1 else None
            where = f"{path}:{line}: {room} imports {target}"
            if other == room:
                continue
            if room in IMPORTS_NOTHING_OF_OURS:
                problems.append(f"{where}, but {room} imports nothing of ours")
            elif room in SIDE_ROOMS:
                continue
            elif other in SIDE_ROOMS:
                if floor_of[room] > floor_of["_estimator"]:
                    problems.append(f"{where}, a side room")
            elif other not in floor_of:
                # The package itself (a room without a floor is named above): the estimators.
                if other not in rooms and floor_of[room] > floor_of["dask"]:
                    problems.append(f"{where}, through the package that imports the estimators")
            elif floor_of[other] < floor_of[room]:
                problems.append(f"{where}, which lies higher")
            elif any(room in apart and other in apart for apart in APART):
                problems.append(f"{where}, a sibling that it must not know")
            elif room in BLIND and other in PIECES:
                problems.append(f"{where}, but {room} knows no piece")
    return problems


def strayed_libraries(root):
    """cupy, torch and dask are imported in their own files only."""
    return [
        f"{path}:{line}: {target} belongs in {' or '.join(HOMES[top_package(target)])}"
        for path, tree in modules(root).items()
        for target, line, _ in imports(path, tree)
        if path.as_posix() not in HOMES.get(top_package(target), (path.as_posix(),))
    ]


def private_sklearn(root):
    """Private and version-dependent names of scikit-learn are used in one file only."""
    problems = []
    for path, tree in modules(root).items():
        if path.as_posix() == SKLEARN_COMPAT:
            continue
        uses = [
            (target, line, in_try)
            for target, line, in_try in imports(path, tree)
            if top_package(target) == "sklearn"
        ]
        uses += [
            (ast.unparse(node), node.lineno, False)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("sklearn.")
        ]
        for target, line, in_try in uses:
            where = f"{path}:{line}: {target}"
            if any(part.startswith("_") and part != "__version__" for part in target.split(".")):
                problems.append(f"{where} is private, import it in {SKLEARN_COMPAT}")
            elif in_try or any(f"{target}.".startswith(f"{name}.") for name in VERSION_DEPENDENT):
                problems.append(f"{where} depends on the version, import it in {SKLEARN_COMPAT}")
    return problems


def numpy_below_the_seam(root):
    """No NumPy in the rooms that are written against the array API."""
    problems = []
    for path, tree in modules(root).items():
        room = room_of(path)
        if room not in (*NUMPY_FREE, HOST_DRAWS):
            continue
        used = [(target, line) for target, line, _ in imports(path, tree)]
        chains = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        inner = {id(node.value) for node in chains}
        for node in chains:
            text = ast.unparse(node)
            if id(node) not in inner and text.startswith(("np.", "numpy.")):
                used.append((text.replace("np.", "numpy.", 1), node.lineno))
        for target, line in used:
            if top_package(target) != "numpy":
                continue
            if room == HOST_DRAWS:
                whole = f"{ALLOWED_DRAWS}."
                if target == "numpy" or f"{target}.".startswith(whole):
                    continue
            problems.append(f"{path}:{line}: {target} in {room}, use xp")
    return problems


def long_modules(root):
    """No module grows beyond what one reads in one go."""
    problems = []
    for path in modules(root):
        n_lines = len((root / PACKAGE / path).read_text(encoding="utf-8").splitlines())
        if n_lines > MAX_LINES:
            problems.append(f"{path}: {n_lines} lines, at most {MAX_LINES}: split it")
    return problems


def long_functions(root):
    """No function grows beyond a screen, its docstring not counted."""
    problems = []
    for path, tree in modules(root).items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            n_lines = node.end_lineno - first.lineno + 1
            if n_lines > MAX_FUNCTION_LINES and node.name != "__init__":
                problems.append(f"{path}:{node.lineno}: {node.name} has {n_lines} lines: split it")
    return problems


def private_reads(root):
    """No module outside the estimators reads a private attribute of one."""
    return [
        f"{path}:{node.lineno}: {ast.unparse(node)} is the estimator's own"
        for path, tree in modules(root).items()
        if path.as_posix() not in ESTIMATORS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("estimator", "model", "pipeline", "search", "local", "fitted")
    ]


def second_forward_passes(root):
    """The layers are applied to rows through compressed weights in one file only."""
    return [
        f"{path}:{node.lineno}: a second forward pass; use Network.forward or Network.trace"
        for path, tree in modules(root).items()
        if path.as_posix() != FORWARD_PASS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "apply"
        and ("layer" in ast.unparse(node.func.value) or "operator" in ast.unparse(node))
    ]


def cellars(root):
    """No folder or module is named utils: every helper lives in the room that uses it."""
    return [
        f"{path} has no business of its own: move what it holds to where it is used"
        for path in modules(root)
        if {"utils", "util", "helpers", "common"} & {*path.parts[:-1], path.stem.strip("_")}
    ]


def shared_files(root):
    """Every entry of a registry is defined in a file of its own."""
    problems = []
    trees = modules(root)
    for family, registry in REGISTRIES.items():
        init = trees.get(Path(family, "__init__.py"))
        if init is None:
            continue
        where = f"{family}/__init__.py: {registry}"
        entries = registry_entries(init, registry)
        if entries is None:
            files = {path.name for path in trees if room_of(path) == family}
            if files - {"__init__.py", "_base.py"}:
                problems.append(f"{where} is missing, or no dict that can be read at sight")
            continue
        origin = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(init)
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
            for alias in node.names
        }
        inhabitants = {}
        for key, name in entries:
            module, original = origin.get(name, (None, None))
            if module is None or module == "_base":
                problems.append(f"{where}[{key!r}] needs a file of its own")
            elif original not in defined_names(trees.get(Path(family, f"{module}.py"))):
                problems.append(f"{where}[{key!r}] is not defined in {module}.py")
            else:
                inhabitants.setdefault(module, {})[name] = key
        for module, keys in inhabitants.items():
            # The normal and the uniform distribution of one rule are one piece.
            one_rule = family == HOST_DRAWS and all(
                key in (f"{module[1:]}_normal", f"{module[1:]}_uniform") for key in keys.values()
            )
            if len(keys) > 1 and not one_rule:
                shared = ", ".join(sorted(keys.values()))
                problems.append(f"{where}: {module}.py holds more than one piece: {shared}")
    return problems


def registry_entries(init, registry):
    """(key, name of the class or function) of each entry, or None if there is no such dict."""
    for node in init.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if [getattr(target, "id", None) for target in targets] != [registry]:
            continue
        if not isinstance(node.value, ast.Dict):
            return None
        entries = []
        for key, value in zip(node.value.keys, node.value.values):
            if isinstance(value, ast.Constant) and value.value is None:
                continue
            value = value.func if isinstance(value, ast.Call) else value
            entries.append((getattr(key, "value", "**"), getattr(value, "id", None)))
        return entries
    return None


def defined_names(tree):
    names = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def missing_docstrings(root):
    """Every module, and every public class and function, says what it is."""
    problems = []
    definitions = ast.ClassDef | ast.FunctionDef
    for path, tree in modules(root).items():
        if not ast.get_docstring(tree):
            problems.append(f"{path}: the module has no docstring")
        public = [
            node for node in tree.body if isinstance(node, definitions) and not node.name.startswith("_")
        ]
        if len(path.parts) == 1:
            # The estimators: what a user calls.
            public += [
                method
                for node in public
                if isinstance(node, ast.ClassDef)
                for method in node.body
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
            ]
        problems += [
            f"{path}:{node.lineno}: {node.name} has no docstring"
            for node in public
            if not ast.get_docstring(node)
        ]
    return problems


def stray_folders(root):
    """The top level holds the four folders, dot-folders, and what git ignores."""
    ignore_file = root / ".gitignore"
    lines = ignore_file.read_text(encoding="utf-8").splitlines() if ignore_file.is_file() else []
    ignored = [line.strip("/ ") for line in lines if line.strip() and not line.startswith("#")]
    return [
        f"{path.name}/ does not belong at the top level"
        for path in sorted(root.iterdir())
        if path.is_dir()
        and not path.name.startswith(".")
        and path.name not in TOP_LEVEL_FOLDERS
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    ]


def missing_headers(root):
    """Every Python file begins with its licence."""
    return [
        f"{path.relative_to(root)}: the first line must be {HEADER!r}"
        for folder in TOP_LEVEL_FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        if not is_generated(path.relative_to(root))
        and path.read_text(encoding="utf-8").split("\n", 1)[0] != HEADER
    ]


def is_generated(path):
    return path.parts[0] == "docs" and len(path.parts) > 2


RULES = (
    upward_imports,
    strayed_libraries,
    private_sklearn,
    numpy_below_the_seam,
    long_modules,
    long_functions,
    private_reads,
    second_forward_passes,
    cellars,
    shared_files,
    missing_docstrings,
    stray_folders,
    missing_headers,
)


@pytest.mark.parametrize("rule", RULES)
def test_this_repository_follows(rule):
    problems = rule(ROOT)
    assert not problems, f"{rule.__doc__}\n" + "\n".join(problems)


def test_the_rules_see_this_repository():
    """No rule passes because it looked at nothing."""
    trees = modules(ROOT)
    assert {"engine", "layers", "datasets"} <= {room_of(path) for path in trees}
    targets = {target for path, tree in trees.items() for target, _, _ in imports(path, tree)}
    assert any(target.startswith(f"{PACKAGE}.numerics") for target in targets)
    for family in ("layers", "activations", "losses", "compressions", "initializers"):
        assert registry_entries(trees[Path(family, "__init__.py")], REGISTRIES[family])


def contract(name):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    section = config[f"importlinter:contract:{name}"]
    floors = section["layers"].replace("(", "").replace(")", "").split("\n")
    return [tuple(room.strip() for room in floor.replace("|", ":").split(":")) for floor in floors if floor]


def test_import_linter_knows_the_same_floors():
    assert contract("floors") == list(FLOORS)
    assert contract("no-concrete-piece") == [PIECES, BLIND]
    below = tuple(room for floor in FLOORS[FLOORS.index(("_resolve", "_parameters")) :] for room in floor)
    assert contract("side-rooms") == [SIDE_ROOMS, below]
    above = tuple(room for floor in FLOORS for room in floor) + SIDE_ROOMS[:4]
    assert contract("datasets") == [above, IMPORTS_NOTHING_OF_OURS]


# The rules can fail: small trees, each breaking one rule in one way


def plant(root, files):
    """Write a source tree; the files of the package get the header and a docstring."""
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith(PACKAGE) and not body.startswith("RAW"):
            body = f'{HEADER}\n"""What it is."""\n{body}\n'
        path.write_text(body.removeprefix("RAW"), encoding="utf-8")
    return root


SOUND = {
    "sklearn_nnbcd/__init__.py": "from ._classifier import Classifier",
    "sklearn_nnbcd/_classifier.py": (
        "from sklearn.base import BaseEstimator\nimport numpy as np\n"
        "from ._resolve import resolve\nfrom .inspection import report\n"
        'class Classifier(BaseEstimator):\n    """An estimator."""\n'
        '    def fit(self):\n        """Fit."""\n'
    ),
    "sklearn_nnbcd/_resolve.py": (
        "from .engine import fit\nfrom .losses import LOSSES\nfrom .placements import PLACEMENTS\n"
        'def resolve():\n    """Resolve."""\n'
    ),
    "sklearn_nnbcd/engine/__init__.py": "from ._full import fit",
    "sklearn_nnbcd/engine/_full.py": (
        "from typing import TYPE_CHECKING\nfrom ..numerics import solve\nfrom ..backends import get\n"
        "if TYPE_CHECKING:\n    from ..losses import Hinge\n"
        'def fit():\n    """Fit."""\n'
    ),
    "sklearn_nnbcd/placements/__init__.py": (
        "from ._memory import InMemory\nPLACEMENTS = {'memory': InMemory}"
    ),
    "sklearn_nnbcd/placements/_memory.py": 'class InMemory:\n    """Rows in memory."""\n',
    "sklearn_nnbcd/placements/_dask.py": "import dask.array as da\nimport distributed",
    "sklearn_nnbcd/losses/__init__.py": (
        "from ._hinge import Hinge\nfrom ._squared import Squared as Least\n"
        "LOSSES: dict = {'hinge': Hinge, 'squared': Least(), 'none': None}"
    ),
    "sklearn_nnbcd/losses/_hinge.py": 'class Hinge:\n    """A loss."""\n',
    "sklearn_nnbcd/losses/_squared.py": ('from ..numerics import solve\nclass Squared:\n    """A loss."""\n'),
    "sklearn_nnbcd/initializers/__init__.py": (
        "from ._xavier import XavierNormal, XavierUniform\n"
        "INITIALIZERS = {'xavier_normal': XavierNormal, 'xavier_uniform': XavierUniform}"
    ),
    "sklearn_nnbcd/initializers/_xavier.py": (
        "import numpy as np\nfrom numpy.random import RandomState\n"
        'class XavierNormal:\n    """Draws."""\n'
        '    def draw(self, rng: np.random.RandomState):\n        """Draw."""\n'
        'class XavierUniform:\n    """Draws."""\n'
    ),
    "sklearn_nnbcd/numerics/__init__.py": 'from ..backends import get\ndef solve():\n    """Solve."""',
    "sklearn_nnbcd/_sklearn_compat.py": (
        "try:\n    from sklearn.callback import with_callbacks\nexcept ImportError:\n    pass\n"
        "from sklearn.utils._tags import Tags"
    ),
    "sklearn_nnbcd/backends/__init__.py": (
        'from ._cupy import Cupy\nBACKENDS = {\'cupy\': Cupy}\ndef get():\n    """Get."""'
    ),
    "sklearn_nnbcd/backends/_cupy.py": (
        "class Cupy:\n    '''A backend.'''\n    def load(self):\n        import cupy"
    ),
    "sklearn_nnbcd/inspection/__init__.py": (
        'from .._resolve import resolve\ndef report():\n    """Report."""'
    ),
    "sklearn_nnbcd/datasets/__init__.py": "from ._mnist import fetch",
    "sklearn_nnbcd/datasets/_mnist.py": 'import numpy as np\ndef fetch():\n    """Fetch."""',
    "tests/test_x.py": HEADER + "\n",
    "docs/auto_examples/made.py": "generated\n",
    "examples/plot.py": HEADER + "\n",
    ".hidden/x": "",
    "build/x": "",
    ".gitignore": "# comment\nbuild/\n",
}


@pytest.mark.parametrize("rule", RULES)
def test_a_sound_tree_passes(rule, tmp_path):
    assert rule(plant(tmp_path, SOUND)) == []


IN = f"{PACKAGE}/"
VIOLATIONS = [
    # (rule, file, its body, part of the message)
    (upward_imports, IN + "numerics/_x.py", "from ..losses import Hinge", "lies higher"),
    (upward_imports, IN + "numerics/_x.py", "from .. import losses", "lies higher"),
    (upward_imports, IN + "numerics/_x.py", "import sklearn_nnbcd.losses", "lies higher"),
    (upward_imports, IN + "numerics/_x.py", "def f():\n    from ..engine import fit", "lies higher"),
    (
        upward_imports,
        IN + "numerics/_x.py",
        "import importlib\nimportlib.import_module('..losses', __package__)",
        "lies higher",
    ),
    (upward_imports, IN + "backends/_x.py", "from ..numerics import solve", "lies higher"),
    (upward_imports, IN + "losses/_x.py", "from ..engine import fit", "lies higher"),
    (upward_imports, IN + "engine/_x.py", "from .._resolve import resolve", "lies higher"),
    (upward_imports, IN + "_resolve.py", "from ._classifier import Classifier", "lies higher"),
    (upward_imports, IN + "_estimator.py", "from .dask import DaskClassifier", "lies higher"),
    (upward_imports, IN + "losses/_x.py", "from ..activations import ReLU", "a sibling"),
    (upward_imports, IN + "placements/_x.py", "from ..engine import fit", "a sibling"),
    (upward_imports, IN + "engine/_x.py", "from ..placements import InMemory", "a sibling"),
    (upward_imports, IN + "engine/_x.py", "from ..losses._hinge import Hinge", "knows no piece"),
    (upward_imports, IN + "placements/_x.py", "from ..layers import Dense", "knows no piece"),
    (upward_imports, IN + "engine/_x.py", "from sklearn_nnbcd import Classifier", "the estimators"),
    (upward_imports, IN + "numerics/_x.py", "import sklearn_nnbcd", "the estimators"),
    (upward_imports, IN + "_resolve.py", "from .export import to_c", "a side room"),
    (upward_imports, IN + "losses/_x.py", "from ..datasets import fetch", "a side room"),
    (upward_imports, IN + "datasets/_x.py", "from ..numerics import solve", "nothing of ours"),
    (upward_imports, IN + "datasets/_x.py", "from .. import __version__", "nothing of ours"),
    (upward_imports, IN + "attic/_x.py", "", "'attic' has no floor"),
    (upward_imports, IN + "_helpers.py", "", "'_helpers' has no floor"),
    (
        upward_imports,
        IN + "engine/_x.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n"
        "    from ..losses import Hinge",
        "knows no piece",
    ),
    (strayed_libraries, IN + "engine/_x.py", "import cupy as cp", "belongs in backends/_cupy.py"),
    (strayed_libraries, IN + "numerics/_x.py", "from cupyx.scipy import sparse", "backends/_cupy.py"),
    (strayed_libraries, IN + "_estimator.py", "def f():\n    import cupy", "backends/_cupy.py"),
    (strayed_libraries, IN + "_estimator.py", "def f():\n    import torch", "backends/_torch.py"),
    (
        strayed_libraries,
        IN + "numerics/_x.py",
        "from importlib import import_module\nimport_module('cupy')",
        "backends/_cupy.py",
    ),
    (strayed_libraries, IN + "_estimator.py", "import dask.array", "_dask_collections.py or dask.py"),
    (strayed_libraries, IN + "backends/_x.py", "from distributed import Client", "dask.py"),
    (private_sklearn, IN + "_estimator.py", "from sklearn.utils._tags import Tags", "is private"),
    (private_sklearn, IN + "_estimator.py", "from sklearn.base import _fit_context", "is private"),
    (private_sklearn, IN + "_estimator.py", "import sklearn\nsklearn.base._x()", "is private"),
    (private_sklearn, IN + "numerics/_x.py", "import sklearn.utils._mask", "is private"),
    (private_sklearn, IN + "_estimator.py", "from sklearn.callback import X", "depends on the version"),
    (private_sklearn, IN + "_estimator.py", "from sklearn import callback", "depends on the version"),
    (private_sklearn, IN + "_estimator.py", "from sklearn import __version__", "depends on the version"),
    (
        private_sklearn,
        IN + "_estimator.py",
        "import sklearn\nold = sklearn.__version__ < '1.7'",
        "depends on the version",
    ),
    (
        private_sklearn,
        IN + "_estimator.py",
        "try:\n    from sklearn.frozen import X\nexcept ImportError:\n    X = None",
        "depends on the version",
    ),
    (numpy_below_the_seam, IN + "engine/_x.py", "import numpy", "numpy in engine, use xp"),
    (numpy_below_the_seam, IN + "losses/_x.py", "from numpy import exp", "numpy.exp in losses"),
    (numpy_below_the_seam, IN + "layers/_x.py", "import numpy.linalg as la", "numpy.linalg in"),
    (numpy_below_the_seam, IN + "activations/_x.py", "def f(np):\n    np.exp(1)", "numpy.exp in"),
    (numpy_below_the_seam, IN + "placements/_x.py", "import numpy as np", "in placements"),
    (numpy_below_the_seam, IN + "compressions/_x.py", "import numpy as np", "in compressions"),
    (numpy_below_the_seam, IN + "regularizers/_x.py", "import numpy as np", "in regularizers"),
    (
        numpy_below_the_seam,
        IN + "initializers/_x.py",
        "import numpy as np\nnp.linalg.qr(1)",
        "numpy.linalg.qr in initializers",
    ),
    (
        numpy_below_the_seam,
        IN + "initializers/_x.py",
        "from numpy.random import default_rng",
        "numpy.random.default_rng in initializers",
    ),
    (long_modules, IN + "numerics/_x.py", "\n" * 400, "numerics/_x.py: 403 lines"),
    (long_functions, IN + "numerics/_x.py", "def f():\n" + "    x = 1\n" * 61, "f has 61 lines"),
    (private_reads, IN + "inspection/_x.py", "def f(estimator):\n    return estimator._x", "estimator._x"),
    (
        second_forward_passes,
        IN + "inspection/_x.py",
        "def f(layers, V):\n    return layers[1].apply(V)",
        "a second forward pass",
    ),
    (cellars, IN + "utils/_x.py", "", "utils/_x.py has no business"),
    (cellars, IN + "engine/_utils.py", "", "engine/_utils.py has no business"),
    (
        shared_files,
        IN + "losses/__init__.py",
        "from ._both import A, B\nLOSSES = {'a': A, 'b': B}",
        "_both.py holds more than one piece: a, b",
    ),
    (
        shared_files,
        IN + "losses/__init__.py",
        "class A:\n    '''A.'''\nLOSSES = {'a': A}",
        "LOSSES['a'] needs a file of its own",
    ),
    (
        shared_files,
        IN + "losses/__init__.py",
        "from ._base import A\nLOSSES = {'a': A}",
        "LOSSES['a'] needs a file of its own",
    ),
    (
        shared_files,
        IN + "losses/__init__.py",
        "from ._hinge import A\nLOSSES = {'a': A()}",
        "LOSSES['a'] is not defined in _hinge.py",
    ),
    (
        shared_files,
        IN + "losses/__init__.py",
        "more = {}\nLOSSES = {**more}",
        "LOSSES['**'] needs a file of its own",
    ),
    (shared_files, IN + "losses/__init__.py", "LOSSES = dict(a=1)", "LOSSES is missing"),
    (shared_files, IN + "losses/__init__.py", "", "LOSSES is missing"),
    (
        shared_files,
        IN + "initializers/__init__.py",
        "from ._xavier import XavierNormal, XavierUniform\n"
        "INITIALIZERS = {'xavier_normal': XavierNormal, 'gaussian': XavierUniform}",
        "_xavier.py holds more than one piece: gaussian, xavier_normal",
    ),
    (missing_docstrings, IN + "numerics/_x.py", f"RAW{HEADER}\n", "the module has no docstring"),
    (missing_docstrings, IN + "numerics/_x.py", "def solve():\n    pass", "solve has no docstring"),
    (missing_docstrings, IN + "numerics/_x.py", "class Thing:\n    pass", "Thing has no docstring"),
    (
        missing_docstrings,
        IN + "_regressor.py",
        "class R:\n    '''R.'''\n    def fit(self):\n        pass",
        "fit has no docstring",
    ),
    (stray_folders, "benchmarks/run.sh", "", "benchmarks/ does not belong"),
    (missing_headers, "tests/test_y.py", '"""Tests."""\n', "tests/test_y.py"),
    (missing_headers, "examples/paper/table.py", "import os\n", "examples/paper/table.py"),
    (missing_headers, IN + "numerics/_x.py", 'RAW"""What it is."""\n', "numerics/_x.py"),
    (missing_headers, "docs/conf.py", "", "docs/conf.py"),
]


@pytest.mark.parametrize("rule, name, body, message", VIOLATIONS)
def test_a_tree_that_breaks_the_rule_is_caught(rule, name, body, message, tmp_path):
    both = "class A:\n    '''A.'''\nclass B:\n    '''B.'''\n"
    plant(tmp_path, {**SOUND, IN + "losses/_both.py": both, name: body})
    problems = rule(tmp_path)
    assert any(message in problem for problem in problems), problems


def test_every_rule_has_a_tree_that_breaks_it():
    assert {rule for rule, *_ in VIOLATIONS} == set(RULES)
