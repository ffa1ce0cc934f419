from pathlib import Path

import pytest

from reproduction import fingerprint as under_test
from reproduction.fingerprint import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Modules `first`, which imports `second` and `others.third`; nothing imports `fourth`."""
    monkeypatch.setattr(under_test, "ROOT", tmp_path)
    under_test._path.cache_clear()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "__init__.py").write_text("")
    (tmp_path / "first.py").write_text("import os\n\nimport second\nfrom others import third\n")
    (tmp_path / "second.py").write_text("RATE = 1.0\n")
    (tmp_path / "others" / "third.py").write_text("def half(x):\n    '''Half.'''\n    return x / 2\n")
    (tmp_path / "fourth.py").write_text("import first\n")
    return tmp_path


@pytest.mark.parametrize("file", ["first.py", "second.py", "others/third.py", "others/__init__.py"])
def test_what_a_module_needs_matters(package: Path, file: str) -> None:
    before = fingerprint("first")
    with (package / file).open("a") as text:
        text.write("\nMORE = 2\n")
    assert fingerprint("first") != before


def test_what_it_does_not_need_does_not_matter(package: Path) -> None:
    before = fingerprint("first")
    (package / "fourth.py").write_text("")
    assert fingerprint("first") == before


def test_what_is_said_of_the_code_does_not_matter(package: Path) -> None:
    before = fingerprint("first")
    (package / "second.py").write_text('"""Second."""\n\nRATE = 1.0  # why\n"""Of learning."""\n')
    (package / "others" / "third.py").write_text("def half(x):\n    return (x / 2)\n")
    assert fingerprint("first") == before


def test_a_file_that_was_named_matters(package: Path) -> None:
    weights = package / "weights"
    sums = set()
    for content in ("one", "two"):
        weights.write_text(content)
        sums.add(fingerprint("first", weights))
    assert len(sums) == 2
    assert fingerprint("first") not in sums
