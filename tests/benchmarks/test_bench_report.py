from pathlib import Path

from bench_report import set_between_marks


def test_only_what_stands_between_marks_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "text.md"
    document.write_text("before\n<!-- one -->\nold\n<!-- end -->\nafter <!-- end -->\n")
    set_between_marks(document, "one", "new\n")
    set_between_marks(document, "two", "nothing\n")
    assert document.read_text() == "before\n<!-- one -->\nnew\n<!-- end -->\nafter <!-- end -->\n"
