from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.errors import UnreadableInput
from sdnn.evaluation import labels as module
from sdnn.evaluation.labels import LabelledFile, read_labels


def write(folder: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    (folder / "labels.csv").write_bytes(data)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(UnreadableInput) as caught:
        read_labels(folder)
    return str(caught.value)


def test_rows_keep_their_order_and_their_leading_zeros(tmp_path: Path) -> None:
    write(tmp_path, "file,label\nimages/b.png,0017\na.png,5\n")
    assert read_labels(tmp_path) == [
        LabelledFile(tmp_path / "images" / "b.png", "0017"),
        LabelledFile(tmp_path / "a.png", "5"),
    ]


def test_an_empty_label_is_a_blank_strip(tmp_path: Path) -> None:
    assert read_labels(write(tmp_path, "file,label\na.png,\n"))[0].label == ""


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbffile,label\r\na.png,12\r\n",
        b"file,label\na.png,12",
        b"file,label\n\na.png,12\n\n",
        b'"file","label"\n"a.png","12"\n',
        b"file,label\n./a.png,12\n",
        b"file,label\nsub/../a.png,12\n",
    ],
    ids=["byte order mark, CRLF", "no last line feed", "empty lines", "quoted", "dot", "up and down again"],
)
def test_harmless_variants_say_the_same(tmp_path: Path, content: bytes) -> None:
    assert read_labels(write(tmp_path, content)) == [LabelledFile(tmp_path / "a.png", "12")]


def test_a_quoted_name_may_hold_a_comma(tmp_path: Path) -> None:
    write(tmp_path, 'file,label\n"a,b.png",12\n')
    assert read_labels(tmp_path) == [LabelledFile(tmp_path / "a,b.png", "12")]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("", 1, "header"),
        ("label,file\n12,a.png\n", 1, "header"),
        ("file;label\na.png;12\n", 1, "header"),
        ("file, label\na.png,12\n", 1, "header"),
        ("file,label\n,12\n", 2, "no file name"),
        ("file,label\n  ,12\n", 2, "no file name"),
        ("file,label\na\0.png,12\n", 2, "no file name"),
        ("file,label\na.png,12\nb.png\n", 3, "1 field(s)"),
        ("file,label\na.png,12,0.9\n", 2, "3 field(s)"),
        ("file,label\na.png,1O\n", 2, "'1O'"),
        ("file,label\na.png, 12\n", 2, "' 12'"),
        ("file,label\na.png,-5\n", 2, "'-5'"),
        ("file,label\na.png,١٢\n", 2, "other characters"),
        ("file,label\na.png,²\n", 2, "other characters"),
        ("file,label\n../a.png,12\n", 2, "not a file in the folder"),
        ("file,label\nsub/../../a.png,12\n", 2, "not a file in the folder"),
        ("file,label\n/etc/a.png,12\n", 2, "not a file in the folder"),
        ("file,label\n.,12\n", 2, "not a file in the folder"),
        ("file,label\na.png,12\nb.png,3\na.png,12\n", 4, "listed twice"),
        ("file,label\na.png,12\n./a.png,13\n", 3, "listed twice"),
        ('file,label\n"a"b.png,12\n', 2, "not CSV"),
        (b"file,label\na.png,12\ncaf\xe9.png,12\n", 3, "UTF-8"),
    ],
)
def test_a_refusal_names_file_line_and_problem_in_one_line(
    tmp_path: Path, content: str | bytes, line: int, problem: str
) -> None:
    message = refusal(write(tmp_path, content))
    assert message.startswith(f"{tmp_path / 'labels.csv'}:{line}: ")
    assert problem in message
    assert "\n" not in message


def test_a_line_feed_in_a_name_does_not_break_the_message(tmp_path: Path) -> None:
    assert "\n" not in refusal(write(tmp_path, 'file,label\n"../a\nb",12\n'))


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    assert "lists no files" in refusal(write(tmp_path, "file,label\n"))


def test_a_missing_folder_is_told_from_a_missing_table(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "absent")
    assert "no such file" in refusal(tmp_path)


def test_a_folder_called_labels_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").mkdir()
    assert "a folder, not a table of labels" in refusal(tmp_path)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = write(tmp_path_factory.getbasetemp(), b"file,label\n" + data)
    try:
        files = read_labels(folder)
    except UnreadableInput:
        assert "\n" not in refusal(folder)
    else:
        assert all(file.path.is_relative_to(folder) for file in files)


def test_a_label_has_as_many_digits_as_a_line_may_have(tmp_path: Path) -> None:
    assert read_labels(write(tmp_path, f"file,label\na.png,{'7' * 1000}\n"))
    message = refusal(write(tmp_path, f"file,label\na.png,{'7' * 60_000}\n"))
    assert "labels.csv:2: the label has 60,000 characters: 1,000 are the most" in message


def test_rows_and_bytes_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "file,label\na,1\nb,2\nc,3\n")
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    assert len(read_labels(tmp_path)) == 3
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    assert "labels.csv:4: has more than 2 rows" in refusal(tmp_path)
    monkeypatch.setattr(module, "MAX_BYTES", 20)
    assert "longer than 20 bytes" in refusal(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no /dev/zero")
def test_a_device_without_end_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").symlink_to("/dev/zero")
    assert "labels.csv" in refusal(tmp_path)
