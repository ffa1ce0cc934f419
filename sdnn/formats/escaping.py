r"""Escapes for cells of a table.

A tab becomes ``\t``, a line feed ``\n``, a carriage return ``\r`` and a backslash ``\\``.
"""

import re
from typing import Final

_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_CHARACTERS: Final = {escape: character for character, escape in _ESCAPES.items()}
_TABLE: Final = str.maketrans(_ESCAPES)


def escaped(text: str) -> str:
    """The text on one line and in one cell."""
    return text.translate(_TABLE)


def unescaped(text: str) -> str:
    """The text before `escaped`."""
    return re.sub(r"\\.", lambda found: _CHARACTERS.get(found[0], found[0]), text)


def escape_formula(cell: str) -> str:
    """The escaped cell, with an apostrophe in front where a spreadsheet would take it for a formula.

    A cell that has apostrophes there already gets one more, so that removing one always gives back the cell.
    """
    return "'" + cell if re.match(r"'*[=+\-@]", cell) else cell


def unescape_formula(cell: str) -> str:
    """The cell before `escape_formula`."""
    return cell[1:] if re.match(r"'+[=+\-@]", cell) else cell
