"""Strings of a list: ZIP codes, a class roster, the open accounts.

The list becomes a minimal automaton, which shares beginnings, as a trie does, and endings. A weight is the
prior probability of an entry, relative to the largest weight, so that the probability of the constraint
stays a probability.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Final

from sdnn.decoding.automaton import MAX_STATES, Automaton, automaton
from sdnn.decoding.constraints import Constraint
from sdnn.errors import UnreadableInput, UsageError

MAX_ENTRIES: Final = 200_000
"""Entries of a lexicon; the United States have 42,000 ZIP codes."""


def lexicon(entries: Mapping[str, float] | Iterable[str]) -> Automaton:
    """The strings of a list, and no others.

    Args:
        entries: Digit strings, or a mapping from digit strings to weights in any unit. Repeated strings count
            once.

    Returns:
        A deterministic and minimal automaton. Its weights are the given ones over the largest.

    Raises:
        UsageError: When there are no entries or more than `MAX_ENTRIES`, one is not made of digits, a weight
            is not a positive number, or the automaton has more than `MAX_STATES` states.
    """
    weights = dict(entries) if isinstance(entries, Mapping) else dict.fromkeys(entries, 1.0)
    if not weights:
        raise UsageError("the lexicon has no entries: give at least one")
    if len(weights) > MAX_ENTRIES:
        raise UsageError(f"the lexicon has more than {MAX_ENTRIES:,} entries: split it")
    for entry, weight in weights.items():
        if not _is_digits(entry):
            raise UsageError(f"lexicon entry {entry!r}: is not made of the digits 0 to 9")
        if not 0 < weight < math.inf:
            raise UsageError(f"lexicon entry {entry!r}: the weight {weight} is not a positive number")
    largest = max(weights.values())
    return _minimal([(entry, math.log(weights[entry]) - math.log(largest)) for entry in sorted(weights)])


def read_lexicon(path: str | Path) -> Constraint:
    """The constraint to the strings of a text file, one per line; see `lexicon`.

    Args:
        path: File in UTF-8. Either no entry has a weight, or all have one after a tab. `#` begins a comment;
            empty lines are ignored. A repeated entry counts once, or with the sum of its weights.

    Raises:
        UnreadableInput: When the file cannot be opened or is not UTF-8, has no entries, or a line is not an
            entry of digits with a positive weight if others have one; the message names the line.
        UsageError: When there are more than `MAX_ENTRIES` or the automaton has too many states.
    """
    path = Path(path)
    weights: dict[str, float] = {}
    is_weighted: bool | None = None
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = [field.strip() for field in line.partition("#")[0].strip().split("\t")]
        if fields == [""]:
            continue
        where, entry = f"{path}:{number}", fields[0]
        if not _is_digits(entry):
            raise UnreadableInput(f"{where}: {entry!r} is not made of the digits 0 to 9: one entry a line")
        if len(fields) > 2:
            raise UnreadableInput(f"{where}: {len(fields)} columns: an entry, and its weight if there is one")
        if is_weighted not in (None, len(fields) == 2):
            raise UnreadableInput(
                f"{where}: some entries have a weight, some none: give it to all or to none"
            )
        is_weighted = len(fields) == 2
        if is_weighted:
            weights[entry] = weights.get(entry, 0.0) + _weight(fields[1], where)
        else:
            weights[entry] = 1.0
    if not weights:
        raise UnreadableInput(f"{path}: has no entries: write one a line")
    return Constraint(lexicon(weights))


def _text(path: Path) -> str:
    try:
        # utf-8-sig drops the byte order mark that spreadsheets write.
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableInput(f"{path}: cannot be opened ({reason}): check the file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UnreadableInput(f"{path}:{line}: is not UTF-8: save it as plain text in UTF-8") from error


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise UnreadableInput(f"{where}: the weight {text!r} is not a positive number")
    return weight


def _is_digits(entry: str) -> bool:
    return entry.isascii() and entry.isdigit()


def _minimal(entries: list[tuple[str, float]]) -> Automaton:
    """The minimal automaton of entries in alphabetical order with the logarithms of their weights.

    Reference:
        Daciuk et al. 2000, "Incremental construction of minimal acyclic finite-state automata": in this order
        only the last entry's path can still grow, and all other states are merged at once.
    """
    # A state is its log-weight of ending, and its arcs.
    numbers: dict[tuple[float, tuple[tuple[int, int], ...]], int] = {}
    path: list[tuple[float, list[tuple[int, int]]]] = [(-math.inf, [])]

    def merge_beyond(length: int, entry: str) -> None:
        """Numbers the states of an entry's path beyond a length, from the end."""
        while len(path) - 1 > length:
            ends, arcs = path.pop()
            number = numbers.setdefault((ends, tuple(arcs)), len(numbers))
            path[-1][1].append((int(entry[len(path) - 1]), number))
        if len(numbers) >= MAX_STATES:
            raise UsageError(f"the lexicon needs more than {MAX_STATES:,} states: split it")

    before = ""
    for entry, log_weight in entries:
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(before, entry, strict=False))
        merge_beyond(len(list(shared)), before)
        path.extend((-math.inf, []) for _ in range(len(entry) - len(path)))
        path.append((log_weight, []))
        before = entry
    merge_beyond(0, before)
    ends, arcs = path[0]
    start = numbers.setdefault((ends, tuple(arcs)), len(numbers))
    return automaton(
        ((source, digit, target) for (_, arcs), source in numbers.items() for digit, target in arcs),
        [start],
        {number: ends for (ends, _), number in numbers.items()},
        len(numbers),
    )
