"""Sizes of what reading and the extras bring."""

import bench_extras
import pytest
from bench_extras import PROJECT, required


def test_reading_brings_none_of_the_packages_of_extras() -> None:
    names = required(PROJECT)
    assert {"numpy", "onnxruntime", "pillow"} <= names
    assert not names & {"torch", "ray", "pyarrow", "fastapi", "matplotlib", PROJECT}


def test_an_extra_brings_what_its_packages_require_in_turn() -> None:
    names = required(PROJECT, frozenset({"serve"})) - required(PROJECT)
    assert {"fastapi", "starlette", "pydantic-core"} <= names
    assert "ray" not in names


def test_extras_of_extras_count() -> None:
    assert "pandas" in required(PROJECT, frozenset({"ray"}))  # of ray[data]


def test_the_size_is_that_of_the_installed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bench_extras.size("numpy") > 10**7
    monkeypatch.setattr(bench_extras, "installed", lambda name: None)
    assert bench_extras.size("numpy") == 0
