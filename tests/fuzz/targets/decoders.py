"""Class maps of extreme probabilities through every decoder, topology and constraint."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import fsum, isfinite
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from fuzz.target import require, target
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import consensus, decode_candidates
from sdnn.decoding.constraints import constraint
from sdnn.decoding.decoder import collapse, decode
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_marginals, language_log_probs, string_log_probs
from sdnn.enums import Decoder, Topology
from sdnn.results import CLASSES, MIN_LOG_PROB, NO_DIGIT, FloatArray, log_softmax

_CONSTRAINTS: Final[tuple[dict[str, Any], ...]] = (
    *({}, {"length": "1"}, {"length": "3"}, {"length": "2-4"}, {"length": "4-"}, {"check": "luhn"}),
    *({"pattern": "[0-9]{2}(-[0-9]{2})?"}, {"pattern": "1*2?"}, {"min_value": 42}, {"max_value": 9}),
    *({"length": "2", "max_value": 30}, {"check": "damm", "length": "1-3"}),
)
_KINDS: Final = ("gauss", "flat", "peaks", "ties", "blank", "twins")
_SLACK: Final = 1e-6


def _description(rng: Random, _: Sequence[bytes]) -> bytes:
    return json.dumps(
        {
            "columns": rng.choice((1, 1, 2, 3, 5, 8, 13, 30)),
            "views": rng.choice((1, 1, 2, 3)),
            "kind": rng.choice(_KINDS),
            "scale": rng.choice((1e-300, 1e-3, 1, 10, 100, 1e4, 1e30, 1e300)),
            "temperature": rng.choice((1, 1, 1.2, 1e-3, 1e3)),
            "impossible": rng.choice((0, 0, 0.1, 0.5, 0.9)),
            "seed": rng.getrandbits(32),
            "constraint": rng.randrange(len(_CONSTRAINTS)),
            "topology": rng.choice([each.value for each in Topology]),
            "decoder": rng.choice(["viterbi", "posterior"]),
            "nbest": rng.choice((1, 2, 5, 40)),
        }
    ).encode()


@cache
def _automaton(number: int) -> Automaton | None:
    built = constraint(**_CONSTRAINTS[number])
    return built.automaton if built else None


def class_map(described: dict[str, Any], view: int) -> FloatArray:
    """(T, C) log-probabilities as the net's could be, with some of probability 0."""
    rng = np.random.default_rng([described["seed"], view])
    shape, scale = (described["columns"], CLASSES), float(described["scale"])
    kind = described["kind"]
    logits = rng.standard_normal(shape) if kind in ("gauss", "twins") else np.zeros(shape)
    if kind in ("peaks", "ties"):
        for _ in range(2 if kind == "ties" else 1):
            logits[np.arange(shape[0]), rng.integers(CLASSES, size=shape[0])] = 1.0
    if kind == "blank":
        logits[:, NO_DIGIT] = 1.0
    if kind == "twins":
        logits[:] = logits[0]
    with np.errstate(over="ignore"):
        logits = np.clip(logits * scale, -1e307, 1e307)
    hidden = rng.random(shape) < described["impossible"]
    hidden[np.arange(shape[0]), logits.argmax(axis=1)] = False
    log_probs = np.maximum(log_softmax(logits, float(described["temperature"])), MIN_LOG_PROB)
    return np.where(hidden, -np.inf, log_probs)


@target("decoder", _description, share=3.0)
def decoders(data: bytes, _: Path) -> None:
    """Decodes described maps, and holds the results to what probabilities are."""
    try:
        described = json.loads(data)
        maps = [class_map(described, view) for view in range(described["views"])]
        automaton = _automaton(int(described["constraint"]))
        topology, decoder = Topology(described["topology"]), Decoder(described["decoder"])
        most = int(described["nbest"])
    except (ValueError, KeyError, TypeError, IndexError):
        return
    _check_paths(maps, automaton, topology, decoder)
    _check_consensus(maps, automaton, topology, decoder)
    _check_nbest(maps, automaton, topology, most)


def _check_paths(
    maps: Sequence[FloatArray], automaton: Automaton | None, topology: Topology, decoder: Decoder
) -> None:
    for path, log_probs in zip(decode(maps, decoder, topology, automaton), maps, strict=True):
        if path is None:
            continue
        require(len(path) == len(log_probs), "a path of another length")
        require(np.isfinite(log_probs[np.arange(len(path)), path]).all(), "an impossible path")
        string = [span.label for span in collapse(path, NO_DIGIT)]
        require(automaton is None or isfinite(automaton.log_weight(string)), "a path outside the language")
        (marginals,) = digit_marginals([log_probs], [string], topology, automaton)
        require(marginals.shape == (len(string), NO_DIGIT), f"marginals of shape {marginals.shape}")
        require(np.isfinite(marginals).all(), "a marginal that is no number")
        require((np.abs(marginals.sum(axis=1) - 1) < _SLACK).all(), "marginals that do not sum to 1")
        log_prob = string_log_probs([log_probs], [string], topology)[0]
        require(log_prob <= _SLACK, f"a string's log-probability above 0: {log_prob}")
        require(not np.isnan(log_prob), "a string's probability that is no number")
    if automaton is not None:
        log_probs_of_language = language_log_probs(maps, automaton, topology)
        require((log_probs_of_language <= _SLACK).all(), "a language's log-probability above 0")


def _check_consensus(
    maps: Sequence[FloatArray], automaton: Automaton | None, topology: Topology, decoder: Decoder
) -> None:
    candidates = decode_candidates(maps, decoder, topology, automaton)
    (best,) = consensus([candidates], decoder, topology, automaton)
    if best is None:
        return
    for value in (best.confidence, best.constraint_probability):
        require(isfinite(value) and -_SLACK <= value <= 1 + _SLACK, f"confidence {value}")
    require(automaton is None or isfinite(automaton.log_weight(best.string)), "a text outside the language")


def _check_nbest(
    maps: Sequence[FloatArray], automaton: Automaton | None, topology: Topology, most: int
) -> None:
    found = n_best(maps, most, automaton, topology)
    probs = [prob for _, prob in found.strings]
    require(len(probs) <= most, "more strings than asked for")
    ordered = all(before >= after - 1e-9 for before, after in pairwise(probs))
    require(ordered, "strings out of order")
    require(len({string for string, _ in found.strings}) == len(probs), "a string twice")
    for value in (*probs, found.residual_probability):
        require(isfinite(value) and -_SLACK <= value <= 1 + _SLACK, f"probability {value}")
    require(fsum(probs) <= 1 + _SLACK, f"probabilities that sum to {fsum(probs)}")
    for string, _ in found.strings:
        require(automaton is None or isfinite(automaton.log_weight(string)), "a text outside the language")
