r"""Parser of the regular expressions of patterns.

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

The expression describes the whole string: ``^`` at its beginning and ``$`` at its end change nothing. Other
syntax of Python's `re` is refused. For digits alone the language is that of `re.fullmatch`.
"""

import re
from collections import deque
from typing import Final

from sdnn.decoding.constraints.glushkov import Fragment, one_of
from sdnn.errors import UsageError

MAX_CHARACTERS: Final = 256
"""Length of an expression."""
MAX_REPETITIONS: Final = 64
"""Greatest number in braces; no number on a form has more digits."""
MAX_DEPTH: Final = 32
"""Depth of nested groups, which limits the recursion of the parser."""

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
        UsageError: When the expression is empty, too long, too deeply nested, malformed, repeats too often or
            uses unsupported syntax; the message names the character.
    """
    if len(expression) > MAX_CHARACTERS:
        raise UsageError(
            f"the pattern has {len(expression)} characters: {MAX_CHARACTERS} are the most; give a list "
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
    """Sequences between parentheses; consumes its tokens from the left, as do the functions below."""
    whole = _sequence(tokens, depth)
    while tokens and tokens[0].lastgroup == "bar":
        tokens.popleft()
        whole |= _sequence(tokens, depth)
    return whole


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
    if depth > MAX_DEPTH:
        raise _refusal(opening, f"groups in groups, more than {MAX_DEPTH} deep; make it simpler")
    if tokens and tokens[0].group() == "?":
        raise _refusal(opening, "(? is not supported but in (?:...)")
    inside = _alternatives(tokens, depth)
    if not tokens:
        raise _refusal(opening, "the group has no end; add )")
    tokens.popleft()
    return inside


def _times(token: re.Match[str]) -> tuple[int, int | None]:
    """Smallest and greatest number of repetitions; None without a limit."""
    text = token.group()
    if text in _TIMES:
        return _TIMES[text]
    match = re.fullmatch(r"\{([0-9]{1,9})(,([0-9]{1,9})?)?\}", text)
    if match is None:
        raise _refusal(token, f"{text} is no repetition; write {{3}}, {{2,4}} or {{2,}}")
    fewest, most = int(match[1]), int(match[3] or match[1])
    if most < fewest:
        raise _refusal(token, f"{text} ends before it begins; write the smaller number first")
    if most > MAX_REPETITIONS:
        raise _refusal(token, f"{text} repeats more than {MAX_REPETITIONS} times; give a smaller number")
    return fewest, None if match[2] == "," else most


def _one(token: re.Match[str]) -> frozenset[str]:
    """The characters that match a single character outside a class, with its backslash."""
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
    """The characters that match a class in brackets."""
    body = token.group()[1:-1]
    is_negated = body.startswith("^")
    listed: set[str] = set()
    for member in _MEMBER.finditer(body, is_negated):
        first = _character(member["first"], token)
        if member["last"] is None:
            listed |= first
            continue
        last = _character(member["last"], token)
        if not first | last <= _DIGITS or len(first) != 1 or len(last) != 1 or min(first) > min(last):
            raise _refusal(
                token, f"{member.group()} is no range of digits; write a hyphen itself first or last"
            )
        listed |= {digit for digit in _DIGITS if min(first) <= digit <= min(last)}
    members = _DIGITS - listed if is_negated else frozenset(listed)
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
