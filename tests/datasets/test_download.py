import hashlib
from pathlib import Path

import numpy as np
import pytest
from helpers.range_server import Served, serving

from sdnn.datasets.download import RemoteFile, download, is_intact
from sdnn.errors import OutputError, UnreadableInput

CONTENT = np.random.default_rng(0).bytes(200_000)
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


def remote(*urls: str, max_bytes: int = 1 << 20) -> RemoteFile:
    return RemoteFile("digits.gz", urls, MD5, max_bytes)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_downloaded_checked_and_not_asked_for_again(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with serving(Served({"digits.gz": CONTENT})) as served:
        file = remote(served.url + "digits.gz")
        path = download(file, tmp_path / "new", lambda done, total: seen.append((done, total)))
        assert download(file, tmp_path / "new") == path
    assert path.read_bytes() == CONTENT
    assert names(tmp_path / "new") == ["digits.gz"]
    assert served.requests == [("/digits.gz", "")]
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_download_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    with serving(Served({"digits.gz": CONTENT}, break_after=70_000)) as served:
        file = remote(served.url + "digits.gz")
        with pytest.raises(UnreadableInput, match="70,000 bytes are kept, run it again") as error:
            download(file, tmp_path)
        assert "\n" not in str(error.value)
        assert names(tmp_path) == ["digits.gz.part"]
        served.break_after = None
        assert download(file, tmp_path).read_bytes() == CONTENT
    assert served.requests == [("/digits.gz", ""), ("/digits.gz", "bytes=70000-")]
    assert names(tmp_path) == ["digits.gz"]


def test_a_server_without_ranges_sends_it_all_again(tmp_path: Path) -> None:
    (tmp_path / "digits.gz.part").write_bytes(b"something else")
    with serving(Served({"digits.gz": CONTENT}, ranges=False)) as served:
        assert download(remote(served.url + "digits.gz"), tmp_path).read_bytes() == CONTENT


def test_a_partial_file_that_is_complete_is_taken(tmp_path: Path) -> None:
    (tmp_path / "digits.gz.part").write_bytes(CONTENT)
    with serving(Served({"digits.gz": CONTENT})) as served:
        assert download(remote(served.url + "digits.gz"), tmp_path).read_bytes() == CONTENT


def test_another_content_is_refused_and_not_kept(tmp_path: Path) -> None:
    changed = Served({"digits.gz": CONTENT[:-1] + b"?"})
    with serving(changed) as served, pytest.raises(UnreadableInput, match="not the published one"):
        download(remote(served.url + "digits.gz"), tmp_path)
    assert names(tmp_path) == []


def test_a_wrong_part_does_not_stand_in_the_way_for_ever(tmp_path: Path) -> None:
    (tmp_path / "digits.gz.part").write_bytes(b"something else")
    with serving(Served({"digits.gz": CONTENT})) as served:
        file = remote(served.url + "digits.gz")
        with pytest.raises(UnreadableInput):
            download(file, tmp_path)
        assert download(file, tmp_path).read_bytes() == CONTENT


def test_the_next_address_is_tried(tmp_path: Path) -> None:
    with serving(Served({"mirror/digits.gz": CONTENT})) as served:
        file = remote(served.url + "digits.gz", "ftp:/nowhere", served.url + "mirror/digits.gz")
        assert download(file, tmp_path).read_bytes() == CONTENT


def test_a_file_that_is_nowhere_is_one_line_with_the_reasons(tmp_path: Path) -> None:
    with serving(Served({})) as served, pytest.raises(UnreadableInput, match="Not Found") as error:
        download(remote(served.url + "digits.gz"), tmp_path)
    assert "\n" not in str(error.value)


def test_no_network_is_one_line(tmp_path: Path) -> None:
    with serving(Served({})) as served:
        pass
    with pytest.raises(UnreadableInput, match="cannot be downloaded"):
        download(remote(served.url + "digits.gz"), tmp_path)


def test_more_than_was_expected_is_given_up(tmp_path: Path) -> None:
    with serving(Served({"digits.gz": CONTENT})) as served, pytest.raises(UnreadableInput, match="100,000"):
        download(remote(served.url + "digits.gz", max_bytes=100_000), tmp_path)


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        download(remote("http://127.0.0.1:1/digits.gz"), tmp_path / "file" / "below")


def test_a_damaged_file_is_downloaded_anew(tmp_path: Path) -> None:
    (tmp_path / "digits.gz").write_bytes(CONTENT[:10])
    assert not is_intact(tmp_path / "digits.gz", MD5)
    with serving(Served({"digits.gz": CONTENT})) as served:
        assert is_intact(download(remote(served.url + "digits.gz"), tmp_path), MD5)
