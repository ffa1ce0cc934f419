r"""The regular expressions that a pattern may be, checked and taken apart.

==========================  ==========================================================================
written                     means
==========================  ==========================================================================
``7``                       this digit
``\d`` and ``.``            any digit; a point is written ``\.``
``[135]`` ``[0-4]``         one of these digits; ``[^05]`` any digit but these; ``\d`` may stand inside
``(...)`` ``(?:...)``       a group
``a|b``                     one or the other
``?`` ``*`` ``+``           at most once, any number of times, at least once
``{3}`` ``{2,4}`` ``{2,}``  three times, two to four times, at least twice
``-`` ``/`` ``,`` ``:``     themselves, as does the blank, ``\.``, ``\(`` and every other character that is
                            neither letter nor digit; after a backslash where it has a meaning above
==========================  ==========================================================================

The expression describes the whole string: ``^`` at its beginning and ``$`` at its end change nothing.
Whatever else Python's `re` knows is refused. On digits alone the answer is that of `re.fullmatch`.
"""

import re
from typing import TYPE_CHECKING, Final

from sdnn.errors import UsageError

if TYPE_CHECKING:
    from greenery import Pattern as Tree

LONGEST_EXPRESSION: Final = 256
"""Characters beyond which an expression is refused."""
MOST_REPETITIONS: Final = 64
"""The greatest number in braces; no number on a form has more digits."""
DEEPEST: Final = 32
"""Groups in groups beyond which an expression is refused, before the parser's recursion is too deep."""

_DIGITS: Final = frozenset("0123456789")
_TOKEN: Final = re.compile(
    r"(?P<set>\[(?:\\.|[^]\\])*\])|(?P<times>[?*+]|\{[^}]*\})|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<one>\\.|.)",
    re.DOTALL,
)
_MEMBER: Final = re.compile(r"(?P<first>\\.|.)(?:-(?P<last>\\.|.))?", re.DOTALL)


def parsed(expression: str) -> "Tree":
    """The tree of an expression; its character classes hold digits and literals only.

    Raises:
        UsageError: When the expression is empty, is too long, repeats too often, is nested too deeply, is not
            well formed or uses anything that is not supported; the message says what and where.
    """
    # Not at the top: it takes a tenth of a second, and most readings have no pattern.
    from greenery import parse

    if len(expression) > LONGEST_EXPRESSION:
        raise UsageError(
            f"the pattern has {len(expression)} characters: {LONGEST_EXPRESSION} are the most; give a list "
            "of strings as a lexicon"
        )
    return parse(_translated(expression))


def _translated(expression: str) -> str:
    """The same expression in what of greenery's syntax cannot be taken for anything else.

    Every class becomes the list of its members: greenery and `re` disagree on how a hyphen is written in one.
    """
    begin, end = _without_anchors(expression)
    if begin == end:
        raise UsageError(f"pattern {expression!r}: is empty; write for example [0-9]{{5}}")
    pieces: list[str] = []
    opened: list[int] = []
    may_repeat = False
    position = begin
    while position < end:
        token = _TOKEN.match(expression, position, end)
        assert token is not None, "the last alternative takes any character"
        where = f"pattern {expression!r}, character {position + 1}"
        kind, text = token.lastgroup, token.group()
        if kind == "times":
            if not may_repeat:
                raise UsageError(f"{where}: {text} has nothing before it that it could repeat")
            pieces.append(_times(text, where))
        elif kind == "set":
            pieces.append(_class(_members(text, where)))
        elif kind == "one":
            pieces.append(_class(_one(text, where)))
        else:
            if kind == "open":
                opened.append(position)
                if len(opened) > DEEPEST:
                    raise UsageError(f"{where}: groups in groups, more than {DEEPEST} deep; make it simpler")
                if expression[token.end() : token.end() + 1] == "?":
                    raise UsageError(f"{where}: (? is not supported but in (?:...)")
            elif kind == "close":
                if not opened:
                    raise UsageError(f"{where}: ) closes no group; write \\) for the character")
                opened.pop()
            pieces.append(text)
        may_repeat = kind in ("set", "one", "close")
        position = token.end()
    if opened:
        raise UsageError(f"pattern {expression!r}, character {opened[-1] + 1}: the group has no end; add )")
    return "".join(pieces)


def _without_anchors(expression: str) -> tuple[int, int]:
    """Where the expression begins and ends inside its anchors."""
    begin = int(expression.startswith("^"))
    # Behind an odd number of backslashes the sign is itself, not an anchor.
    anchored = re.search(r"(?<!\\)(?:\\\\)*\$\Z", expression[begin:])
    return begin, len(expression) - (anchored is not None)


def _times(text: str, where: str) -> str:
    if text in "?*+":
        return text
    found = re.fullmatch(r"\{([0-9]{1,9})(,([0-9]{1,9})?)?\}", text)
    if found is None:
        raise UsageError(f"{where}: {text} is no repetition; write {{3}}, {{2,4}} or {{2,}}")
    fewest, most = int(found[1]), int(found[3] or found[1])
    if most < fewest:
        raise UsageError(f"{where}: {text} ends before it begins; write the smaller number first")
    if most > MOST_REPETITIONS:
        raise UsageError(f"{where}: {text} repeats more than {MOST_REPETITIONS} times; give a smaller number")
    # Without leading zeros, which greenery does not read.
    return f"{{{fewest}{',' if found[2] else ''}{most if found[3] else ''}}}"


def _one(text: str, where: str) -> frozenset[str]:
    """The characters that one character outside a class stands for, its backslash included."""
    if text == ".":
        return _DIGITS
    if text in ("^", "$"):
        raise UsageError(
            f"{where}: {text} is supported only at the very outside; write \\{text} for the character"
        )
    if text in ("[", "]", "{", "}"):
        raise UsageError(f"{where}: {text} has no partner; write \\{text} for the character")
    return _character(text, where)


def _members(text: str, where: str) -> frozenset[str]:
    """The characters that a class in brackets stands for."""
    body = text[1:-1]
    is_negated = body.startswith("^")
    body = body[is_negated:]
    found: set[str] = set()
    position = 0
    while position < len(body):
        member = _MEMBER.match(body, position)
        assert member is not None, "it takes any character"
        first = _character(member["first"], where)
        if member["last"] is None:
            found |= first
        else:
            last = _character(member["last"], where)
            if not first | last <= _DIGITS or len(first) != 1 or len(last) != 1 or min(first) > min(last):
                raise UsageError(
                    f"{where}: {member.group()} is no range of digits; write a hyphen itself first or last"
                )
            found |= {digit for digit in _DIGITS if min(first) <= digit <= min(last)}
        position = member.end()
    members = _DIGITS - found if is_negated else frozenset(found)
    if not members:
        raise UsageError(f"{where}: {text} leaves no character that could stand here")
    return members


def _character(text: str, where: str) -> frozenset[str]:
    if text == "\\d":
        return _DIGITS
    if text in _DIGITS:
        return frozenset(text)
    literal = text[-1]
    if text == "\\" or literal.isalnum() or not literal.isprintable():
        raise UsageError(
            f"{where}: {text!r} is not supported; write digits, \\d, groups, repetitions and the signs "
            "between digits such as - / and blank"
        )
    return frozenset(literal)


def _class(members: frozenset[str]) -> str:
    return "[" + "".join(f"\\{each}" if each in r"\[]^-" else each for each in sorted(members)) + "]"
