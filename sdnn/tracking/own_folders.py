"""The user's labelled folders that a run was trained on."""

import hashlib
from pathlib import Path

from sdnn.datasets.catalogue import DataSet
from sdnn.errors import SdnnError, UsageError
from sdnn.evaluation.labels import LABELS_NAME, read_labels
from sdnn.tracking.run_record import RunRecord, default_places, run_folders


def labels_checksum(folder: Path) -> str:
    """SHA-256 of a folder's labels; raises OSError when they cannot be read."""
    return hashlib.sha256((folder / LABELS_NAME).read_bytes()).hexdigest()


def own_folders() -> list[DataSet]:
    """The labelled folders of the runs here and of the user's models, each as it is now."""
    checksums: dict[Path, str] = {}
    for place in run_folders(default_places()):
        try:
            record = RunRecord.of_folder(place).record
        except UsageError:
            continue
        for name, checksum in dict(record.get("folders") or {}).items():
            checksums[Path(name)] = str(checksum)
    return [
        DataSet(folder.name, folder, _state(folder, checksum), "yours")
        for folder, checksum in sorted(checksums.items())
    ]


def _state(folder: Path, checksum: str) -> str:
    try:
        changed = labels_checksum(folder) != checksum
        count = len(read_labels(folder))
    except (OSError, SdnnError):
        return "missing, or its labels cannot be read"
    return f"{count:,} labels, {'changed since' if changed else 'as they were in'} the last run"
