"""Imports go down the levels of the package; reading and help stay light."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.deadlines import run_python

import sdnn

ROOT = Path(sdnn.__file__).parent
SAMPLE = ROOT.parent / "data" / "samples" / "00000.png"
LEVELS = [
    {"escaping"},
    {"enums", "errors", "hardware", "inputs", "affine", "bucketing", "rectangle", "validation"},
    {"worker_process"},
    {"results", "files", "process_map", "parameters", "limited_read"},
    {"formats"},
    {"streams", "part_file", "kept_rows"},
    {"output"},
    {"preprocessing", "models", "decoding"},
    {"detection"},
    {"datasets"},
    {"reading"},
    {"profiles"},
    {"training", "evaluation", "rendering", "tracking"},
    {"serving", "scale"},
    {"cli", "__main__", "__init__"},
]
WITHIN_A_LEVEL = {
    ("training", "evaluation"),
    ("tracking", "training"),
    ("tracking", "evaluation"),
    ("evaluation", "rendering"),
    ("__main__", "cli"),
}
HEAVY = {"ray", "pyarrow", "torch", "torchvision", "onnxruntime", "onnx", "PIL", "numpy", "cv2", "fastapi"}
SOURCES = sorted(ROOT.rglob("*.py"))


def level(part: str) -> int:
    (found,) = (number for number, parts in enumerate(LEVELS) if part in parts)
    return found


def part_of(source: Path) -> str:
    """The stage a file belongs to: its folder, or its own name where it lies at the top."""
    return source.relative_to(ROOT).with_suffix("").parts[0]


def imported_modules(source: Path) -> Iterator[str]:
    """Absolute names of all that a file imports, also inside its functions and for its types."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            assert node.module is not None
            yield node.module
            if node.module == "sdnn":
                yield from (f"sdnn.{alias.name}" for alias in node.names)


def imported_parts(source: Path) -> set[str]:
    names = {name.split(".")[1] for name in imported_modules(source) if name.startswith("sdnn.")}
    return names - {"__version__"}


def packages_loaded_by(*arguments: str) -> set[str]:
    """Top-level packages that a fresh interpreter loads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDNN_TRACEBACK", "1")  # the list goes to stderr as the words of libraries do
        result = run_python("-X", "importtime", *arguments)
    assert result.returncode == 0, result.stderr
    lines = result.stderr.decode().splitlines()
    names = [line.rsplit("|", 1)[1].strip() for line in lines if line.startswith("import time:")]
    assert "sdnn" in names
    return {name.split(".")[0] for name in names}


def test_every_part_of_the_package_has_one_level() -> None:
    parts = [part for parts in LEVELS for part in parts]
    assert len(parts) == len(set(parts))
    assert {part_of(source) for source in SOURCES} <= set(parts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_imports_go_down_the_levels(source: Path) -> None:
    part = part_of(source)
    for other in imported_parts(source) - {part}:
        down = level(other) < level(part)
        assert down or (part, other) in WITHIN_A_LEVEL, f"{part} imports {other}"


def test_the_walk_sees_imports_inside_functions() -> None:
    assert {"reading", "formats"} <= imported_parts(ROOT / "cli" / "read.py")


def test_the_package_does_not_know_the_study_of_1992() -> None:
    assert [source for source in SOURCES if "reproduction" in source.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("source", sorted((ROOT / "decoding").rglob("*.py")), ids=lambda source: source.name)
def test_decoding_knows_no_network(source: Path) -> None:
    packages = {name.split(".")[0] for name in imported_modules(source)}
    assert not packages & {"torch", "torchvision", "onnx", "onnxruntime"}


@pytest.mark.parametrize(
    "arguments", [("-c", "import sdnn.cli"), ("-m", "sdnn", "--help")], ids=["import", "help"]
)
def test_the_command_line_starts_without_heavy_packages(arguments: tuple[str, ...]) -> None:
    assert not packages_loaded_by(*arguments) & HEAVY


def test_the_package_itself_costs_nothing() -> None:
    assert not packages_loaded_by("-c", "import sdnn; sdnn.__version__") & (HEAVY | {"typer", "rich"})


def test_help_goes_to_stdout() -> None:
    assert b"read" in run_python("-m", "sdnn", "--help").stdout


def test_reading_never_loads_torch(tmp_path: Path) -> None:
    command = ("-m", "sdnn", "read", str(SAMPLE), "--json", "--explain", str(tmp_path / "explain.png"))
    packages = packages_loaded_by(*command)
    assert {"numpy", "onnxruntime", "cv2", "PIL"} <= packages
    assert not packages & {"torch", "torchvision", "onnx", "ray", "pyarrow"}


def test_showing_a_model_never_loads_torch() -> None:
    packages = packages_loaded_by("-m", "sdnn", "model", "show")
    assert "onnxruntime" in packages
    assert not packages & {"torch", "torchvision", "onnx", "safetensors"}
