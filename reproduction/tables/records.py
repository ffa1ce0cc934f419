"""The records of all experiments, sorted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reproduction.tables.accuracy import Record


@dataclass(frozen=True)
class Records:
    """All of them, to be asked for."""

    variants: Mapping[str, list[Record]]
    flanked: Mapping[str, list[Record]]
    memorising: Mapping[tuple[str, int], list[Record]]
    svm: Record
    bundled: Record
    minutes: float
    """Of one processor core, that all of them took."""

    @classmethod
    def of(cls, records: Mapping[str, Record]) -> "Records":
        """Sorted by the names that `runner.steps` gives them, seeds in order."""
        groups: dict[str, dict[Any, list[Record]]] = {"variant": {}, "flanked": {}, "memorising": {}}
        keys: dict[str, Callable[[Record], Any]] = {
            "variant": lambda record: record["variant"],
            "flanked": lambda record: record["net"],
            "memorising": lambda record: (record["kind"], record["repertoire"]),
        }
        for name, record in records.items():
            kind = name.split("-")[0]
            if kind in keys:
                groups[kind].setdefault(keys[kind](record), []).append(record)
        minutes = sum(record["made_in_s"] for record in records.values()) / 60
        return cls(
            groups["variant"],
            groups["flanked"],
            groups["memorising"],
            records["svm"],
            records["bundled"],
            minutes,
        )
