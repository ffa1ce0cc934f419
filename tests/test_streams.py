import io
import subprocess
import sys

import pytest
from helpers.deadlines import run_process, started
from helpers.output_files import refusal

from sdnn.errors import ExitCode, OutputError
from sdnn.streams import silence_libraries, write_stdout


def test_a_closed_stdout_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError) as caught:
        write_stdout("07\n")
    assert "closed" in refusal(caught)


ENDLESS_LINES = "from sdnn.streams import write_stdout\nwhile True: write_stdout('07\\n' * 1000)"
ENDLESS = sys.executable, "-c", ENDLESS_LINES


def test_a_reader_that_is_gone_ends_it_quietly() -> None:
    with started(*ENDLESS, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


def test_a_stdout_that_is_full_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        stderr = run_process(*ENDLESS, stdout=full).stderr
    assert stderr.splitlines()[-1].startswith(b"sdnn.errors.OutputError: stdout: ")


def test_words_of_libraries_do_not_reach_stderr_and_ours_do() -> None:
    script = (
        "import os, sys; from sdnn.streams import prepare_streams, silence_libraries; prepare_streams();"
        "silence_libraries(); os.write(2, b'library'); print('ours', file=sys.stderr)"
    )
    ended = run_process(sys.executable, "-c", script)
    assert (ended.returncode, ended.stderr) == (0, b"ours\n")


def test_a_stream_in_place_of_stderr_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    silence_libraries()
    assert sys.stderr is stream
