# SPDX-License-Identifier: BSD-3-Clause
"""Checks of parameters; messages name the parameter, what is allowed, what came, and the cure."""

import difflib
import functools
import io
import math
import os
import re
from numbers import Integral, Real

import numpy as np


def check_file(file, name, owner, mode):
    """Raise TypeError unless this is a path, or a file that is open for text or bytes as the mode says.

    Parameters
    ----------
    file : str, path or file object
    name, owner : str
        Of the parameter and of what has it.
    mode : {"w", "wb", "rb"}
    """
    if isinstance(file, str | os.PathLike):
        return
    other = io.TextIOBase if "b" in mode else (io.RawIOBase, io.BufferedIOBase)
    if isinstance(file, other) or not hasattr(file, "read" if mode == "rb" else "write"):
        kind = "bytes" if "b" in mode else "text"
        raise TypeError(
            f"The {name!r} of {owner} must be a path, or a file that is open for {kind}. Got {file!r}. Pass "
            f"its name, or open it with mode {mode!r}."
        )


def all_or_nothing(fit):
    """Decorate ``fit`` so that one that fails leaves the estimator exactly as it was before.

    Overflows are met by checks for finite numbers, so NumPy need not warn of them.
    """

    @functools.wraps(fit)
    def guarded(self, *args, **kwargs):
        before = dict(vars(self))
        try:
            with np.errstate(all="ignore"):
                return fit(self, *args, **kwargs)
        except BaseException:
            self.__dict__ = before  # at once: a second interrupt finds all of it, or nothing
            raise

    return guarded


def squeezed(name):
    """A name in small letters, without what separates its words."""
    return "".join(letter for letter in str(name).lower() if letter.isalnum())


def did_you_mean(name, options):
    """' Did you mean X?' for a near miss, otherwise an empty string."""
    close = [option for option in options if squeezed(option) == squeezed(name)]
    close = close or difflib.get_close_matches(str(name).lower(), list(options), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def is_default(value, default):
    """Whether a parameter is what it is when nobody sets it."""
    if value is default:
        return True
    plain = isinstance(value, Real | str | tuple) and not isinstance(value, bool)
    return plain and isinstance(default, Real | str | tuple) and value == default


def check_option(value, options, parameter, owner):
    """Raise ValueError unless ``value`` is one of the strings in ``options``; return it."""
    if isinstance(value, str) and value in options:
        return value
    raise ValueError(
        f"The {parameter!r} of {owner} must be one of {sorted(options)}. "
        f"Got {value!r}.{did_you_mean(value, options)}"
    )


def check_number(value, parameter, owner, *, low=0.0, strict=False, high=math.inf, cure=""):
    """Raise unless ``value`` is a finite real number in the range; return it as a float."""
    allowed = f"a finite number {'>' if strict else '>='} {low:g}"
    if high < math.inf:
        allowed += f" and <= {high:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"The {parameter!r} of {owner} must be {allowed}. Got {value!r} "
            f"(type {type(value).__name__}).{_sentence(cure)}"
        )
    if not math.isfinite(value) or value > high or value < low or (strict and value == low):
        raise ValueError(f"The {parameter!r} of {owner} must be {allowed}. Got {value!r}.{_sentence(cure)}")
    return float(value)


def check_integer(value, parameter, owner, *, low=1, cure=""):
    """Raise unless ``value`` is an integer >= low; return it as an int."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(
            f"The {parameter!r} of {owner} must be an integer >= {low}. Got {value!r} "
            f"(type {type(value).__name__}).{_sentence(cure)}"
        )
    if value < low:
        raise ValueError(
            f"The {parameter!r} of {owner} must be an integer >= {low}. Got {value!r}.{_sentence(cure)}"
        )
    return int(value)


def check_flag(value, parameter, owner, cure=""):
    """Raise unless ``value`` is True or False; NumPy's count."""
    if not (isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")):
        raise TypeError(
            f"The {parameter!r} of {owner} must be True or False. Got {value!r} "
            f"(type {type(value).__name__}).{_sentence(cure)}"
        )
    return bool(value)


def check_share(value, parameter, owner, meaning, cure=None):
    """Raise unless 0 < value < 1; return it as a float."""
    if cure is None:
        cure = "Try 0.9, or compression=None to remove nothing."
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"The {parameter!r} of {owner} must be a number in (0, 1), {meaning}. Got {value!r} "
            f"(type {type(value).__name__}).{_sentence(cure)}"
        )
    if not 0.0 < value < 1.0:
        raise ValueError(
            f"The {parameter!r} of {owner} must be a number in (0, 1), {meaning}. Got {value!r}."
            f"{_sentence(cure)}"
        )
    return float(value)


def check_rank_number(rank, highest, owner, shape):
    """An int rank in 1..highest, or a float share in (0, 1]; anything else raises."""
    cure = f"Try an integer between 1 and {highest}, or a float share such as 0.25."
    if isinstance(rank, bool) or not isinstance(rank, Real):
        raise TypeError(
            f"The 'rank' of {owner} must be an integer or a float share in (0, 1]. Got {rank!r} "
            f"(type {type(rank).__name__}). {cure}"
        )
    if isinstance(rank, Integral):
        if not 1 <= rank <= highest:
            raise ValueError(
                f"The 'rank' of {owner} must be between 1 and {highest} for a weight of shape "
                f"{tuple(shape)}. Got {rank!r}. {cure}"
            )
        return int(rank)
    if not 0.0 < rank <= 1.0:
        raise ValueError(
            f"The 'rank' of {owner}, when a float, is the share of the dense parameters and must "
            f"be in (0, 1]. Got {rank!r}. {cure}"
        )
    return float(rank)


def _sentence(text):
    return f" {text}" if text else ""


_PREFIXES = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_bytes(value, parameter, owner):
    """Number of bytes of a whole number or a string such as "2GB" or "500 MiB"; None stays None.

    Examples
    --------
    >>> [parse_bytes(value, "max_bytes", "NNBCDClassifier") for value in ("1.5 GB", 4e3)]
    [1500000000, 4000]
    """
    if value is None:
        return None
    n_bytes = value
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+\.?\d*) *([kmgt]?)(i?)b?", value.strip().lower())
        if found:
            number, prefix, binary = found.groups()
            n_bytes = int(float(number) * (1024 if binary else 1000) ** _PREFIXES[prefix])
    is_number = isinstance(n_bytes, Real) and not isinstance(n_bytes, bool)
    if is_number and n_bytes > 0 and math.isfinite(n_bytes) and n_bytes == int(n_bytes):
        return int(n_bytes)
    small, large = ("4 kB", "1 MiB") if parameter == "max_bytes" else ("2GB", "500 MiB")
    raise ValueError(
        f'The {parameter!r} of {owner} must be a whole number of bytes > 0, a string such as "{small}" or '
        f'"{large}", or None. Got {value!r}. Try "{small}".'
    )
