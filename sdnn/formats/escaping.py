r"""One row stays one row, whatever a file is called: what would break a line or a cell is spelled out.

A tab becomes ``\t``, a line feed ``\n``, a carriage return ``\r`` and a backslash ``\\``.
"""

import re
from typing import Final

_SPELLED: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_MEANT: Final = {spelled: character for character, spelled in _SPELLED.items()}
_TABLE: Final = str.maketrans(_SPELLED)


def escaped(text: str) -> str:
    """The text on one line and in one cell."""
    return text.translate(_TABLE)


def unescaped(text: str) -> str:
    """The text that was escaped."""
    return re.sub(r"\\.", lambda found: _MEANT.get(found[0], found[0]), text)


def escape_formula(cell: str) -> str:
    """The escaped cell with an apostrophe in front where a spreadsheet would take it for a formula.

    What looks guarded already gets one more, so that taking one away always gives back the cell.
    """
    return "'" + cell if re.match(r"'*[=+\-@]", cell) else cell


def unescape_formula(cell: str) -> str:
    """The cell that was guarded."""
    return cell[1:] if re.match(r"'+[=+\-@]", cell) else cell
