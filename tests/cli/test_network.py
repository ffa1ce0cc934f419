"""No command but training opens a connection."""

import os
import sys
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, sdnn_process
from helpers.deadlines import run_process

REFUSAL = """
import os, socket

def refused(*_, **__):
    with open(os.environ["SOCKETS"], "a") as file:
        file.write("opened\\n")
    raise OSError("no network in this test")

class RefusedSocket(socket.socket):
    def __init__(self, family=-1, *rest, **named):
        if family != socket.AF_UNIX:  # processes talk to each other through these
            refused()
        super().__init__(family, *rest, **named)

socket.socket = RefusedSocket
socket.create_connection = socket.getaddrinfo = refused
"""


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which every process that starts adds a line for each socket that it tries to open."""
    (tmp_path / "sitecustomize.py").write_text(REFUSAL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SOCKETS", str(tmp_path / "sockets"))
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    return tmp_path / "sockets"


def test_a_socket_would_be_noticed(attempts: Path) -> None:
    run_process(sys.executable, "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9')")
    assert attempts.read_text() == "opened\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("read", SAMPLE, "--check", "luhn", "--explain", "out.png", "--exit-zero"),
        ("eval", SAMPLES, "--failures", "wrong.png"),
        ("synth", "--source", "pen", "--count", "1", "--out", "lines"),
        ("model", "show"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_opens_no_socket(attempts: Path, tmp_path: Path, arguments: tuple[object, ...]) -> None:
    result = sdnn_process(*arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not attempts.exists()


def test_the_telemetry_of_onnxruntime_is_off_before_it_loads(attempts: Path) -> None:
    code = (
        "import os, sys, sdnn\n"
        f"sdnn.read({str(SAMPLE)!r})\n"
        "print('onnxruntime' in sys.modules, os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    result = run_process(sys.executable, "-c", code)
    assert result.stdout == b"True 1\n"
    assert not attempts.exists()
