"""The book is built without a warning, and needs nothing from outside."""

import re
from pathlib import Path

import pytest
from helpers.deadlines import run_python
from helpers.documentation import ROOT


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    command = "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder
    built = run_python(*command, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.mark.slow
def test_pages_load_no_script_font_style_or_picture_from_elsewhere(book: Path) -> None:
    pages = list(book.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<(script|img|iframe)[^>]+src=\"(https?:)?//", text), page
        assert not re.search(r"<link[^>]+rel=\"(?!canonical)[^>]+href=\"(https?:)?//", text), page
    for style in book.rglob("*.css"):
        assert not re.search(r"(@import|url\()[\"' ]*(https?:)?//", style.read_text(encoding="utf-8")), style


@pytest.mark.slow
def test_linked_files_of_the_checkout_are_part_of_the_book(book: Path) -> None:
    assert (book / "data/form-read.jpg").is_file()
    assert 'src="data/reading.png"' in (book / "index.html").read_text(encoding="utf-8")
    assert 'href="CONTRIBUTING.html"' in (book / "index.html").read_text(encoding="utf-8")
    assert 'href="strips.html"' not in (book / "MODEL_CARD.html").read_text(encoding="utf-8")
    assert 'href="benchmarks/strips.html"' in (book / "MODEL_CARD.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_public_name_is_described(book: Path) -> None:
    import sdnn

    text = (book / "api.html").read_text(encoding="utf-8")
    assert [name for name in sdnn.__all__ if f'id="sdnn.{name}"' not in text] == []
