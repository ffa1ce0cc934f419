"""Targets of fuzzing: a door of the package, how its inputs are made, and what is done with one."""

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Final

HERE: Final = Path(__file__).parent
CORPUS: Final = HERE / "corpus"
"""Inputs that are mutated, a folder for each target."""
FOUND: Final = HERE / "found"
"""Inputs that once were findings, a folder for each target."""

Generate = Callable[[Random, Sequence[bytes]], bytes]
"""An input, from a random generator and the corpus of the target."""
Execute = Callable[[bytes, Path], None]
"""Use of an input, in an empty folder. Errors of sdnn are fine, all others are findings."""


class Violation(Exception):
    """A property that has to hold does not."""


@dataclass(frozen=True)
class Target:
    """A door of the package.

    Attributes:
        name: Name, and that of its folders.
        generate: Maker of inputs.
        execute: Use of an input.
        cpu_s: Limit of an execution.
        share: Share of the seconds that each target has; cheap doors have more.
        may_print: Whether codecs may write to stderr, as libtiff does; commands silence them.
    """

    name: str
    generate: Generate
    execute: Execute
    cpu_s: float
    share: float
    may_print: bool = False

    def input(self, seed: int, number: int) -> bytes:
        """The input of an execution; the same at any time and place, for the same corpus."""
        return self.generate(Random(f"{self.name} {seed} {number}"), corpus(self.name))


_TARGETS: dict[str, Target] = {}


def target(
    name: str, generate: Generate, *, cpu_s: float = 2.0, share: float = 1.0, may_print: bool = False
) -> Callable[[Execute], Execute]:
    """Registers a function as a target."""

    def register(execute: Execute) -> Execute:
        assert name not in _TARGETS, name
        _TARGETS[name] = Target(name, generate, execute, cpu_s, share, may_print)
        return execute

    return register


@cache
def targets() -> dict[str, Target]:
    """All targets by name, of all modules in `fuzz.targets`."""
    package = import_module("fuzz.targets")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"fuzz.targets.{module.name}")
    return dict(sorted(_TARGETS.items()))


@cache
def corpus(name: str) -> tuple[bytes, ...]:
    """The corpus of a target, in the order of names; empty for one that makes its inputs from nothing."""
    return tuple(path.read_bytes() for path in files(CORPUS / name))


def files(folder: Path) -> list[Path]:
    """The files of a folder that may be missing, in the order of names."""
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def require(holds: object, what: str) -> None:
    """Raises `Violation` when a property does not hold."""
    if not holds:
        raise Violation(what)
