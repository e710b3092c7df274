# SPDX-License-Identifier: BSD-3-Clause
"""Write the repository's address into what a release shows: addresses.py URL TAG.

Where the repository is hosted is known to whoever hosts it, not to the source: links in README.md become
absolute, as package indexes need them, and [project.urls] and CITATION.cff get their addresses. Changes the
working tree, so it runs in a copy: the hosted CI calls it before it builds a wheel.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def absolute(text: str, url: str, tag: str) -> str:
    """Markdown whose relative links lead to the files of a tag, and images to their content."""
    text = re.sub(r"(!\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)\)", rf"\1{url}/raw/{tag}/\2)", text)
    return re.sub(r"((?<!!)\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)\)", rf"\1{url}/blob/{tag}/\2)", text)


def with_urls(text: str, url: str) -> str:
    """pyproject.toml with the repository's addresses in [project.urls]."""
    names = {
        "Repository": "",
        "Issues": "/issues",
        "Changelog": "/blob/HEAD/CHANGELOG.md",
        "Documentation": "/tree/HEAD/docs",
    }
    lines = "".join(f'{name} = "{url}{path}"\n' for name, path in names.items())
    if text.count("[project.urls]\n") != 1:
        raise SystemExit("pyproject.toml must have one table [project.urls]")
    return text.replace("[project.urls]\n", f"[project.urls]\n{lines}")


def main(url: str, tag: str) -> None:
    """Change the three files."""
    url = url.rstrip("/").removesuffix(".git")
    if not url.startswith("https://"):
        raise SystemExit(f"URL must begin with https://, got {url!r}")
    for name, change in {
        "README.md": lambda text: absolute(text, url, tag),
        "pyproject.toml": lambda text: with_urls(text, url),
        "CITATION.cff": lambda text: text.rstrip() + f'\nrepository-code: "{url}"\n',
    }.items():
        path = ROOT / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
