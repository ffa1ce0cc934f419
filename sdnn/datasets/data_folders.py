"""Folders that are searched for data sets."""

import os
from pathlib import Path


def named_folder(data: Path | None) -> Path | None:
    """The folder that the user has named: `data`, else SDNN_DATA."""
    return data or (Path(os.environ["SDNN_DATA"]) if os.environ.get("SDNN_DATA") else None)


def data_roots(data: Path | None) -> list[Path]:
    """The folder that the user has named, else `data/` of a checkout and the user's cache."""
    named = named_folder(data)
    return [named] if named else [Path(__file__).parents[2] / "data", cache_folder()]


def cache_folder() -> Path:
    """The user's cache folder of this package."""
    from platformdirs import user_cache_path

    return user_cache_path("sdnn")
