import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import String, class_maps, path_log_probs, string_of, string_probs

from sdnn.choices import Decoder, Topology
from sdnn.decoding.decoder import decode, spell
from sdnn.decoding.nms import pick_peaks
from sdnn.decoding.posterior import string_log_probs
from sdnn.results import FloatArray, Span


def labels(spans: list[Span]) -> String:
    return tuple(span.label for span in spans)


def test_spelling_counts_equal_neighbours_once_and_drops_no_digit() -> None:
    assert spell([2, 0, 0, 2, 0, 1, 2, 2], no_digit=2) == [Span(0, 1, 2), Span(0, 4, 4), Span(1, 5, 5)]


def test_digits_at_both_ends_of_the_path_are_spelled() -> None:
    assert spell([1, 1, 2, 0], no_digit=2) == [Span(1, 0, 1), Span(0, 3, 3)]
    assert spell(np.array([1]), no_digit=2) == [Span(1, 0, 0)]


def test_a_path_of_no_digit_spells_nothing() -> None:
    assert spell([2, 2, 2], no_digit=2) == []


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_spans_spell_the_string_of_the_path_and_lie_on_their_digit(path: list[int]) -> None:
    spans = spell(path, no_digit=3)
    assert labels(spans) == string_of(tuple(path), 3)
    covered = {column for span in spans for column in range(span.first, span.last + 1)}
    assert covered == {column for column, label in enumerate(path) if label != 3}
    assert all(set(path[span.first : span.last + 1]) == {span.label} for span in spans)


@settings(max_examples=40, deadline=None)
@given(class_maps(), st.sampled_from(list(Topology)))
def test_viterbi_returns_the_digits_of_a_best_path(log_probs: FloatArray, topology: Topology) -> None:
    path, spans = decode(log_probs, Decoder.VITERBI, topology)
    of_paths = path_log_probs(log_probs, topology)
    found = tuple(int(label) for label in path)
    assert of_paths[found] == pytest.approx(max(of_paths.values()), abs=1e-9)
    assert labels(spans) == string_of(found, log_probs.shape[1] - 1)


@settings(max_examples=40, deadline=None)
@given(class_maps())
def test_peaks_are_columns_of_their_digit_on_a_path_of_no_digit(log_probs: FloatArray) -> None:
    path, spans = decode(log_probs, Decoder.NMS)
    assert spans == pick_peaks(log_probs)
    expected = np.full(len(log_probs), log_probs.shape[1] - 1)
    for span in spans:
        expected[span.first] = span.label
    assert path.tolist() == expected.tolist()


#                         0    1   no-digit
WORKED_EXAMPLE = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])


def test_greedy_viterbi_peaks_and_summed_paths_disagree_on_three_columns() -> None:
    # Greedy: the likeliest class of each column, 0 1 0 with .6 x .7 x .5 = .210. Every path is allowed under
    # CTC, so its best path is the same one.
    greedy = string_of(tuple(int(label) for label in WORKED_EXAMPLE.argmax(axis=1)), 2)
    assert greedy == (0, 1, 0)
    assert labels(decode(WORKED_EXAMPLE)[1]) == (0, 1, 0)

    # Strict: 0 and 1 must not touch, so 0 1 0 is no path. The best that is left:
    #   0 - 0: .6 x .2 x .5 = .060, before 1 1 1: .2 x .7 x .3 = .042 and - 1 1: .2 x .7 x .3 = .042
    path, spans = decode(WORKED_EXAMPLE, topology=Topology.STRICT)
    assert path.tolist() == [0, 2, 0]
    assert labels(spans) == (0, 0)

    # Peaks: the column surest of a digit is the middle one (.7), and it silences both neighbours.
    assert labels(decode(WORKED_EXAMPLE, Decoder.NMS)[1]) == (1,)
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
