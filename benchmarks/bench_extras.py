"""How much room reading and each extra take when installed: writes extras.json and extras.md.

    python benchmarks/bench_extras.py

Sizes are those of the files of the packages that are installed here, with all that they require in turn.
Nothing is installed or fetched; a package that another extra brings, too, counts for each.
"""

import json
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from bench_report import write_markdown
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sdnn.hardware import hardware

HERE: Final = Path(__file__).parent
PROJECT: Final = "sdnn-reader"
EXTRAS: Final = ("train", "pdf", "heic", "ray", "plots", "serve", "track")
"""Extras for users; the others are for developers."""
LARGEST: Final = 3
"""Packages of an extra that are named."""


def required(name: str, extras: frozenset[str] = frozenset()) -> frozenset[str]:
    """Names of the installed packages that a package requires, in turn, without itself."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(name), extras)]
    while waiting:
        at = waiting.pop()
        if at in seen or (package := installed(at[0])) is None:
            continue
        seen.add(at)
        found.add(at[0])
        for line in package.requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": each}) for each in ("", *at[1])):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return frozenset(found - {canonicalize_name(name)})


def installed(name: str) -> Distribution | None:
    """A package that is installed here; None for those of other systems."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def size(name: str) -> int:
    """Bytes of the files of an installed package."""
    package = installed(name)
    paths = [] if package is None else [Path(str(file.locate())) for file in package.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


def main() -> None:
    """Adds up, and writes the figures."""
    base = required(PROJECT)
    parts = {"reading": base} | {extra: required(PROJECT, frozenset({extra})) - base for extra in EXTRAS}
    sizes = {part: {name: size(name) for name in sorted(names)} for part, names in parts.items()}
    record = {"hardware": hardware(), "bytes": sizes}
    (HERE / "extras.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    rows = []
    for part, each in sizes.items():
        largest = sorted(each, key=lambda name: -each[name])[:LARGEST]
        named = ", ".join(f"{name} {each[name] / 1e6:.0f}" for name in largest)
        rows.append([part, f"{sum(each.values()) / 1e6:,.0f}", f"{len(each)}", named])
    write_markdown(
        HERE / "extras.md",
        ["what", "MB", "packages", "the largest, MB"],
        rows,
        f"Files of packages and what they require; what two extras share counts for both; {hardware()}.",
    )


if __name__ == "__main__":
    main()
