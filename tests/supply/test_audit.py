"""`make audit` never takes what could not be looked up for safe."""

import json
import re
import sys
from pathlib import Path

import pytest
from helpers.deadlines import run_process
from helpers.documentation import ROOT, text_of

FINE = {"name": "pillow", "version": "13.0.0", "vulns": []}
BAD = {"name": "rich", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "numpy", "skip_reason": "not found"}
OWN = {"name": "sdnn-reader", "skip_reason": "not found"}


def audited(folder: Path, packages: list[dict[str, object]] | None) -> tuple[int, str]:
    path = folder / "audit.json"
    if packages is not None:
        path.write_text(json.dumps({"dependencies": packages}))
    result = run_process(sys.executable, ROOT / ".ci/read-audit", path)
    return result.returncode, result.stdout.decode()


@pytest.mark.parametrize(
    ("packages", "code", "message"),
    [
        (None, 1, "was not reached: nothing is known"),
        ([SKIPPED, OWN], 1, "could not look up 1 of 1 packages: numpy"),
        ([FINE, SKIPPED], 1, "could not look up 1 of 2 packages: numpy"),
        ([FINE, BAD], 1, "rich 1.0: CVE-1, fixed by 1.1"),
        ([FINE, OWN], 0, "1 packages looked up, none with a known vulnerability"),
    ],
    ids=["no report", "nothing looked up", "some looked up", "vulnerable", "fine"],
)
def test_what_was_not_looked_up_is_not_called_safe(
    tmp_path: Path, packages: list[dict[str, object]] | None, code: int, message: str
) -> None:
    returned, printed = audited(tmp_path, packages)
    assert returned == code
    assert message in printed
    assert code == 0 or "none with" not in printed


def test_the_lock_file_has_checksums_and_names_no_host() -> None:
    lock = text_of(ROOT / "requirements-dev.lock")
    pins = re.findall(r"^([a-z0-9][\w.-]*)==\S+.*\\$", lock, flags=re.MULTILINE)
    assert {"numpy", "onnxruntime", "pillow", "torch", "pytest"} <= set(pins)
    assert "://" not in lock
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
