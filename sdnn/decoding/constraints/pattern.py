r"""Strings by a regular expression, with literals that are printed but not read.

In ``[0-9]{5}(-[0-9]{4})?`` the hyphen is a literal: the strip is read as nine digits and printed as
``12345-6789``. The digits have to tell where the literals stand. With ``[0-9]{3}-?[0-9]{2}`` they do not, and
it is refused. Which expressions there are is told in `sdnn.decoding.constraints.expression`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import Final, NoReturn

from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints.dfa import DFA, build_dfa
from sdnn.decoding.constraints.expression import parse_expression
from sdnn.errors import UsageError
from sdnn.results import DIGITS

MOST_PAIRS: Final = 100_000
"""Pairs of states looked at in the search for a second way to print the same digits."""


@dataclass(frozen=True)
class _Transducer:
    """A transducer: it reads digits and prints literals on the way.

    Attributes:
        initial: States in which a run may begin.
        steps: For each state and digit the states to go on in, each with what is printed before the digit.
        endings: What is printed at the end in the states in which a run may end.
    """

    initial: tuple[int, ...]
    steps: Mapping[tuple[int, str], tuple[tuple[int, str], ...]]
    endings: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Pattern:
    """What a regular expression allows.

    Attributes:
        expression: The expression as the user wrote it.
        automaton: The digits that it allows.
    """

    expression: str
    automaton: Automaton
    _transducer: _Transducer = field(repr=False)

    def format(self, digits: str) -> str:
        """The digits with the literals in their places, as the expression has them.

        Raises:
            ValueError: When the pattern does not allow the digits.
        """
        # One text for each state is all there is: two would be two ways to print the same digits.
        texts = dict.fromkeys(self._transducer.initial, "")
        for digit in digits:
            texts = {
                after: text + literals + digit
                for state, text in texts.items()
                for after, literals in self._transducer.steps.get((state, digit), ())
            }
        for state, text in texts.items():
            if state in self._transducer.endings:
                return text + self._transducer.endings[state]
        raise ValueError(f"{digits!r} is not what the pattern {self.expression!r} allows")


def pattern(expression: str) -> Constraint:
    """The constraint to what a regular expression allows, with its literals; see `compile_pattern`."""
    made = compile_pattern(expression)
    return Constraint(made.automaton, made.format)


def compile_pattern(expression: str) -> Pattern:
    """The pattern of a regular expression.

    Raises:
        UsageError: When the expression is not supported (see `expression`) or too large, allows no digit, or
            the same digits could be printed in two ways; the message gives an example.
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
    return Pattern(
        expression,
        automaton(arcs, transducer.initial, dict.fromkeys(transducer.endings, 0.0), dfa.states),
        transducer,
    )


def _transducer(dfa: DFA, expression: str) -> _Transducer:
    """The arcs of digits; what the literals between them print goes to the next digit or the end."""
    arcs: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, character, target in dfa.arcs:
        arcs[source].append((character, target))
    steps: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    endings: dict[int, str] = {}
    for state in {*dfa.initial, *(target for _, character, target in dfa.arcs if character.isdigit())}:
        literals = {state: ""}
        for place in (waiting := [state]):
            for character, target in arcs[place]:
                if character.isdigit():
                    steps[state, character].append((target, literals[place]))
                elif target in literals:
                    # A loop ends here too, where literals may be printed without limit.
                    _refuse(dfa, expression, state, (literals[target], literals[place] + character), target)
                else:
                    literals[target] = literals[place] + character
                    waiting.append(target)
            if place in dfa.final:
                if state in endings:
                    _refuse(dfa, expression, state, (endings[state], literals[place]))
                endings[state] = literals[place]
    return _Transducer(
        tuple(sorted(dfa.initial)), {key: tuple(there) for key, there in steps.items()}, endings
    )


def _refuse_two_texts(dfa: DFA, transducer: _Transducer, expression: str) -> None:
    """Looks for digits that have two runs, each of which prints another text."""
    texts = dict.fromkeys(combinations_with_replacement(transducer.initial, 2), ("", ""))
    for pair in (waiting := list(texts)):
        one, other = pair
        if one != other and one in transducer.endings and other in transducer.endings:
            ends = (texts[pair][0] + transducer.endings[one], texts[pair][1] + transducer.endings[other])
            _refuse(dfa, expression, None, ends)
        for digit in DIGITS:
            first, second = transducer.steps.get((one, digit), ()), transducer.steps.get((other, digit), ())
            ways = combinations_with_replacement(first, 2) if one == other else product(first, second)
            for way in ways:
                (left, before_left), (right, before_right) = way
                there = (texts[pair][0] + before_left + digit, texts[pair][1] + before_right + digit)
                if left == right and there[0] != there[1]:
                    _refuse(dfa, expression, None, there, left)
                after, there = ((left, right), there) if left <= right else ((right, left), there[::-1])
                if after not in texts:
                    texts[after] = there
                    waiting.append(after)
        if len(texts) > MOST_PAIRS:
            raise UsageError(
                f"pattern {expression!r}: is too intricate to tell where its signs stand; simplify"
            )


def _refuse(
    dfa: DFA, expression: str, begin: int | None, texts: tuple[str, str], end: int | None = None
) -> NoReturn:
    """Says that there are two ways to print some digits.

    Args:
        dfa: The automaton.
        expression: As the user wrote it.
        begin: State that both ways begin in; None where they begin at the beginning.
        texts: What is printed either way.
        end: State that both end in; None where that is the end.
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
    """A shortest text on the way to each state."""
    follow: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, character, target in arcs:
        follow[source].append((character, target))
    texts = dict.fromkeys(begins, "")
    for state in (waiting := list(texts)):
        for character, target in follow[state]:
            if target not in texts:
                texts[target] = texts[state] + character
                waiting.append(target)
    return texts
