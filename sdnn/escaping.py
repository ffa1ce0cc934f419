r"""Escapes of text that others chose: file names, labels, patterns, error messages of libraries.

A terminal acts on control characters: they move the cursor, recolour, retype, or turn the direction of
writing. So they become backslash escapes, as in Python: a tab ``\t``, a line feed ``\n``, a carriage return
``\r``, any other ``\x1b`` or ``\u2028``. A backslash that is there already becomes ``\\`` in a cell, so that
`unescaped` gives back the name; messages keep it.
"""

import codecs
import re
from typing import Final

_SHORT: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_CHARACTERS: Final = {escape: character for character, escape in _SHORT.items()} | {'\\"': '"'}
_UNSAFE: Final = (
    r"\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction of writing
    r"\u2028\u2029"  # ends of lines and paragraphs
    r"\ud800-\udfff"  # bytes of names that are no text, and halves of characters
)
# Patterns are compiled when they are first used: one picture is read without most of them.
_IN_CELL: Final = rf"[\\{_UNSAFE}]"
_IN_MESSAGE: Final = f"[{_UNSAFE}]"
_IN_LINES: Final = rf"(?![\t\n]|\r\n)[{_UNSAFE}]"
_IN_CSV: Final = r"[\\\t\n\r\ud800-\udc7f\udd00-\udfff]"
_ESCAPE: Final = r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)"

EXACT_OR_ESCAPED: Final = "sdnn.exact_or_escaped"
"""Handler of encoding errors: bytes of names go out as they came; what the encoding lacks is escaped."""


def escaped(text: str) -> str:
    """The text on one line and in one cell, safe on a terminal.

    A quotation mark in front has a backslash, too: readers of tables would take it for the begin of a quoted
    cell, which swallows the rows up to the next mark.
    """
    cell = re.sub(_IN_CELL, _escape, text)
    return f"\\{cell}" if cell.startswith('"') else cell


def escaped_in_csv(text: str) -> str:
    """The text in a quoted cell of CSV: on one line, and otherwise exact."""
    return re.sub(_IN_CSV, _escape, text)


def unescaped(text: str) -> str:
    """The text before `escaped` or `escaped_in_csv`."""
    return re.sub(_ESCAPE, _unescape, text)


def escaped_message(text: str) -> str:
    """A message on one line, safe on a terminal."""
    return re.sub(_IN_MESSAGE, _escape, text)


def escaped_lines(text: str) -> str:
    """Whole lines, safe on a terminal; tabs and line ends stay."""
    return re.sub(_IN_LINES, _escape, text)


def escape_formula(cell: str) -> str:
    """The escaped cell, with an apostrophe in front where a spreadsheet would take it for a formula.

    A cell that has apostrophes there already gets one more, so that removing one always gives back the cell.
    """
    return "'" + cell if re.match(r"'*[=+\-@]", cell) else cell


def unescape_formula(cell: str) -> str:
    """The cell before `escape_formula`."""
    return cell[1:] if re.match(r"'+[=+\-@]", cell) else cell


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or _numbered(found[0])


def _numbered(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _unescape(found: re.Match[str]) -> str:
    digits = found[0][2:]
    if not digits:
        return _CHARACTERS.get(found[0], found[0])
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else found[0]


def _exact_or_escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    number = ord(error.object[error.start])
    if 0xDC80 <= number <= 0xDCFF:
        return bytes([number - 0xDC00]), error.start + 1
    return _numbered(chr(number)), error.start + 1


codecs.register_error(EXACT_OR_ESCAPED, _exact_or_escaped)


def as_text(name: str) -> str:
    """A name of a file as text: of bytes that are no text, the escape is written out."""
    return name.encode("utf-8", "backslashreplace").decode()
