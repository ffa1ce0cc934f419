"""A checksum of all the code of ours that a module needs, whatever is said about it."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""Folder of our packages."""


def fingerprint(module: str, *files: Path) -> str:
    """Checksum of a module and everything of ours that it imports, without docstrings, comments and layout.

    Args:
        module: Its name, as it is imported.
        files: Others that matter.
    """
    sums, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is None or name in sums:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waiting += _imported(tree)
        sums[name] = ast.dump(_without_docstrings(tree))
    together = hashlib.sha256()
    for name in sorted(sums):
        together.update(f"{name}\0{sums[name]}\0".encode())
    for path in files:
        together.update(path.read_bytes())
    return together.hexdigest()


@cache
def _path(module: str) -> Path | None:
    """The file of a module of ours; None of others."""
    inside = Path(*module.split("."))
    candidates = (ROOT / inside.with_suffix(".py"), ROOT / inside / "__init__.py")
    return next((path for path in candidates if path.exists()), None)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Names of modules that a module imports, among others that are none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The same tree; a docstring, or one below a constant, is an expression that does nothing."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                each
                for each in body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
    return tree
