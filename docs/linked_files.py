"""MkDocs hook: files of the checkout that pages link to become part of the book.

Links stay relative to the file that they stand in, so that they work in a checkout, too.
"""

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

BOOK: Final = Path(__file__).parent
ROOT: Final = BOOK.parent
LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")
"""Target of a relative link, without its anchor."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the linked files, and those that these link to."""
    waiting = [file.src_uri for file in files.documentation_pages()]
    while waiting:
        page = waiting.pop()
        for link in LINK.findall((ROOT / _in_checkout(page)).read_text(encoding="utf-8")):
            uri = _in_book(_target(page, link))
            path = ROOT / uri
            if files.get_file_from_path(uri) is None and path.is_file():
                files.append(File.generated(config, uri, abs_src_path=str(path)))
                waiting += [uri] if path.suffix == ".md" else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its links as the book needs them."""
    here = page.file.src_uri
    return LINK.sub(
        lambda link: posixpath.relpath(_in_book(_target(here, link[0])), posixpath.dirname(here) or "."),
        markdown,
    )


def _in_checkout(uri: str) -> str:
    """Path of a page of the book, from the top of the checkout."""
    return f"{BOOK.name}/{uri}" if (BOOK / uri).exists() else uri


def _in_book(path: str) -> str:
    return path.removeprefix(f"{BOOK.name}/")


def _target(page: str, link: str) -> str:
    """Path from the top of the checkout of what a page links to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(_in_checkout(page)), link))
