"""A table for each experiment, beside what the papers say."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from reproduction.experiments.flanked import FLANKED
from reproduction.experiments.memorising import REPERTOIRES, Kind
from reproduction.experiments.trellises import CTC, STRICT
from reproduction.experiments.variants import (
    ALONE,
    CONTRAST,
    CORRECT,
    CORRECT_TARGETS,
    FORWARD,
    MORE,
    ONE_WIDTH,
    REINFORCE,
    REINFORCE_TARGETS,
    SEGMENTATIONS,
)
from reproduction.synthetic_zip import LENGTH
from reproduction.tables.accuracy import (
    Cell,
    Record,
    Table,
    confidence_of,
    known,
    on_trained,
    pooled,
    through,
    unknown,
)
from reproduction.tables.records import Records
from sdnn.evaluation.risk_coverage import coverage_at, risk_coverage

PAPER: Final = "*Matan et al. 1992*"
PLACES: Final = ("1st", "2nd", "3rd", "4th", "5th")
PAPER_PLACES: Final = ("*92*", "*87*", "*87*", "*86*", "*90*")
PAPER_COUNTS: Final = ("*66.3*", "*19.7*", "*7.2*", "*4.7*", "*1.4*", "*0.7*")
BUNDLED_MODEL: Final = "sdnn as it is shipped"
KINDS: Final = {Kind.SWEPT: "swept, 34 px at a time", Kind.RECURRENT: "recurrent, the whole strip"}
ACCEPTED: Final = (1.0, 0.95, 0.9, 0.8, 0.6)
"""Shares of the strips."""
ROUNDING: Final = 1e-9
GRADIENTS: Final = (
    REINFORCE,
    CORRECT,
    REINFORCE_TARGETS,
    CORRECT_TARGETS,
    CONTRAST,
    FORWARD,
    SEGMENTATIONS,
)
TWELFTHS: Final = (1, 2, 4, 8, 12)
"""Twelfths of a training."""
NOTE: Final = (
    "Strings right, %. Behind ± is half the 95 % interval by bootstrap over the test digits; how far "
    "trainings differ is said in brackets, by the least and the greatest of the nets."
)

ONE_EACH: Final = "Of the support vector machine, and of sdnn, there is one."

Rows = list[list[Cell]]


def experiment_1(records: Records) -> Table:
    """Single digits alone, or strings."""
    rows: Rows = [[f"{PAPER}, 6,000 ZIP codes", "*70*", "*66.3*", "–"]]
    for label, variant in (
        ("then swept", ALONE),
        (f"Viterbi ({best_correct(records)})", best_correct(records)),
        ("forward over segmentations", SEGMENTATIONS),
        ("forward over segmentations", MORE),
    ):
        nets = records.variants[variant]
        on = "single digits alone" if variant == ALONE else f"{nets[0]['recipe']['strips']:,} strips"
        digits = _mean(net["single_digits"] for net in nets)
        rows.append([f"{on}, {label}", on_trained(nets), known(nets), digits])
    shown = [
        net["recipe"]["strips"] * net["recipe"]["passes"] for net in _firsts(records, SEGMENTATIONS, MORE)
    ]
    return Table(
        ["trained on", "strips of training digits", "test strips", "single digits"],
        rows,
        f"{NOTE} Single digits: of 5,000 test digits without neighbours. In string training {shown[0]:,} "
        f"strips are shown, {shown[1]:,} in the last row. Single digits alone are read with zones of "
        f"{_widths(records.variants[ALONE])} columns, chosen on validation strips. {_of(records)}",
    )


def experiment_2(records: Records) -> Table:
    """Where the gradient goes."""
    rows: Rows = []
    for variant in GRADIENTS:
        nets = records.variants[variant]
        eval_points = [_mean(net["eval_points"][twelfth - 1] for net in nets) for twelfth in TWELFTHS]
        rows.append([variant, on_trained(nets), known(nets), *eval_points])
    return Table(
        ["gradient", "strips trained on", "test strips", *(f"{twelfth}/12" for twelfth in TWELFTHS)],
        rows,
        f"{NOTE} a, b and c follow the derivative of the scores where nothing else is said. Under twelfths: "
        f"validation strips right (n = 300) after so much of the training. {_of(records)}",
    )


def experiment_3(records: Records) -> Table:
    """One zone width against four."""
    rows: Rows = []
    one_width = {f"{width} columns alone": variant for width, variant in ONE_WIDTH.items()}
    for label, variant in {**one_width, "5, 4, 3 and 2 columns": SEGMENTATIONS}.items():
        nets = records.variants[variant]
        no_room = _mean(np.mean([text == "" for text in net["texts"]]) for net in nets)
        rows.append([label, on_trained(nets), known(nets), unknown(nets), no_room])
    return Table(
        [
            "width of the zones",
            "strips trained on",
            "test strips",
            "any number of digits",
            "no room for five",
        ],
        rows,
        f"{NOTE} Trained by forward over segmentations. No room: strips, %, that five zones of this width do "
        f"not fit into; they count as wrong. {_of(records)}",
    )


def experiment_4(records: Records) -> Table:
    """Known against unknown length."""
    rows: Rows = [
        [variant, known(nets), unknown(nets)]
        for variant, nets in records.variants.items()
        if variant not in ONE_WIDTH.values()
    ]
    net, trellis = best_flanked(records)
    rows += [
        [f"windows {net}, {trellis} (experiment 6)", *_through_both(records.flanked[net], trellis)],
        ["HOG and SVM, strict (experiment 10)", *_through_both([records.svm], STRICT)],
        [BUNDLED_MODEL, known([records.bundled]), unknown([records.bundled])],
    ]
    return Table(["read by", "five digits", "any number"], rows, f"{NOTE} {_of(records)} {ONE_EACH}")


def experiment_5(records: Records) -> Table:
    """Trellises."""
    nets = records.flanked[FLANKED]
    fitted = [net["readings"]["durations"] for net in nets]
    digit, gap = (np.mean([durations[name] for durations in fitted]) for name in ("digit_mean", "gap_mean"))
    rows: Rows = [[name, *_through_both(nets, name)] for name in nets[0]["readings"]["trellises"]]
    return Table(
        ["trellis", "five digits", "any number"],
        rows,
        f"{NOTE} The net of experiment 6 that learned flanked digits. On validation strips digits took "
        f"{digit:.1f} columns of 4 px, the gaps between them {gap:.1f}. {_of(records)}",
    )


def experiment_6(records: Records) -> Table:
    """Digits with neighbours against digits alone."""
    alone = records.variants[ALONE]
    rows: Rows = [["digits alone, no class for none", "–", "–", known(alone), unknown(alone)]]
    for name, nets in records.flanked.items():
        of_windows = [_mean(net["windows"][kind] for net in nets) for kind in ("digits", "no_digit")]
        rows.append([name, *of_windows, *_through_both(nets, STRICT)])
    return Table(
        ["windows trained on", "windows: digits", "windows: none", "five digits", "any number"],
        rows,
        f"{NOTE} Windows: share right of 5,000 flanked windows of test digits with and without a digit in "
        f"the middle. Strips are read through the strict trellis, in the first row by zones. {_of(records)}",
    )


def experiment_7(records: Records) -> Table:
    """By place, and how many digits are right."""
    rows: Rows = [[PAPER, *PAPER_PLACES, *PAPER_COUNTS]]
    for variant in (ALONE, best_correct(records), SEGMENTATIONS, MORE):
        right = [_digits_right(net) for net in records.variants[variant]]
        places = np.mean([digits.mean(axis=0) for digits in right], axis=0)
        counted = [np.bincount(digits.sum(axis=1), minlength=LENGTH + 1) / len(digits) for digits in right]
        counts = np.mean(counted, axis=0)
        rows.append([variant, *(f"{100 * share:.1f}" for share in [*places, *counts[::-1]])])
    return Table(
        ["trained on", *PLACES, *(f"{count} right" for count in range(LENGTH, -1, -1))],
        rows,
        "Digits right by their place, then strips by how many of their digits are right, %; the number of "
        f"digits is known. Means of the nets. {_of(records)}",
    )


def experiment_8(records: Records) -> Table:
    """Error against rejection."""
    unknown_between = ["–"] * (len(ACCEPTED) - 2)
    rows: Rows = [
        [PAPER, "*33.7*", *unknown_between, "–", "–"],
        ["*Burges et al. 1992*, ZIP codes", "*19*", *unknown_between, "*3.6*", "–"],
        ["*Martin & Rashid 1991*, fields of five", "–", *unknown_between, "–", "*76.6*"],
    ]
    read = {
        variant: records.variants[variant] for variant in (ALONE, best_correct(records), SEGMENTATIONS, MORE)
    }
    for name, nets in {**read, BUNDLED_MODEL: [records.bundled]}.items():
        errors = np.mean([[_error_at(net, share) for share in ACCEPTED] for net in nets], axis=0)
        at_one = [coverage_at(*confidence_of(net), 0.01) or 0.0 for net in nets]
        rows.append([name, *(f"{100 * error:.1f}" for error in errors), _mean(at_one)])
    return Table(
        ["reader", *(f"{share:.0%} accepted" for share in ACCEPTED), "accepted at 1 % error"],
        rows,
        "Error among the accepted strips, %, the surest accepted first; in the last column the share that "
        "can be accepted with 1 % error, 0 where less than 100 strips can. How sure a reading is: with "
        "scores of zones their product, with forward over segmentations the share of the text's "
        "segmentations, with sdnn its confidence given that there are five digits. Means of the nets. "
        f"{_of(records)} {ONE_EACH}",
    )


def experiment_9(records: Records) -> Table:
    """Memorising."""
    rows: Rows = []
    for repertoire in REPERTOIRES:
        for kind, name in KINDS.items():
            nets = records.memorising[kind, repertoire]
            shares = [pooled(nets, read) for read in ("trained", "new", "unseen")]
            rows.append([f"{repertoire:,}, {name}", *shares, _as_another(nets)])
    nets = [records.memorising[kind, REPERTOIRES[0]][0] for kind in KINDS]
    sizes = " and ".join(f"{net['parameters']:,}" for net in nets)
    return Table(
        ["strings trained on, net", "those strips", "new strips of them", "unseen strings", "as trained"],
        rows,
        f"{NOTE} {sizes} parameters; {nets[0]['recipe']['strips']:,} strips for every net, CTC, any number "
        "of digits. As trained: how many of the wrong readings of unseen strings are a string trained on, "
        f"%. n = {len(nets[0]['unseen']['truths']):,} strips of each kind for each of {_nets(records)}, "
        f"which have strings and strips of their own; ± is of all of them together. {_machine(records)}",
    )


def experiment_10(records: Records) -> Table:
    """Hand-made features."""
    svm, swept = records.svm, records.flanked[FLANKED]
    rows: Rows = []
    for trellis in (CTC, STRICT):
        rows += [
            [
                f"HOG and SVM, flanked windows, {trellis}",
                f"{svm['parameters']:,}",
                *_through_both([svm], trellis),
            ],
            [f"net of 1992, flanked windows, {trellis}", _size(swept), *_through_both(swept, trellis)],
        ]
    rows.append(
        [f"net of 1992, strings ({best_correct(records)})", *_row_of(records.variants[best_correct(records)])]
    )
    return Table(
        ["reader", "numbers learned", "five digits", "any number"],
        rows,
        f"{NOTE} The machine (one seed) learned {svm['recipe']['windows']:,} windows, the net "
        f"{swept[0]['recipe']['count']:,}; its coefficients lie on {svm['recipe']['landmarks']:,} windows of "
        f"{svm['features']:,} features, which it keeps, besides. {_of(records)}",
    )


def summary(records: Records) -> Table:
    """What matters."""
    rows: Rows = [[f"{PAPER}, on 3,000 ZIP codes", "–", "*66.3*", "–"]]
    for name, variant in (
        ("net of 1992, single digits alone", ALONE),
        (f"net of 1992, strings, Viterbi ({best_correct(records)})", best_correct(records)),
        ("the same, discriminative forward (1998)", SEGMENTATIONS),
        ("the same, ten times the strips", MORE),
    ):
        rows.append([name, *_row_of(records.variants[variant])])
    net, trellis = best_flanked(records)
    rows += [
        [
            f"the same net, windows {net} (1998), {trellis}",
            _size(records.flanked[net]),
            *_through_both(records.flanked[net], trellis),
        ],
        [
            "hand-made features, SVM, strict",
            f"{records.svm['parameters']:,}",
            *_through_both([records.svm], STRICT),
        ],
        [BUNDLED_MODEL, *_row_of([records.bundled])],
    ]
    return Table(
        ["reader", "numbers learned", "five digits", "any number"],
        rows,
        f"{NOTE} Strips of five MNIST test digits made like US mail. {_of(records)} {ONE_EACH} "
        f"All experiments took {records.minutes:.0f} minutes of one core.",
    )


def best_correct(records: Records) -> str:
    """Which form of way b let most validation strips be read right when the training was over."""
    return max(
        (CORRECT, CORRECT_TARGETS),
        key=lambda variant: sum(net["eval_points"][-1] for net in records.variants[variant]),
    )


def best_flanked(records: Records) -> tuple[str, str]:
    """Which windows, of experiment 6, and which trellis let most validation strips be read right."""
    right = {
        (name, trellis): sum(net["readings"]["trellises"][trellis]["validation_right"] for net in nets)
        for name, nets in records.flanked.items()
        for trellis in nets[0]["readings"]["trellises"]
    }
    return max(right, key=lambda pair: right[pair])


EXPERIMENTS: Final[Sequence[Callable[[Records], Table]]] = (
    experiment_1,
    experiment_2,
    experiment_3,
    experiment_4,
    experiment_5,
    experiment_6,
    experiment_7,
    experiment_8,
    experiment_9,
    experiment_10,
)


def tables_of(records: Records) -> dict[str, Table]:
    """All of them by the marks where they stand."""
    experiments = {f"experiment {number}": make(records) for number, make in enumerate(EXPERIMENTS, start=1)}
    return {"summary": summary(records), **experiments}


def _size(nets: Sequence[Record]) -> str:
    return f"{nets[0]['parameters']:,}"


def _row_of(nets: Sequence[Record]) -> list[Cell]:
    return [_size(nets), known(nets), unknown(nets)]


def _firsts(records: Records, *names: str) -> list[Record]:
    return [records.variants[name][0] for name in names]


def _widths(nets: Sequence[Record]) -> str:
    found = sorted({"-".join(map(str, net["zone_widths"])) for net in nets})
    return " or ".join(found)


def _through_both(nets: Sequence[Record], trellis: str) -> list[Cell]:
    """With the number of digits known, and not known."""
    return [through(nets, trellis, "texts"), through(nets, trellis, "texts_of_any_length")]


def _mean(shares: Iterable[float]) -> str:
    return f"{100 * np.mean(list(shares)):.1f}"


def _digits_right(net: Record) -> Any:
    """(N, 5) whether each digit was read right."""
    pairs = zip(net["truths"], net["texts"], strict=True)
    return np.array(
        [
            [read == digit for read, digit in zip(text.ljust(LENGTH), truth, strict=True)]
            for truth, text in pairs
        ]
    )


def _error_at(net: Record, accepted: float) -> float:
    """Share wrong of the surest strips, so many of them."""
    curve = risk_coverage(*confidence_of(net))
    return float(curve.error[int(np.argmax(curve.coverage >= accepted - ROUNDING))])


def _as_another(nets: Sequence[Record]) -> str:
    """Share of the wrong readings of unseen strings that are a string trained on."""
    wrong = [
        text in net["strings"]
        for net in nets
        for truth, text in zip(net["unseen"]["truths"], net["unseen"]["texts"], strict=True)
        if text != truth
    ]
    return _mean(wrong) if wrong else "–"


def _of(records: Records) -> str:
    strips = len(records.variants[ALONE][0]["truths"])
    return f"n = {strips:,} test strips, {_nets(records)} a row. {_machine(records)}"


def _nets(records: Records) -> str:
    nets = records.variants[ALONE]
    return "one net (seed 0)" if len(nets) == 1 else f"{len(nets)} nets (seeds 0 to {len(nets) - 1})"


def _machine(records: Records) -> str:
    return f"{records.svm['hardware']}."
