import math
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.brute_force import (
    String,
    class_maps,
    constrained_maps,
    path_log_probs,
    path_log_probs_under,
    string_of,
    string_probs,
    string_probs_under,
)
from helpers.single_map import NoPath, decode_map, string_log_probs
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding import decoder as under_test
from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.decoder import collapse
from sdnn.decoding.nms import pick_peaks
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, Span

ROOT = Path(__file__).parents[2]
Constrained = tuple[list[FloatArray], Automaton]
topologies = st.sampled_from(list(Topology))
few = settings(max_examples=40, deadline=None)


#                         0    1   no-digit
WORKED_EXAMPLE = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])


def labels(spans: list[Span]) -> String:
    return tuple(span.label for span in spans)


def test_spelling_counts_equal_neighbours_once_and_drops_no_digit() -> None:
    assert collapse([2, 0, 0, 2, 0, 1, 2, 2], no_digit=2) == [Span(0, 1, 2), Span(0, 4, 4), Span(1, 5, 5)]


def test_digits_at_both_ends_of_the_path_are_spelled() -> None:
    assert collapse([1, 1, 2, 0], no_digit=2) == [Span(1, 0, 1), Span(0, 3, 3)]
    assert collapse(np.array([1]), no_digit=2) == [Span(1, 0, 0)]


def test_a_path_of_no_digit_spells_nothing() -> None:
    assert collapse([2, 2, 2], no_digit=2) == []


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_spans_spell_the_string_of_the_path_and_lie_on_their_digit(path: list[int]) -> None:
    spans = collapse(path, no_digit=3)
    assert labels(spans) == string_of(tuple(path), 3)
    covered = {column for span in spans for column in range(span.first, span.last + 1)}
    assert covered == {column for column, label in enumerate(path) if label != 3}
    assert all(set(path[span.first : span.last + 1]) == {span.label} for span in spans)


@few
@given(class_maps(), topologies)
def test_viterbi_returns_the_digits_of_a_best_path(log_probs: FloatArray, topology: Topology) -> None:
    path, spans = decode_map(log_probs, Decoder.VITERBI, topology)
    of_paths = path_log_probs(log_probs, topology)
    found = tuple(path.tolist())
    assert of_paths[found] == pytest.approx(max(of_paths.values()), abs=1e-9)
    assert labels(spans) == string_of(found, log_probs.shape[1] - 1)


@few
@given(constrained_maps(), topologies)
def test_under_an_automaton_viterbi_returns_the_digits_of_a_best_path_of_its_strings(
    drawn: Constrained, topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    of_paths = path_log_probs_under(log_probs, topology, allowed)
    if max(of_paths.values(), default=-math.inf) == -math.inf:
        with pytest.raises(NoPath):
            decode_map(log_probs, Decoder.VITERBI, topology, allowed)
        return
    path, spans = decode_map(log_probs, Decoder.VITERBI, topology, allowed)
    found = tuple(path.tolist())
    assert of_paths[found] == pytest.approx(max(of_paths.values()), abs=1e-9)
    assert labels(spans) == string_of(found, log_probs.shape[1] - 1)
    assert allowed.log_weight(labels(spans)) > -math.inf


@few
@given(constrained_maps(), topologies)
def test_posterior_returns_the_most_probable_string_on_the_best_of_its_paths(
    drawn: Constrained, topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    of_strings = string_probs_under([log_probs], topology, allowed)
    if not math.fsum(of_strings.values()):
        with pytest.raises(NoPath):
            decode_map(log_probs, Decoder.POSTERIOR, topology, allowed)
        return
    path, spans = decode_map(log_probs, Decoder.POSTERIOR, topology, allowed)
    found = tuple(path.tolist())
    string = labels(spans)
    assert of_strings[string] == pytest.approx(max(of_strings.values()), abs=1e-9)
    assert string == string_of(found, log_probs.shape[1] - 1)
    of_paths = path_log_probs(log_probs, topology)
    best = max(
        value for other, value in of_paths.items() if string_of(other, log_probs.shape[1] - 1) == string
    )
    assert of_paths[found] == pytest.approx(best, abs=1e-9)


def test_where_no_string_stands_out_posterior_is_viterbi() -> None:
    clueless = np.log(np.full((40, 11), 1 / 11))
    clueless[20] = np.log([0.04] * 7 + [0.6] + [0.04] * 3)
    path, spans = decode_map(clueless, Decoder.POSTERIOR)
    expected, expected_spans = decode_map(clueless, Decoder.VITERBI)
    assert path.tolist() == expected.tolist()
    assert spans == expected_spans


@pytest.mark.parametrize("decoder", [Decoder.VITERBI, Decoder.POSTERIOR])
@pytest.mark.parametrize("topology", list(Topology))
def test_an_automaton_without_strings_is_not_taken_for_none(decoder: Decoder, topology: Topology) -> None:
    nothing = automaton([(0, 1, 1)], [0], {}, 2)
    assert len(nothing) == 0
    with pytest.raises(NoPath):
        decode_map(WORKED_EXAMPLE, decoder, topology, nothing)


def test_peaks_take_no_automaton() -> None:
    one = automaton([(0, 1, 1)], [0], {1: 0.0}, 2)
    with pytest.raises(ValueError, match="takes no automaton"):
        decode_map(WORKED_EXAMPLE, Decoder.NMS, automaton=one)


@few
@given(class_maps())
def test_peaks_are_columns_of_their_digit_on_a_path_of_no_digit(log_probs: FloatArray) -> None:
    path, spans = decode_map(log_probs, Decoder.NMS)
    assert spans == pick_peaks(log_probs)
    expected = np.full(len(log_probs), log_probs.shape[1] - 1)
    for span in spans:
        expected[span.first] = span.label
    assert path.tolist() == expected.tolist()


# The worked example.

WAYS = {
    "most probable class in each column, which is Viterbi on the default trellis": (
        Decoder.VITERBI,
        Topology.CTC,
    ),
    "peak picking (NMS)": (Decoder.NMS, Topology.CTC),
    "Viterbi, strict trellis (no-digit between any two digits)": (Decoder.VITERBI, Topology.STRICT),
    "most probable string, its paths summed": (Decoder.POSTERIOR, Topology.CTC),
}
"""How the book and the docstring name the ways to read the example, and what they are."""


def book_tables() -> tuple[list[list[str]], list[list[str]]]:
    """The cells of the two tables of the worked example: the columns, and what each way reads."""
    chapter = (ROOT / "docs/how-it-works.md").read_text(encoding="utf-8")
    section = chapter.split("\n## Why a path, and why all of them\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    ways = rows.index(["way", "reads", "because"])
    return rows[:ways], rows[ways + 1 :]


def test_greedy_viterbi_peaks_and_summed_paths_disagree_on_three_columns() -> None:
    # Greedy: the likeliest class of each column, 0 1 0 with .6 x .7 x .5 = .210. Every path is allowed under
    # CTC, so its best path is the same one.
    greedy = string_of(tuple(WORKED_EXAMPLE.argmax(axis=1).tolist()), 2)
    assert greedy == (0, 1, 0)
    assert labels(decode_map(WORKED_EXAMPLE)[1]) == (0, 1, 0)

    # Strict: 0 and 1 must not touch, so 0 1 0 is no path. The best that is left:
    #   0 - 0: .6 x .2 x .5 = .060, before 1 1 1: .2 x .7 x .3 = .042 and - 1 1: .2 x .7 x .3 = .042
    path, spans = decode_map(WORKED_EXAMPLE, topology=Topology.STRICT)
    assert path.tolist() == [0, 2, 0]
    assert labels(spans) == (0, 0)

    # Peaks: the column surest of a digit is the middle one (.7), and it silences both neighbours.
    assert labels(decode_map(WORKED_EXAMPLE, Decoder.NMS)[1]) == (1,)
    assert labels(pick_peaks(WORKED_EXAMPLE, radius=1)) == (1,)

    # Summed: 01 has five paths, 010 and 00 one each, 1 has six.
    #   01:  0 1 1: .126   0 1 -: .084   0 - 1: .036   0 0 1: .018   - 0 1: .006   together .270
    #   010: .210
    #   1:   1 1 1: .042   - 1 1: .042   1 1 -: .028   - 1 -: .028   - - 1: .012   1 - -: .008   together .160
    #   00:  .060
    strings = sorted(string_probs(WORKED_EXAMPLE, Topology.CTC))
    probs = np.exp(string_log_probs(WORKED_EXAMPLE, strings))
    of_string = {string: float(prob) for string, prob in zip(strings, probs, strict=True)}
    assert max(of_string, key=lambda string: of_string[string]) == (0, 1)
    assert of_string[0, 1] == pytest.approx(0.270)
    assert of_string[0, 1, 0] == pytest.approx(0.210)
    assert of_string[1,] == pytest.approx(0.160)
    assert of_string[0, 0] == pytest.approx(0.060)
    path, spans = decode_map(WORKED_EXAMPLE, Decoder.POSTERIOR)
    assert path.tolist() == [0, 1, 1]
    assert labels(spans) == (0, 1)


def test_the_book_shows_the_worked_example_and_what_the_decoders_read_on_it() -> None:
    (_, *classes), *columns = book_tables()[0]
    assert classes == ["0", "1", "no-digit"]
    shown = [[float(value) for value in row[1:]] for row in columns]
    np.testing.assert_allclose(np.log(shown), WORKED_EXAMPLE)
    read = {
        way: "".join(map(str, labels(decode_map(WORKED_EXAMPLE, decoder, topology)[1])))
        for way, (decoder, topology) in WAYS.items()
    }
    assert {way: reads for way, reads, _ in book_tables()[1]} == read
    assert len(set(read.values())) == 4


def test_the_sums_and_products_that_the_book_shows_are_right() -> None:
    of_paths = {
        "".join("01–"[label] for label in path): math.exp(value)
        for path, value in path_log_probs(WORKED_EXAMPLE, Topology.CTC).items()
    }
    because = {reads: reason for _, reads, reason in book_tables()[1]}
    for path, reads in (("010", "010"), ("0–0", "00")):
        *_, product, result = re.split(r"[:=]", because[reads])
        assert math.prod(map(float, product.split("·"))) == pytest.approx(float(result), abs=1e-12)
        assert float(result) == pytest.approx(of_paths[path])
    paths, values, result = because["01"].split(" = ")
    assert {*paths.split(" + ")} == {
        path for path in of_paths if string_of(tuple(map("01–".index, path)), 2) == (0, 1)
    }
    assert [*map(float, values.split(" + "))] == pytest.approx(
        [of_paths[path] for path in paths.split(" + ")]
    )
    assert math.fsum(map(float, values.split(" + "))) == pytest.approx(float(result), abs=1e-12)
    assert "the .7 in the middle" in because["1"]


def test_the_docstring_shows_the_worked_example_as_the_book_does() -> None:
    shown = " ".join((under_test.__doc__ or "").split())
    columns, ways = book_tables()
    assert " ".join(cell for row in columns for cell in row) in shown
    assert " ".join(f"{reads} {way}: {because}" for way, reads, because in ways) in shown
