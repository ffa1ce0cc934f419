import random
import re
from collections import defaultdict

import pytest
from helpers.language_enumeration import language, words

from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints import pattern as module
from sdnn.decoding.constraints.pattern import compile_pattern
from sdnn.errors import UsageError


def random_expression(rng: random.Random, atoms: list[str], depth: int = 3) -> str:
    """An expression of groups, alternatives and repetitions; its size is a matter of luck."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(atoms)
    kind = rng.randrange(4)
    if kind == 0:
        return random_expression(rng, atoms, depth - 1)
    if kind == 1:
        group = rng.choice(["(", "(?:"])
        return f"{group}{'|'.join(random_expression(rng, atoms, depth - 1) for _ in range(2))})"
    if kind == 2:
        times = rng.choice(["?", "*", "+", "{2}", "{0}", "{1,3}", "{0,2}", "{2,}", "{0,}", "{02,3}"])
        return f"({random_expression(rng, atoms, depth - 1)}){times}"
    return "".join(random_expression(rng, atoms, depth - 1) for _ in range(rng.randint(2, 4)))


def refusal(expression: str) -> str:
    with pytest.raises(UsageError) as caught:
        compile_pattern(expression)
    return str(caught.value)


def printed(pattern: Constraint, longest: int) -> set[str]:
    return {pattern.format(digits) for digits in language(pattern.automaton, longest)}


def test_two_hundred_random_patterns_allow_the_digits_that_fullmatch_does() -> None:
    rng = random.Random(1)
    digits = ["0", "7", r"\d", ".", "[0-4]", "[13579]", "[^05]", r"[\d]", "[2-46-8]"]
    tried = 0
    while tried < 200:
        expression = random_expression(rng, digits)
        try:
            pattern = compile_pattern(expression)
        except UsageError:
            # Without literals nothing is refused but what repeats every digit zero times.
            assert "{0}" in expression
            continue
        matches = re.compile(expression).fullmatch
        assert language(pattern.automaton, 4) == {word: 1 for word in words(4) if matches(word)}, expression
        tried += 1


def test_literals_are_inserted_where_the_only_match_has_them_or_the_pattern_is_refused() -> None:
    rng = random.Random(2)
    atoms = ["0", "1", "[01]", "[0-1]", "[01]", "-", "/", "-?", r"\.?", "[01]{2}"]
    accepted = refused = 0
    while min(accepted, refused) < 60:
        expression = random_expression(rng, atoms)
        matches = re.compile(expression).fullmatch
        texts = defaultdict(set)
        for text in words(5, "01-/."):
            if matches(text):
                texts[re.sub("[^01]", "", text)].add(text)
        try:
            pattern = compile_pattern(expression)
        except UsageError as error:
            if "could be printed" in str(error):
                refused += 1
                one, other = re.findall(r"as '(.*)' or '(.*)'; ", str(error))[0]
                assert one != other
                assert re.sub("[^01]", "", one) == re.sub("[^01]", "", other)
                assert matches(one)
                assert matches(other)
            continue
        accepted += 1
        for digits, ways in texts.items():
            assert ways == {pattern.format(digits)}, expression
        for digits, runs in language(pattern.automaton, 4).items():
            assert runs == 1, expression
            assert matches(pattern.format(digits)), expression


def test_random_characters_are_refused_or_mean_what_they_mean_to_fullmatch() -> None:
    rng = random.Random(3)
    tried = 0
    while tried < 100:
        expression = "".join(rng.choice(r"0011\d.[]-^$(){}?*+|,:2") for _ in range(rng.randint(1, 8)))
        try:
            pattern = compile_pattern(expression)
        except UsageError:
            continue
        matches = re.compile(expression).fullmatch
        assert all(matches(text) for text in printed(pattern, 3)), expression
        assert all(pattern.format(word) == word for word in words(3, "012") if matches(word)), expression
        tried += 1


def test_a_zip_code_is_printed_with_its_hyphen() -> None:
    pattern = compile_pattern("[0-9]{5}(-[0-9]{4})?")
    assert pattern.format("12345") == "12345"
    assert pattern.format("123456789") == "12345-6789"
    assert len(pattern.automaton) == 10


@pytest.mark.parametrize(
    ("expression", "digits", "text"),
    [
        (r"\d{1,3}(,\d{3})*\.\d\d", "123456789", "1,234,567.89"),
        (r"(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])\.\d{4}", "31121999", "31.12.1999"),
        (r"\(\d{3}\) \d{3}-\d{4}", "5551234567", "(555) 123-4567"),
        (r"\d{4} ?", "1234", None),
        (r"-\d+", "07", "-07"),
        (r"\d+\$", "07", "07$"),
        (r"(1-|2/)\d*3", "2003", "2/003"),
        (r"\d*(0-1|1/0)", "5510", "551/0"),
        (r"1|(2-)+3", "223", "2-2-3"),
        ("\\d–\\d", "12", "1–2"),
        (r"1(,)2[.]3[-]4[*]5", "12345", "1,2.3-4*5"),
    ],
)
def test_literals_go_where_the_digits_say(expression: str, digits: str, text: str | None) -> None:
    if text is None:
        assert "could be printed" in refusal(expression)
    else:
        assert compile_pattern(expression).format(digits) == text


@pytest.mark.parametrize(
    ("expression", "example"),
    [
        (r"\d{3}-?\d{2}", "the digits '00000' could be printed as '00000' or '000-00'"),
        ("7-*", "the digits '7' could be printed as '7' or '7-'"),
        ("7(-/)*8", "the digits '78' could be printed as '78' or '7-/8'"),
        ("[-/]7", "the digits '7' could be printed as '-7' or '/7'"),
        ("1-23|12-3", "the digits '123' could be printed as '1-23' or '12-3'"),
        (r"1+ 1+2", "the digits '1112' could be printed as '1 112' or '11 12'"),
        ("1?-?", "the digits '' could be printed as '' or '-'"),
    ],
)
def test_digits_that_could_be_printed_in_two_ways_are_shown(expression: str, example: str) -> None:
    assert example in refusal(expression)


def test_what_the_pattern_does_not_allow_is_not_printed() -> None:
    for digits in ("1234", "123456", "", "12a45"):
        with pytest.raises(ValueError, match="allows"):
            compile_pattern("[0-9]{5}").format(digits)


@pytest.mark.parametrize("expression", ["^12$", "^12", "12$", "(^12|3)$", "12"])
def test_anchors_at_the_outside_change_nothing(expression: str) -> None:
    if expression.startswith("("):
        assert "^" in refusal(expression)
    else:
        assert printed(compile_pattern(expression), 3) == {"12"}


def test_a_sign_behind_a_backslash_is_no_anchor() -> None:
    assert printed(compile_pattern(r"1\$"), 2) == {"1$"}
    assert printed(compile_pattern(r"1\\$"), 2) == {"1\\"}
    assert printed(compile_pattern(r"\^1"), 2) == {"^1"}


@pytest.mark.parametrize(
    ("expression", "place", "problem"),
    [
        (r"12\w", 3, r"'\\w' is not supported"),
        (r"\b1", 1, r"'\\b' is not supported"),
        ("[a-z]1", 1, "'a' is not supported"),
        (r"1[\s]", 2, r"'\\s' is not supported"),
        ("d{5}", 1, "'d' is not supported"),
        ("1\t", 2, r"'\t' is not supported"),
        ("1٣", 2, "is not supported"),
        ("1²", 2, "is not supported"),
        ("(?=1)2", 1, "(?"),
        ("(?P<a>1)", 1, "(?"),
        ("1^2", 2, "^"),
        ("1$2", 2, "$"),
        ("1**", 3, "nothing before it"),
        ("1+?", 3, "nothing before it"),
        ("1*+", 3, "nothing before it"),
        ("*1", 1, "nothing before it"),
        ("(+1)", 2, "nothing before it"),
        ("1|?", 3, "nothing before it"),
        ("1{,3}", 2, "no repetition"),
        ("1{a}", 2, "no repetition"),
        ("1{}", 2, "no repetition"),
        ("1{3,2}", 2, "smaller number first"),
        ("1{65}", 2, "more than 64"),
        ("1{2,65}", 2, "more than 64"),
        ("1{65,}", 2, "more than 64"),
        ("1{3", 2, "no partner"),
        ("1}", 2, "no partner"),
        ("[12", 1, "no partner"),
        ("12]", 3, "no partner"),
        ("[]1", 1, "leaves no character"),
        ("[]1]", 1, "leaves no character"),
        ("1[^0-9]", 2, "leaves no character"),
        ("[4-1]", 1, "no range of digits"),
        ("[+--]1", 1, "no range of digits"),
        (r"[\d-5]", 1, "no range of digits"),
        ("(12", 1, "has no end"),
        ("((1)", 1, "has no end"),
        ("1)", 2, "closes no group"),
        ("1\\", 2, "is not supported"),
        ("(" * 33 + "1" + ")" * 33, 33, "more than 32 deep"),
    ],
)
def test_what_is_not_supported_is_named_with_its_place(expression: str, place: int, problem: str) -> None:
    message = refusal(expression)
    assert f"character {place}: " in message
    assert problem in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "is empty"),
        ("^$", "is empty"),
        ("1" * 257, "257 characters"),
        (r"(\d{64}){16}", "more than 1,000 characters"),
        (r"((((\d{64}){64}){64}){64}){64}", "more than 1,000 characters"),
        ("-", "has no digit"),
        ("()", "has no digit"),
        ("1{0}", "has no digit"),
        (r"\d*1\d{20}|\d{20}1\d*", "more than 10,000 states"),
    ],
)
def test_patterns_that_are_empty_or_too_large_are_refused(expression: str, problem: str) -> None:
    assert problem in refusal(expression)


def test_patterns_at_the_caps_are_not_refused() -> None:
    assert len(compile_pattern("1" * 256).automaton) == 257
    assert len(compile_pattern(r"\d{64}").automaton) == 65
    assert len(compile_pattern("(" * 32 + "1" + ")" * 32).automaton) == 2


def test_a_pattern_that_is_small_from_the_right_is_read_from_there() -> None:
    # From the left it has to keep in mind which of the last eleven digits are ones: 2,048 states.
    automaton = compile_pattern(r"\d*1\d{10}").automaton
    assert len(automaton) == 12
    assert automaton.log_weight([5, 5, 1, *range(10)]) == 0.0
    assert automaton.log_weight([5, 5, 2, *range(10)]) == -float("inf")


def test_the_automaton_is_as_small_as_can_be() -> None:
    assert len(compile_pattern(r"1\d\d|2\d\d|[34]\d(0|1|[2-9])").automaton) == 4
    assert len(compile_pattern(r"(\d\d)*|\d(\d\d)*").automaton) == 1


def test_the_search_for_a_second_way_to_print_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAIRS", 5)
    assert "too intricate" in refusal(r"\d{8}-\d")


def test_the_same_expression_gives_the_same_automaton() -> None:
    one, other = (compile_pattern(r"(1|22|3[4-6])*-7").automaton for _ in range(2))
    assert one.arcs.tolist() == other.arcs.tolist()
