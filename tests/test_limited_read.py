import os
import sys
import threading
from pathlib import Path

import pytest

from sdnn.errors import ModelError, UnreadableInput
from sdnn.escaping import escaped_message
from sdnn.limited_read import read_limited

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")


def refusal(path: Path, max_bytes: int = 10) -> str:
    with pytest.raises(UnreadableInput) as caught:
        read_limited(path, max_bytes, "a lexicon")
    message = str(caught.value)
    assert message.startswith(f"{escaped_message(str(path))}: ")
    assert "a lexicon" in message
    assert "\n" not in message
    return message


def test_a_file_up_to_the_limit_is_read_and_a_longer_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_limited(path, 10, "a lexicon") == b"0123456789"
    assert "longer than 9 bytes" in refusal(path, 9)


def test_a_missing_file_is_an_error_of_the_type_that_was_asked_for(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none")
    with pytest.raises(ModelError, match="train one"):
        read_limited(tmp_path / "none", 10, "a model", ModelError, "train one")


def test_a_path_with_nul_is_an_error() -> None:
    refusal(Path("a\0b"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path}: a folder" in refusal(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no /dev/zero")
def test_a_device_without_end_is_refused_also_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    assert "device" in refusal(link)


@needs_pipes
def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert read_limited(path, 10, "a lexicon") == b""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/fd")
def test_a_pipe_is_read_to_its_end_up_to_the_limit() -> None:
    for length, limit in ((100_000, 100_000), (100_000, 99_999)):
        out, into = os.pipe()

        def write(into: int = into, length: int = length) -> None:
            with open(into, "wb") as file:
                file.write(b"x" * length)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        path = Path(f"/dev/fd/{out}")
        if length <= limit:
            assert len(read_limited(path, limit, "a lexicon")) == length
        else:
            assert "longer" in refusal(path, limit)
            os.read(out, 1_000_000)
        os.close(out)
        writer.join(timeout=10)
