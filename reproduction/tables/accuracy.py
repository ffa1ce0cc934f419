"""Strings right, by nets that differ in their seeds: means, intervals, and tables of them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sdnn.evaluation.markdown import table
from sdnn.evaluation.metrics import bootstrap_over_digits
from sdnn.results import FloatArray

Record = dict[str, Any]
"""What one training left."""


@dataclass(frozen=True)
class Accuracy:
    """Strings right by some nets that differ in their seeds.

    Attributes:
        n: Strips, of each net.
        seeds: Share of each net.
        interval: 95 %, over test digits and not over trainings; None where the strips are those trained on.
    """

    n: int
    seeds: tuple[float, ...]
    interval: tuple[float, float] | None = None

    @property
    def mean(self) -> float:
        """Of the nets."""
        return float(np.mean(self.seeds))

    def __str__(self) -> str:
        text = f"{100 * self.mean:.1f}"
        if self.interval:
            low, high = self.interval
            text += f" ± {50 * (high - low):.1f}"
        if len(self.seeds) > 1:
            text += f" [{100 * min(self.seeds):.1f}–{100 * max(self.seeds):.1f}]"
        return text


Cell = str | Accuracy


@dataclass(frozen=True)
class Table:
    """Of an experiment.

    Attributes:
        header: Names of the columns, the first of which holds text.
        rows: With as many cells each.
        note: The line below.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str

    def __str__(self) -> str:
        rows = [[str(cell) for cell in row] for row in self.rows]
        return f"{table(self.header, rows)}\n\n{self.note}\n"

    def figures(self) -> dict[str, Any]:
        """JSON-able, with all that the cells were made of."""
        rows = [[cell if isinstance(cell, str) else asdict(cell) for cell in row] for row in self.rows]
        return {"header": list(self.header), "rows": rows, "note": self.note, "markdown": str(self)}


def rights(truths: Sequence[str], texts: Sequence[str]) -> FloatArray:
    """(N,) 1 where a string was read right, else 0."""
    return np.array([truth == text for truth, text in zip(truths, texts, strict=True)], np.float64)


def accuracy_of(records: Sequence[Record], texts: Callable[[Record], Sequence[str]]) -> Accuracy:
    """Of nets that read the same test strips.

    Args:
        records: Of nets.
        texts: What each read.
    """
    right = np.stack([rights(record["truths"], texts(record)) for record in records])
    interval = bootstrap_over_digits(right.mean(axis=0), records[0]["sources"], np.random.default_rng(0))
    return Accuracy(right.shape[1], tuple(right.mean(axis=1).tolist()), interval)


def known(records: Sequence[Record]) -> Accuracy:
    """With the number of digits known."""
    return accuracy_of(records, lambda record: record["texts"])


def unknown(records: Sequence[Record]) -> Accuracy:
    """With any number of digits."""
    return accuracy_of(records, lambda record: record["texts_of_any_length"])


def on_trained(records: Sequence[Record]) -> Accuracy:
    """Of strips that were trained on."""
    right = [rights(record["trained_truths"], record["trained_texts"]) for record in records]
    return Accuracy(len(right[0]), tuple(float(each.mean()) for each in right))


def through(records: Sequence[Record], trellis: str, texts: str) -> Accuracy:
    """Of nets with a no-digit class, through one of the trellises."""
    return accuracy_of(records, lambda record: record["readings"]["trellises"][trellis][texts])


def pooled(nets: Sequence[Record], read: str) -> Accuracy:
    """Of nets that read strips of their own; the interval is over the digits of all of them."""
    right = [rights(net[read]["truths"], net[read]["texts"]) for net in nets]
    sources = [strip for net in nets for strip in net[read]["sources"]]
    interval = bootstrap_over_digits(np.concatenate(right), sources, np.random.default_rng(0))
    return Accuracy(
        len(right[0]), tuple(float(each.mean()) for each in right), None if read == "trained" else interval
    )


def confidence_of(net: Record) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """(N,) confidences, and (N,) whether each string was read right."""
    return np.array(net["confidences"], np.float64), rights(net["truths"], net["texts"]).astype(bool)
