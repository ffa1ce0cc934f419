"""What people read: README, the book, and what goes with them."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
CHAPTERS: Final = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS: Final = [README, ROOT / "CONTRIBUTING.md", *CHAPTERS]
"""What is written by hand and held to the code."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows_below(heads: tuple[str, ...], text: str) -> list[list[str]]:
    """The cells of the table with the given heads."""
    below = text.split("| " + " | ".join(heads) + " |\n")[1].splitlines()[1:]
    end = next((number for number, line in enumerate(below) if not line.startswith("|")), len(below))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in below[:end]]
