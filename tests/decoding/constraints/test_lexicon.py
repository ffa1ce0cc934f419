import math
import random
from pathlib import Path

import pytest
from helpers.language_enumeration import allowed, language, words
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.constraints import lexicon as module
from sdnn.decoding.constraints.lexicon import lexicon, read_lexicon
from sdnn.errors import UnreadableInput, UsageError

entries = st.text("012", min_size=1, max_size=4)


def log_weights(automaton: Automaton, longest: int = 4) -> dict[str, float]:
    return {word: automaton.log_weight([*map(int, word)]) for word in language(automaton, longest)}


def endings(weights: dict[str, float]) -> set[frozenset[tuple[str, float]]]:
    """What may follow each beginning: by Myhill and Nerode the states of the smallest automaton."""
    beginnings = {entry[:length] for entry in weights for length in range(len(entry) + 1)}
    return {
        frozenset(
            (entry[len(begin) :], weight) for entry, weight in weights.items() if entry.startswith(begin)
        )
        for begin in beginnings
    }


def read(folder: Path, content: str | bytes) -> Automaton:
    path = folder / "codes.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_lexicon(path).automaton


@settings(max_examples=50, deadline=None)
@given(st.sets(entries, min_size=1))
def test_a_list_allows_its_entries_once_and_has_the_fewest_states(listed: set[str]) -> None:
    automaton = lexicon(listed)
    assert language(automaton, 4) == dict.fromkeys(listed, 1)
    assert len(automaton) == len(endings(dict.fromkeys(listed, 0.0)))
    assert set(automaton.final.tolist()) <= {0.0, -math.inf}


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(entries, st.sampled_from([1.0, 2.0, 3.0, 0.5]), min_size=1))
def test_weights_are_over_the_largest_and_equal_ones_share_their_states(weights: dict[str, float]) -> None:
    automaton = lexicon(weights)
    largest = max(weights.values())
    expected = {entry: math.log(weight / largest) for entry, weight in weights.items()}
    assert log_weights(automaton) == pytest.approx(expected, abs=1e-12)
    assert len(automaton) == len(endings(weights))


def test_an_automaton_of_a_lexicon_is_deterministic() -> None:
    automaton = lexicon(["1", "12", "112", "02", "0"])
    assert automaton.initial.sum() == 1
    assert len({(source, digit) for source, digit, _ in automaton.arcs.tolist()}) == len(automaton.arcs)


def test_an_entry_may_be_the_beginning_of_another() -> None:
    assert set(language(lexicon(["1", "123"]), 4)) == {"1", "123"}


def test_weights_too_far_apart_for_a_quotient_keep_their_logarithm() -> None:
    weights = log_weights(lexicon({"1": 1e-300, "2": 1e300}))
    assert weights == pytest.approx({"1": math.log(1e-300) - math.log(1e300), "2": 0.0})


def test_forty_two_thousand_codes_of_five_digits_have_some_thousand_states() -> None:
    codes = {f"{code:05d}" for code in random.Random(5).sample(range(100_000), 42_000)}
    automaton = lexicon(codes)
    assert len(automaton) < 3_000
    some = [f"{code:05d}" for code in range(0, 100_000, 7)]
    assert allowed(automaton, some).tolist() == [code in codes for code in some]


def test_all_codes_of_four_digits_have_five_states() -> None:
    assert len(lexicon(word for word in words(4) if len(word) == 4)) == 5


@pytest.mark.parametrize("given_entries", [[], {}, ["12", ""], ["1a"], ["١"], ["1 2"], ["-1"]])
def test_a_list_without_entries_or_of_anything_but_digits_is_refused(given_entries: list[str]) -> None:
    with pytest.raises(UsageError, match="lexicon"):
        lexicon(given_entries)


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_a_weight_is_a_positive_number(weight: float) -> None:
    with pytest.raises(UsageError, match="'12'"):
        lexicon({"12": weight, "3": 1.0})


def test_the_number_of_entries_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    assert set(language(lexicon(["1", "2", "2"]), 1)) == {"1", "2"}
    with pytest.raises(UsageError, match="more than 2 entries"):
        lexicon(["1", "2", "3"])
    with pytest.raises(UsageError, match="more than 2 entries"):
        read(tmp_path, "1\n2\n3\n")


def test_the_number_of_states_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATES", 5)
    with pytest.raises(UsageError, match="more than 5 states"):
        lexicon(["1234567", "3456789", "567"])


def test_a_list_that_shares_no_beginnings_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRIE", 6)
    assert len(lexicon(["1234", "1256"])) == 6
    with pytest.raises(UsageError, match="more than 6 digits beside the beginnings"):
        lexicon(["1234", "567"])


def test_an_entry_has_as_many_digits_as_a_line_may_have(tmp_path: Path) -> None:
    assert len(read(tmp_path, "7" * 1000)) == 1001
    for content in ("1\n" + "7" * 1001, "1\t2\n" + "7" * 1001 + "\t3"):
        with pytest.raises(UnreadableInput, match=r"codes.txt:2: 1,001 characters: 1,000 digits"):
            read(tmp_path, content)
    with pytest.raises(UsageError, match="1,001 digits"):
        lexicon(["7" * 1001])


def test_the_number_of_entries_with_weights_is_capped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WEIGHTED", 2)
    assert len(read(tmp_path, "1\t2\n2\t3\n1\t1")) == 2
    with pytest.raises(UsageError, match="more than 2 entries with weights"):
        read(tmp_path, "1\t2\n2\t3\n3\t1")


def test_the_size_of_a_file_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 5)
    read(tmp_path, "12\n34")
    with pytest.raises(UnreadableInput, match="longer than 5 bytes, too long for a lexicon"):
        read(tmp_path, "12\n345")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no /dev/zero")
def test_a_device_without_end_is_no_lexicon() -> None:
    with pytest.raises(UnreadableInput, match="/dev/zero"):
        read_lexicon("/dev/zero")


def test_a_million_account_numbers_of_twenty_digits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "accounts.txt"
    path.write_text("\n".join(f"1234567890123{number:07d}" for number in range(3_000_000, 4_000_000)))
    automaton = read_lexicon(path).automaton
    assert len(automaton) == 21
    assert allowed(automaton, ["12345678901233999999", "12345678901234000000"]).tolist() == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        "012\n7\n",
        "012\r\n7\r\n",
        b"\xef\xbb\xbf012\n7",
        "# codes\n\n  012 \n7 # seven\n\n",
        "7\n012\n7\n",
    ],
    ids=["plain", "CRLF", "byte order mark, no last line feed", "comments and empty lines", "twice"],
)
def test_a_file_has_one_entry_a_line(tmp_path: Path, content: str | bytes) -> None:
    assert log_weights(read(tmp_path, content)) == {"012": 0.0, "7": 0.0}


@pytest.mark.parametrize(
    "content",
    ["12\t4\n3\t1\n", "12\t 4.0\n3\t1e0 # rare\n", "3\t1\n12\t3\n12\t1\n"],
    ids=["tab", "tab and blank", "twice, the weights summed"],
)
def test_a_weight_may_follow_an_entry(tmp_path: Path, content: str) -> None:
    assert log_weights(read(tmp_path, content)) == pytest.approx({"12": 0.0, "3": math.log(0.25)})


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("12\ncode\n", 2, "'code'"),
        ("97 690\n", 1, "'97 690'"),  # a blank or a comma may stand in a number
        ("12,345\n", 1, "'12,345'"),
        ("12\n\n1-2\n", 3, "'1-2'"),
        ("٣\n", 1, "digits"),
        ("12\t3\t4\n", 1, "3 columns"),
        ("12\t3\n4\n", 2, "all or to none"),
        ("12\n4\t1\n", 2, "all or to none"),
        ("12\t0\n", 1, "'0'"),
        ("12\t-1\n", 1, "'-1'"),
        ("12\tnan\n", 1, "'nan'"),
        ("12\tinf\n", 1, "'inf'"),
        ("12\toften\n", 1, "'often'"),
        (b"12\n\xff\n", 2, "UTF-8"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str | bytes, line: int, problem: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read(tmp_path, content)
    assert f"codes.txt:{line}: " in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing yet\n"])
def test_a_file_without_entries_is_unreadable(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableInput, match="no entries"):
        read(tmp_path, content)


def test_a_file_that_is_missing_or_a_folder_is_unreadable(tmp_path: Path) -> None:
    for path, problem in ((tmp_path / "none.txt", "No such file"), (tmp_path, "a folder, not a lexicon")):
        with pytest.raises(UnreadableInput, match=problem):
            read_lexicon(path)
