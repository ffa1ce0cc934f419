"""Strings of a list: ZIP codes, a class roster, the open accounts.

The list becomes a minimal automaton, which shares beginnings, as a trie does, and endings. A weight is the
prior probability of an entry, relative to the largest weight, so that the probability of the constraint
stays a probability.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import MAX_STATES, Automaton, automaton
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints.length import MAX_DIGITS
from sdnn.errors import UnreadableInput, UsageError
from sdnn.limited_read import read_limited
from sdnn.results import FloatArray, IntArray

MAX_ENTRIES: Final = 1_000_000
"""Entries of a lexicon; the United States have 42,000 ZIP codes."""
MAX_BYTES: Final = 32_000_000
"""Size of the file: that many entries of 20 digits, and some comments."""
MAX_WEIGHTED: Final = 300_000
"""Entries of a lexicon with weights or comments, which take longer to read."""
MAX_TRIE: Final = 2_000_000
"""Digits of all entries without the beginnings that they share: the nodes of their trie."""


def lexicon(entries: Mapping[str, float] | Iterable[str]) -> Automaton:
    """The strings of a list, and no others.

    Args:
        entries: Digit strings, or a mapping from digit strings to weights in any unit. Repeated strings count
            once.

    Returns:
        A deterministic and minimal automaton. Its weights are the given ones over the largest.

    Raises:
        UsageError: When there are no entries or more than `MAX_ENTRIES`, one is not made of digits or has
            more than `MAX_DIGITS`, a weight is not a positive number, the trie has more than `MAX_TRIE` nodes
            or the automaton more than `MAX_STATES` states.
    """
    weights = dict(entries) if isinstance(entries, Mapping) else dict.fromkeys(entries, 1.0)
    if not weights:
        raise UsageError("the lexicon has no entries: give at least one")
    if len(weights) > MAX_ENTRIES:
        raise UsageError(f"the lexicon has more than {MAX_ENTRIES:,} entries: split it")
    if not _are_digits(weights):
        entry = next(entry for entry in weights if not _is_digits(entry))
        raise UsageError(f"lexicon entry {entry!r}: is not made of the digits 0 to 9")
    if (longest := max(map(len, weights))) > MAX_DIGITS:
        raise UsageError(f"the lexicon has an entry of {longest:,} digits: {MAX_DIGITS:,} are the most")
    of_weights = {*weights.values()}
    if not all(0 < weight < math.inf for weight in of_weights):
        entry = next(entry for entry, weight in weights.items() if not 0 < weight < math.inf)
        raise UsageError(f"lexicon entry {entry!r}: the weight {weights[entry]} is not a positive number")
    listed, largest = sorted(weights), math.log(max(of_weights))
    logs = {weight: math.log(weight) - largest for weight in of_weights}
    is_weighted = len(logs) > 1
    log_weights = [logs[weights[entry]] for entry in listed] if is_weighted else np.zeros(len(listed))
    return _minimal(listed, np.array(log_weights))


def read_lexicon(path: str | Path) -> Constraint:
    """The constraint to the strings of a text file, one per line; see `lexicon`.

    Args:
        path: File in UTF-8. Either no entry has a weight, or all have one after a tab. `#` begins a comment;
            empty lines are ignored. A repeated entry counts once, or with the sum of its weights.

    Raises:
        UnreadableInput: When the file cannot be read, is longer than `MAX_BYTES` or is not UTF-8, has no
            entries, or a line is not an entry of at most `MAX_DIGITS` digits with a positive weight if others
            have one; the message names the line.
        UsageError: When there are more than `MAX_ENTRIES`, or `MAX_WEIGHTED` with weights or comments, or the
            trie or the automaton is too large.
    """
    path = Path(path)
    lines = _text(path).splitlines()
    plain = dict.fromkeys(map(str.strip, lines), 1.0)
    plain.pop("", None)
    # Most lists have digits alone, and are checked as a whole; else line by line, to name the bad one.
    weights = plain if _are_digits(plain) and _are_short(plain) else _entries(path, lines)
    if not weights:
        raise UnreadableInput(f"{path}: has no entries: write one a line")
    return Constraint(lexicon(weights))


def _entries(path: Path, lines: Sequence[str]) -> dict[str, float]:
    """The entries of lines that may have weights and comments."""
    weights: dict[str, float] = {}
    is_weighted: bool | None = None
    number = 0

    def refused(problem: str) -> UnreadableInput:
        return UnreadableInput(f"{path}:{number}: {problem}")

    for line in lines:
        number += 1
        fields = [*map(str.strip, line.partition("#")[0].strip().split("\t"))]
        if fields == [""]:
            continue
        entry = fields[0]
        if len(entry) > MAX_DIGITS:
            raise refused(f"{len(entry):,} characters: {MAX_DIGITS:,} digits are the most")
        if not _is_digits(entry):
            raise refused(f"{entry!r} is not made of the digits 0 to 9: one entry a line")
        if len(fields) > 2:
            raise refused(f"{len(fields)} columns: an entry, and its weight if there is one")
        if is_weighted not in (None, len(fields) == 2):
            raise refused("some entries have a weight, some none: give it to all or to none")
        is_weighted = len(fields) == 2
        weight = _weight(fields[1]) if is_weighted else 1.0
        if weight is None:
            raise refused(f"the weight {fields[1][:40]!r} is not a positive number")
        weights[entry] = weights.get(entry, 0.0) + weight if is_weighted else weight
        if len(weights) > MAX_WEIGHTED:
            raise UsageError(
                f"{path}: has more than {MAX_WEIGHTED:,} entries with weights or comments; split it"
            )
    return weights


def _text(path: Path) -> str:
    content = read_limited(path, MAX_BYTES, "a lexicon", remedy="give a text file with one entry a line")
    try:
        # utf-8-sig drops the byte order mark that spreadsheets write.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UnreadableInput(f"{path}:{line}: is not UTF-8: save it as plain text in UTF-8") from error


def _weight(text: str) -> float | None:
    """The weight; None where it is not a positive number."""
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 < weight < math.inf else None


def _is_digits(entry: str) -> bool:
    return entry.isascii() and entry.isdigit()


def _are_digits(entries: Iterable[str]) -> bool:
    """Whether all entries are made of digits; checked together, for speed."""
    return all(entries) and _is_digits("".join(entries) or "0")


def _are_short(entries: Iterable[str]) -> bool:
    return max(map(len, entries), default=0) <= MAX_DIGITS


def _minimal(entries: Sequence[str], log_weights: FloatArray) -> Automaton:
    """The minimal automaton of entries in alphabetical order with the logarithms of their weights.

    Nodes of the trie from which the same endings with the same weights follow are one state. Every node has a
    key that sums up its endings, from the leaves to the root; what has equal keys is compared in full.
    """
    trie = _trie(entries)
    ends = np.full(len(trie.row), -np.inf)
    is_end = trie.lengths[trie.row] == trie.depth  # the first entry of a node is the one that may end there
    ends[is_end] = log_weights[trie.row[is_end]]
    keys, sizes = _mixed(ends.view(np.uint64)), np.ones(len(ends), np.intp)
    for level in reversed(trie.levels):
        parents, firsts = np.unique(trie.parent[level], return_index=True)
        arcs = _mixed(keys[level] * np.uint64(10) + trie.digit[level])
        keys[parents] += np.add.reduceat(arcs, firsts)
        sizes[parents] += np.add.reduceat(sizes[level], firsts)
    # States have the numbers in which a walk of the trie leaves the first of their nodes.
    leaving = np.empty(len(ends), np.intp)
    leaving[trie.walk + sizes - 1 - trie.depth] = np.arange(len(ends))
    known, first, state = np.unique(keys[leaving], return_index=True, return_inverse=True)
    if len(known) > MAX_STATES:
        raise UsageError(f"the lexicon needs more than {MAX_STATES:,} states: split it")
    number, node = np.empty(len(known), np.intp), leaving[np.sort(first)]
    number[np.argsort(first)] = np.arange(len(known))
    states = np.empty(len(ends), np.intp)
    states[leaving] = number[state]
    children = np.bincount(trie.parent[1:], minlength=len(ends))
    place = 1 + np.cumsum(children) - children
    # Every child is compared with its counterpart below the first node of the parent's state.
    parent = trie.parent[1:]
    counterpart = place[node[states[parent]]] + np.arange(1, len(ends)) - place[parent]
    assert (ends == ends[node[states]]).all()
    assert (children == children[node[states]]).all()
    assert (trie.digit[1:] == trie.digit[counterpart]).all()
    assert (states[1:] == states[counterpart]).all()
    arcs_of_nodes = np.column_stack([states[parent], trie.digit[1:], states[1:]])
    is_first = node[states[parent]] == parent
    final = {at: float(ends[each]) for at, each in enumerate(node) if ends[each] > -np.inf}
    return automaton(arcs_of_nodes[is_first], [int(states[0])], final, len(known))


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Well-mixed bits of numbers.

    Reference:
        Steele et al. 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
    """
    values = (values + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


@dataclass(frozen=True, eq=False)
class _Trie:
    """The trie of entries, its nodes level by level; the root is the first.

    Attributes:
        lengths: (N,) number of digits of each entry.
        row: (M,) first entry through each node.
        depth: (M,) number of digits before it.
        parent: (M,) node before it; that of the root counts for nothing.
        digit: (M,) digit between the two.
        walk: (M,) place of each node in a walk in alphabetical order.
        levels: Nodes of each depth from 1 on.
    """

    lengths: IntArray
    row: IntArray
    depth: IntArray
    parent: IntArray
    digit: npt.NDArray[np.uint64]
    walk: IntArray
    levels: Sequence[slice]


def _trie(entries: Sequence[str]) -> _Trie:
    digits = np.frombuffer("".join(entries).encode(), np.uint8) - ord("0")
    lengths = np.fromiter(map(len, entries), np.intp, len(entries))
    starts = np.cumsum(lengths) - lengths
    shared = np.zeros(len(entries), np.intp)  # digits that each entry has in common with the one before
    alike = np.arange(1, len(entries))
    for place in range(int(lengths.max())):
        alike = alike[np.minimum(lengths[alike], lengths[alike - 1]) > place]
        alike = alike[digits[starts[alike] + place] == digits[starts[alike - 1] + place]]
        shared[alike] = place + 1
    own = lengths - shared
    if own.sum() > MAX_TRIE:
        raise UsageError(
            f"the entries of the lexicon have more than {MAX_TRIE:,} digits beside the beginnings that they "
            "share: split it"
        )
    row = np.repeat(np.arange(len(entries)), own)
    depth = 1 + np.arange(len(row)) - np.repeat(np.cumsum(own) - own - shared, own)
    walk = np.argsort(depth.astype(np.int16), kind="stable")
    row, depth, walk = (np.append(0, each) for each in (row[walk], depth[walk], walk + 1))
    order = depth * len(entries) + row
    parent = np.searchsorted(order, order - len(entries), side="right") - 1
    bounds = np.searchsorted(depth, np.arange(1, depth[-1] + 2))
    digit = digits[starts[row] + depth - 1].astype(np.uint64)
    return _Trie(lengths, row, depth, np.asarray(parent), digit, walk, [*map(slice, bounds, bounds[1:])])
