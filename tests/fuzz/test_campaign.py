"""What a target does wrong becomes a finding, also where it takes the process with it."""

import ctypes
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from fuzz.campaign import shortened
from fuzz.execution import Judge, streams_into
from fuzz.mutators import dumped, mutated_png, mutated_text, mutated_tiff, mutated_tree
from fuzz.target import Target, Violation, corpus
from sdnn.errors import UnreadableInput


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("execute", "kind"),
    [
        (lambda data, folder: None, None),
        (lambda data, folder: _raise(UnreadableInput("a.png: empty; give a picture")), None),
        (lambda data, folder: _raise(_unescaped("a\nb.png: empty")), "message"),
        (lambda data, folder: _raise(_unescaped("\x1b[31m: empty")), "message"),
        (lambda data, folder: _raise(ValueError("no")), "ValueError"),
        (lambda data, folder: _raise(Violation("no")), "Violation"),
        (lambda data, folder: _raise(SystemExit(1)), "SystemExit"),
        (lambda data, folder: print("here"), "output"),
        (lambda data, folder: ctypes.CDLL(None).puts(b"from a library"), "output"),
        (lambda data, folder: os.write(2, b"error"), "output"),
        (lambda data, folder: warnings.warn("odd", RuntimeWarning, stacklevel=1), "warning"),
        (lambda data, folder: _burn(0.2), "slow"),
    ],
)
def test_only_errors_of_sdnn_on_one_line_are_fine(
    execute: Callable[[bytes, Path], None], kind: str | None, tmp_path: Path
) -> None:
    target = Target("none", lambda rng, seeds: b"", execute, cpu_s=0.1, share=1.0)
    (tmp_path / "scratch").mkdir()
    with streams_into(tmp_path / "streams") as streams, warnings.catch_warnings():
        warnings.simplefilter("always")
        judge = Judge(target, tmp_path / "scratch", streams, warm_up=False)
        finding = judge(b"").finding
    assert (finding.kind if finding else None) == kind


def _unescaped(message: str) -> UnreadableInput:
    """An error whose message did not go through the escaper."""
    error = UnreadableInput()
    error.args = (message,)
    return error


def _burn(seconds: float) -> None:
    ends = time.process_time() + seconds
    while time.process_time() < ends:
        pass


def test_the_folder_is_empty_again_after_each_execution(tmp_path: Path) -> None:
    def execute(data: bytes, folder: Path) -> None:
        assert not list(folder.iterdir())
        (folder / "in").mkdir()
        (folder / "in" / "a").write_bytes(data)
        (folder / "b\n").symlink_to("in")

    (tmp_path / "scratch").mkdir()
    with streams_into(tmp_path / "streams") as streams:
        target = Target("none", lambda rng, seeds: b"", execute, cpu_s=1.0, share=1.0)
        judge = Judge(target, tmp_path / "scratch", streams)
        assert judge(b"").finding is None
    assert not list((tmp_path / "scratch").iterdir())


def test_an_input_is_cut_to_what_matters() -> None:
    data = bytes(range(100)) + b"xy" + bytes(range(100))
    assert shortened(data, lambda part: b"xy" in part, lambda: True) == b"xy"
    assert shortened(data, lambda part: b"xy" in part, lambda: False) == data


def test_mutants_get_past_checksums_and_differ() -> None:
    rng = Random(1)
    for mutate, name in ((mutated_png, "picture-png"), (mutated_tiff, "picture-tiff")):
        mutants = {mutate(rng, corpus(name), (b"tRNS",)) for _ in range(100)}
        assert len(mutants - set(corpus(name))) > 60
    assert len({mutated_text(rng, [b"a,b\nc,d\n"], [",", "x"]) for _ in range(100)}) > 50
    tree = {"a": {"b": [1, 2]}, "c": "d"}
    assert len({dumped(rng, mutated_tree(rng, tree)) for _ in range(100)}) > 50
    assert tree == {"a": {"b": [1, 2]}, "c": "d"}
