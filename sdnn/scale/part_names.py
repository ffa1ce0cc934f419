"""Names of the files of a folder of parts; see `part_folder`."""

from typing import Final

JOB: Final = "_sdnn.json"
SUCCESS: Final = "_SUCCESS"
UNFINISHED: Final = ".tmp"
"""Suffix of what is no result: a part that is being written, a note on it. Its name begins with a dot."""
PREFIX: Final = "part-"
PARQUET: Final = ".parquet"
JSON_LINES: Final = ".jsonl"


def is_part(name: str, suffix: str) -> bool:
    """Whether a file of that name is a part."""
    return name.startswith(PREFIX) and name.endswith(suffix)
