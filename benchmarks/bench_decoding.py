"""How long decoding takes once the class map is there: writes decoding.json and decoding.md.

On one core: the whole thing is one thread of numpy.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench_report import write_markdown

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.constraints.length import length_range
from sdnn.decoding.constraints.lexicon import lexicon
from sdnn.decoding.decoder import collapse
from sdnn.decoding.dynamic_programming import best_paths, log_partition, log_plus
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_marginals, language_log_probs
from sdnn.decoding.trellis import automaton_trellis, free_trellis, repeated_trellis, string_trellis
from sdnn.enums import Topology
from sdnn.hardware import hardware
from sdnn.results import CLASSES, NO_DIGIT, FloatArray, log_softmax

HERE = Path(__file__).parent
BATCH, COLUMNS = 64, 35
ROUNDS = 15
CODES = 42_000


@dataclass(frozen=True)
class Row:
    """Milliseconds of one thing, over the rounds."""

    what: str
    per: str
    median_ms: float
    least_ms: float
    most_ms: float


def timed(what: str, per: str, call: Callable[[], object], share: int = 1) -> Row:
    """Times a call, after one that does not count; `share` strips are done in each."""
    call()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started) / share)
    return Row(what, per, statistics.median(times), min(times), max(times))


def maps() -> FloatArray:
    """(64, 35, 11) log-probabilities as sure as a net's: five digits and some noise."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(BATCH, COLUMNS, CLASSES))
    for log_probs in logits:
        log_probs[:, NO_DIGIT] += 6
        for column in range(3, COLUMNS, 7):
            log_probs[column - 1 : column + 2, rng.integers(10)] += 12
    return log_softmax(logits, 1.0)


def unconstrained(log_probs: FloatArray) -> list[list[int]]:
    """Best paths of a batch, and the probability of what they spell."""
    paths, _ = best_paths(log_probs, repeated_trellis(free_trellis(CLASSES), len(log_probs)))
    strings = [[span.label for span in collapse(path, NO_DIGIT)] for path in paths]
    log_partition(log_probs, string_trellis(strings, CLASSES), log_plus)
    return strings


def constrained(log_probs: FloatArray, automaton: Automaton) -> None:
    """The same under a constraint, with what the constraint keeps."""
    trellis = repeated_trellis(automaton_trellis(automaton, CLASSES, Topology.CTC), len(log_probs))
    paths, _ = best_paths(log_probs, trellis)
    strings = [[span.label for span in collapse(path, NO_DIGIT)] for path in paths]
    log_partition(log_probs, string_trellis(strings, CLASSES), log_plus)
    log_partition(log_probs, trellis, log_plus)


def with_lexicon(log_probs: FloatArray, automaton: Automaton) -> None:
    """One map: best entry and its share of the lexicon's probability."""
    (path,), _ = best_paths(log_probs[None], automaton_trellis(automaton, CLASSES))
    log_partition(
        log_probs[None],
        string_trellis([[span.label for span in collapse(path, NO_DIGIT)]], CLASSES),
        log_plus,
    )
    language_log_probs([log_probs], automaton)


def main() -> None:
    """Times everything and writes the figures."""
    batch = maps()
    rng = np.random.default_rng(1)
    codes = [f"{code:05d}" for code in rng.choice(100_000, CODES, replace=False)]
    entries = lexicon(codes)
    strings = unconstrained(batch)
    rows = [
        timed("best path and p(text), batch of 64", "strip", lambda: unconstrained(batch), BATCH),
        timed("the same, length 5", "strip", lambda: constrained(batch, length_range(5, 5)), BATCH),
        timed("confidence of five digits", "strip", lambda: digit_marginals([*batch], strings), BATCH),
        timed("five likeliest texts", "strip", lambda: n_best([batch[0]], 5)),
        timed(
            f"lexicon of {CODES:,} codes: best entry, p(text), fit",
            "strip",
            lambda: with_lexicon(batch[0], entries),
        ),
        timed(f"making the automaton of {CODES:,} codes", "lexicon", lambda: lexicon(codes)),
    ]
    figures = {
        "hardware": hardware(),
        "columns": COLUMNS,
        "lexicon_states": len(entries),
        "lexicon_arcs": len(entries.arcs),
        "rounds": ROUNDS,
        "rows": [asdict(row) for row in rows],
    }
    (HERE / "decoding.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "decoding.md",
        ["decoding", "median ms", "min–max ms"],
        [
            [f"{row.what}, a {row.per}", f"{row.median_ms:.2f}", f"{row.least_ms:.2f}–{row.most_ms:.2f}"]
            for row in rows
        ],
        f"Class maps of {COLUMNS} columns, one core, {ROUNDS} rounds; the automaton of the lexicon has "
        f"{len(entries):,} states. {hardware()}.",
    )


if __name__ == "__main__":
    main()
