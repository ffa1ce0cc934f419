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
from collections import deque
from typing import Final

from sdnn.decoding.constraints.glushkov import Fragment, one_of
from sdnn.errors import UsageError

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
_TIMES: Final[dict[str, tuple[int, int | None]]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


def parse_expression(expression: str) -> Fragment:
    """The positions of an expression; their characters are digits and literals only.

    Raises:
        UsageError: When the expression is empty, is too long, repeats too often, is nested too deeply, is not
            well formed or uses anything that is not supported; the message says what and where.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise UsageError(
            f"the pattern has {len(expression)} characters: {LONGEST_EXPRESSION} are the most; give a list "
            "of strings as a lexicon"
        )
    tokens = deque(_TOKEN.finditer(expression))
    if tokens and tokens[0].group() == "^":
        tokens.popleft()
    if tokens and tokens[-1].group() == "$":
        tokens.pop()
    if not tokens:
        raise UsageError(f"pattern {expression!r}: is empty; write for example [0-9]{{5}}")
    whole = _alternatives(tokens)
    if tokens:
        raise _refusal(tokens[0], ") closes no group; write \\) for the character")
    return whole


def _alternatives(tokens: deque[re.Match[str]], depth: int = 0) -> Fragment:
    """What lies between parentheses; takes its tokens from the left, as do the functions below."""
    found = _sequence(tokens, depth)
    while tokens and tokens[0].lastgroup == "bar":
        tokens.popleft()
        found |= _sequence(tokens, depth)
    return found


def _sequence(tokens: deque[re.Match[str]], depth: int) -> Fragment:
    whole = Fragment()
    while tokens and tokens[0].lastgroup not in ("bar", "close"):
        whole += _piece(tokens, depth)
    return whole


def _piece(tokens: deque[re.Match[str]], depth: int) -> Fragment:
    """A group, a class or a character, with its repetition."""
    token = tokens.popleft()
    if token.lastgroup == "times":
        raise _refusal(token, f"{token.group()} has nothing before it that it could repeat")
    if token.lastgroup == "open":
        piece = _group(token, tokens, depth + 1)
    else:
        piece = one_of(_members(token) if token.lastgroup == "set" else _one(token))
    if tokens and tokens[0].lastgroup == "times":
        return piece.repeated(*_times(tokens.popleft()))
    return piece


def _group(opening: re.Match[str], tokens: deque[re.Match[str]], depth: int) -> Fragment:
    if depth > DEEPEST:
        raise _refusal(opening, f"groups in groups, more than {DEEPEST} deep; make it simpler")
    if tokens and tokens[0].group() == "?":
        raise _refusal(opening, "(? is not supported but in (?:...)")
    inside = _alternatives(tokens, depth)
    if not tokens:
        raise _refusal(opening, "the group has no end; add )")
    tokens.popleft()
    return inside


def _times(token: re.Match[str]) -> tuple[int, int | None]:
    """Fewest and most repetitions; None where there is no limit."""
    text = token.group()
    if text in _TIMES:
        return _TIMES[text]
    found = re.fullmatch(r"\{([0-9]{1,9})(,([0-9]{1,9})?)?\}", text)
    if found is None:
        raise _refusal(token, f"{text} is no repetition; write {{3}}, {{2,4}} or {{2,}}")
    fewest, most = int(found[1]), int(found[3] or found[1])
    if most < fewest:
        raise _refusal(token, f"{text} ends before it begins; write the smaller number first")
    if most > MOST_REPETITIONS:
        raise _refusal(token, f"{text} repeats more than {MOST_REPETITIONS} times; give a smaller number")
    return fewest, None if found[2] == "," else most


def _one(token: re.Match[str]) -> frozenset[str]:
    """The characters that one character outside a class stands for, its backslash included."""
    text = token.group()
    if text == ".":
        return _DIGITS
    if text in ("^", "$"):
        raise _refusal(
            token, f"{text} is supported only at the very outside; write \\{text} for the character"
        )
    if text in ("[", "]", "{", "}"):
        raise _refusal(token, f"{text} has no partner; write \\{text} for the character")
    return _character(text, token)


def _members(token: re.Match[str]) -> frozenset[str]:
    """The characters that a class in brackets stands for."""
    body = token.group()[1:-1]
    is_negated = body.startswith("^")
    found: set[str] = set()
    for member in _MEMBER.finditer(body, is_negated):
        first = _character(member["first"], token)
        if member["last"] is None:
            found |= first
            continue
        last = _character(member["last"], token)
        if not first | last <= _DIGITS or len(first) != 1 or len(last) != 1 or min(first) > min(last):
            raise _refusal(
                token, f"{member.group()} is no range of digits; write a hyphen itself first or last"
            )
        found |= {digit for digit in _DIGITS if min(first) <= digit <= min(last)}
    members = _DIGITS - found if is_negated else frozenset(found)
    if not members:
        raise _refusal(token, f"{token.group()} leaves no character that could stand here")
    return members


def _character(text: str, token: re.Match[str]) -> frozenset[str]:
    if text == "\\d":
        return _DIGITS
    if text in _DIGITS:
        return frozenset(text)
    literal = text[-1]
    if text == "\\" or literal.isalnum() or not literal.isprintable():
        raise _refusal(
            token,
            f"{text!r} is not supported; write digits, \\d, groups, repetitions and the signs between digits "
            "such as - / and blank",
        )
    return frozenset(literal)


def _refusal(token: re.Match[str], problem: str) -> UsageError:
    return UsageError(f"pattern {token.string!r}, character {token.start() + 1}: {problem}")
