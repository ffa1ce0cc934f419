"""Small records, such as the steps of `runner` leave, without any training."""

from typing import Any

import numpy as np

from reproduction.experiments.flanked import NETS
from reproduction.experiments.memorising import REPERTOIRES, Kind
from reproduction.experiments.trellises import CTC, DURATIONS, ELEVEN_SHARES, STRICT, TEN_SHARES
from reproduction.experiments.variants import VARIANTS

STRIPS = 40


def readings(rng: np.random.Generator, right: float) -> dict[str, Any]:
    """Five random digits on each strip, read right with that probability, else with one other digit."""
    truths = ["".join(map(str, digits)) for digits in rng.integers(10, size=(STRIPS, 5))]
    texts = [text if rng.random() < right else other_last(text) for text in truths]
    return {
        "truths": truths,
        "texts": texts,
        "texts_of_any_length": [text[:4] for text in texts],
        "sources": rng.integers(10_000, size=(STRIPS, 5)).tolist(),
    }


def other_last(text: str) -> str:
    return text[:-1] + str(9 - int(text[-1]))


def records(seeds: int) -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(0)
    found: dict[str, dict[str, Any]] = {}
    for seed in range(seeds):
        for number, variant in enumerate(VARIANTS):
            found[f"variant-{number}-{seed}"] = {
                "variant": variant,
                "recipe": {"strips": 100, "passes": 2},
                "zone_widths": [5, 4, 3, 2],
                "parameters": 3_758,
                "seconds": 1.0,
                "eval_points": np.linspace(0, 0.5, 12).tolist(),
                "single_digits": 0.9,
                "confidences": rng.random(STRIPS).tolist(),
                "trained_truths": ["12345", "67890"],
                "trained_texts": ["12345", "67891"],
                **readings(rng, 0.6),
            }
        for number, name in enumerate(NETS):
            one = readings(rng, 0.5)
            found[f"flanked-{number}-{seed}"] = {
                "net": name,
                "parameters": 3_999,
                "seconds": 1.0,
                "recipe": {"count": 100},
                "windows": {"digits": 0.8, "no_digit": 0.9},
                "truths": one["truths"],
                "sources": one["sources"],
                "readings": {
                    "durations": {"digit_mean": 1.5, "gap_mean": 2.5},
                    "trellises": {
                        trellis: {
                            "validation_right": 10 + (trellis == STRICT),
                            **{name: one[name] for name in ("texts", "texts_of_any_length")},
                        }
                        for trellis in (TEN_SHARES, ELEVEN_SHARES, CTC, STRICT, DURATIONS)
                    },
                },
            }
        for kind in Kind:
            for repertoire in REPERTOIRES:
                found[f"memorising-{kind}-{repertoire}-{seed}"] = {
                    "kind": kind.value,
                    "repertoire": repertoire,
                    "parameters": 40_000,
                    "seconds": 1.0,
                    "recipe": {"strips": 100},
                    "strings": ["12345"],
                    **{read: readings(rng, 0.7) for read in ("trained", "new", "unseen")},
                }
    machine = readings(rng, 0.4)
    found["svm"] = {
        "parameters": 5_000,
        "features": 600,
        "recipe": {"windows": 100, "landmarks": 50},
        "hardware": "a machine",
        **machine,
        "readings": {"trellises": dict.fromkeys((CTC, STRICT), machine)},
    }
    found["bundled"] = {"parameters": 500_000, "confidences": rng.random(STRIPS), **readings(rng, 1.0)}
    return {name: {**record, "made_in_s": 30.0} for name, record in found.items()}
