r"""Strings by a regular expression, with literals that are printed but not read.

In ``[0-9]{5}(-[0-9]{4})?`` the hyphen is a literal: the strip is read as nine digits and printed as
``12345-6789``. The digits have to determine the places of the literals. With ``[0-9]{3}-?[0-9]{2}`` they do
not, and it is refused. For the syntax see `sdnn.decoding.constraints.expression`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Final, NoReturn

from sdnn.decoding.automaton import automaton
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints.dfa import DFA, build_dfa
from sdnn.decoding.constraints.expression import parse_expression
from sdnn.errors import UsageError
from sdnn.results import DIGITS

MAX_PAIRS: Final = 100_000
"""Pairs of states in the search for a second text of the same digits."""


@dataclass(frozen=True)
class _Transducer:
    """A transducer from digits to their text.

    Attributes:
        expression: The regular expression.
        initial: Initial states.
        steps: Target states for each state and digit, each with the literals printed before the digit.
        endings: Literals printed at the end, for each final state.
    """

    expression: str
    initial: tuple[int, ...]
    steps: Mapping[tuple[int, str], tuple[tuple[int, str], ...]]
    endings: Mapping[int, str]

    def format(self, digits: str) -> str:
        """The digits with the literals in their places.

        Raises:
            ValueError: When the pattern does not allow the digits.
        """
        # A state has only one text: two would be two texts of the same digits.
        texts = dict.fromkeys(self.initial, "")
        for digit in digits:
            texts = {
                after: text + literals + digit
                for state, text in texts.items()
                for after, literals in self.steps.get((state, digit), ())
            }
        for state, text in texts.items():
            if state in self.endings:
                return text + self.endings[state]
        raise ValueError(f"{digits!r} is not what the pattern {self.expression!r} allows")


def compile_pattern(expression: str) -> Constraint:
    """The constraint to a regular expression, with its literals.

    Raises:
        UsageError: When the expression is not supported (see `expression`) or too large, allows no digit, or
            the same digits have two texts; the message gives an example.
    """
    dfa = build_dfa(parse_expression(expression), expression)
    if not any(character.isdigit() for _, character, _ in dfa.arcs):
        raise UsageError(f"pattern {expression!r}: has no digit; only digits are read")
    transducer = _transducer(dfa, expression)
    _refuse_two_texts(dfa, transducer, expression)
    arcs = (
        (source, int(digit), after)
        for (source, digit), there in transducer.steps.items()
        for after, _ in there
    )
    final = dict.fromkeys(transducer.endings, 0.0)
    return Constraint(automaton(arcs, transducer.initial, final, dfa.states), transducer.format)


def _transducer(dfa: DFA, expression: str) -> _Transducer:
    """The transducer of an automaton: literals are printed before the next digit, or at the end."""
    arcs: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, character, target in dfa.arcs:
        arcs[source].append((character, target))
    steps: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    endings: dict[int, str] = {}
    for state in {*dfa.initial, *(target for _, character, target in dfa.arcs if character.isdigit())}:
        literals = {state: ""}
        for place in (queue := [state]):
            for character, target in arcs[place]:
                if character.isdigit():
                    steps[state, character].append((target, literals[place]))
                elif target in literals:
                    # A loop of literals ends here, too.
                    _refuse(dfa, expression, state, (literals[target], literals[place] + character), target)
                else:
                    literals[target] = literals[place] + character
                    queue.append(target)
            if place in dfa.final:
                if state in endings:
                    _refuse(dfa, expression, state, (endings[state], literals[place]))
                endings[state] = literals[place]
    initial = tuple(sorted(dfa.initial))
    return _Transducer(expression, initial, {key: tuple(after) for key, after in steps.items()}, endings)


def _refuse_two_texts(dfa: DFA, transducer: _Transducer, expression: str) -> None:
    """Searches digits with two runs and different texts."""
    texts = dict.fromkeys(combinations_with_replacement(transducer.initial, 2), ("", ""))
    for pair in (queue := list(texts)):
        one, other = pair
        if one != other and one in transducer.endings and other in transducer.endings:
            ends = (texts[pair][0] + transducer.endings[one], texts[pair][1] + transducer.endings[other])
            _refuse(dfa, expression, None, ends)
        for digit in DIGITS:
            first, second = transducer.steps.get((one, digit), ()), transducer.steps.get((other, digit), ())
            steps = combinations_with_replacement(first, 2) if one == other else product(first, second)
            for (left, before_left), (right, before_right) in steps:
                there = (texts[pair][0] + before_left + digit, texts[pair][1] + before_right + digit)
                if left == right and there[0] != there[1]:
                    _refuse(dfa, expression, None, there, left)
                after, there = ((left, right), there) if left <= right else ((right, left), there[::-1])
                if after not in texts:
                    texts[after] = there
                    queue.append(after)
        if len(texts) > MAX_PAIRS:
            raise UsageError(
                f"pattern {expression!r}: is too intricate to tell where its signs stand; simplify"
            )


def _refuse(
    dfa: DFA, expression: str, begin: int | None, texts: tuple[str, str], end: int | None = None
) -> NoReturn:
    """Reports two texts of the same digits.

    Args:
        dfa: Automaton of the expression.
        expression: The expression.
        begin: State in which both texts begin; None for an initial one.
        texts: The different parts of the texts.
        end: State in which both texts end; None for a final one.
    """
    before = "" if begin is None else _shortest(dfa.initial, dfa.arcs)[begin]
    backward = [(target, character, source) for source, character, target in dfa.arcs]
    after = "" if end is None else _shortest(dfa.final, backward)[end][::-1]
    one, other = sorted((before + text + after for text in texts), key=lambda text: (len(text), text))
    digits = "".join(filter(str.isdigit, one))
    raise UsageError(
        f"pattern {expression!r}: the digits {digits!r} could be printed as {one!r} or {other!r}; digits "
        "alone are read, so they have to tell where each sign stands"
    )


def _shortest(begins: Iterable[int], arcs: Iterable[tuple[int, str, int]]) -> dict[int, str]:
    """A shortest text that leads to each state."""
    follow: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, character, target in arcs:
        follow[source].append((character, target))
    texts = dict.fromkeys(begins, "")
    for state in (queue := list(texts)):
        for character, target in follow[state]:
            if target not in texts:
                texts[target] = texts[state] + character
                queue.append(target)
    return texts
