"""Paragraphs, lists and shares of the model card, as Markdown whose source is readable, too."""

from collections.abc import Iterable
from textwrap import fill
from typing import Final

LINE: Final = 120
"""Length of a line in characters."""


def paragraph(text: str, indent: str = "") -> str:
    """The text, wrapped; all lines but the first are indented."""
    return fill(text, LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def bullets(items: Iterable[str]) -> str:
    """A list of short texts."""
    return "\n".join(paragraph(f"- {item}", indent="  ") for item in items)


def percent(share: float, decimals: int = 1) -> str:
    """A share from 0 to 1 in percent, without the sign."""
    return f"{100 * share:.{decimals}f}"


def interval(ends: tuple[float, float], decimals: int = 1) -> str:
    """An interval of shares."""
    return "–".join(percent(end, decimals) for end in ends)
