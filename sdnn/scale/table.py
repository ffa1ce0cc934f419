"""Records as a Parquet table: the record's schema in the types of Arrow."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from sdnn.escaping import as_text


def _pairs(name: str) -> pa.DataType:
    """Pairs of a text and its probability, which are lists of two in JSON."""
    return pa.list_(pa.struct([(name, pa.string()), ("probability", pa.float64())]))


_BOX: Final = pa.list_(pa.int32())
SCHEMA: Final = pa.schema(
    [
        ("schema", pa.int32()),
        ("source", pa.string()),
        ("page", pa.int32()),
        ("box", _BOX),
        ("text", pa.string()),
        ("confidence", pa.float64()),
        ("constraint_probability", pa.float64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        (
            "digits",
            pa.list_(
                pa.struct(
                    [
                        ("digit", pa.string()),
                        ("confidence", pa.float64()),
                        ("box", _BOX),
                        ("alternatives", _pairs("digit")),
                    ]
                )
            ),
        ),
        ("signs", pa.list_(pa.struct([("place", pa.int32()), ("box", _BOX)]))),
        ("printed", pa.bool_()),
        ("nbest", _pairs("text")),
        ("residual_probability", pa.float64()),
        ("unconstrained", pa.string()),
        ("views", pa.int32()),
        ("model", pa.struct([("name", pa.string()), ("sha256", pa.string())])),
        ("elapsed_ms", pa.float64()),
    ]
)
"""Columns of the table, one for each field of the record."""


def table_of(records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The table of records; the only difference is that pairs are structs."""
    return pa.Table.from_pylist([_row(record) for record in records], SCHEMA)


def records_of(table: pa.Table) -> list[dict[str, Any]]:
    """The records of a table."""
    return [
        {
            **row,
            "digits": [{**each, "alternatives": _lists(each["alternatives"])} for each in row["digits"]],
            "nbest": _lists(row["nbest"]),
        }
        for row in table.to_pylist()
    ]


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    digits = [{**each, "alternatives": _structs("digit", each["alternatives"])} for each in record["digits"]]
    return {
        **record,
        "source": as_text(record["source"]),
        "reason": None if record["reason"] is None else as_text(record["reason"]),
        "digits": digits,
        "nbest": _structs("text", record["nbest"]),
    }


def _structs(name: str, pairs: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [{name: text, "probability": probability} for text, probability in pairs]


def _lists(structs: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [[*each.values()] for each in structs]
