"""The reader's net in onnxruntime: from strips to class maps, without torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.bucketing import bucket_by_length
from sdnn.models.metadata import ReaderMetadata
from sdnn.models.session import check_finite, open_session
from sdnn.results import MIN_LOG_PROB, ClassMap, Strip, log_softmax

BUNDLED: Final = Path(__file__).parents[1] / "weights" / "sdnn.onnx"
"""The model that comes with the package."""

MAX_WIDTH_RATIO: Final = 1.3
"""Ratio of the widest to the narrowest strip of a batch."""
MAX_BATCH_PX: Final = 8192
"""Width of all strips of a batch together, so that the feature maps fit the cache."""


class Engine:
    """The reader's net, ready to sweep.

    Attributes:
        metadata: Metadata of its model file.
        sha256: Checksum of the file.
    """

    def __init__(
        self, path: Path = BUNDLED, temperature: float | None = None, threads: int | None = None
    ) -> None:
        """Loads a model.

        Args:
            path: File (.onnx).
            temperature: Divisor of the logits; by default the model's own.
            threads: Number of threads; by default one per processor.

        Raises:
            ModelError: When the file is missing, damaged, or not a model of this package.
        """
        self._session, self.sha256, self.metadata = open_session(path, threads, ReaderMetadata)
        if temperature is not None:
            self.metadata = replace(self.metadata, temperature=temperature)
        self._path, self._temperature = path, temperature

    def __reduce__(self) -> tuple[type["Engine"], tuple[Path, float | None, int]]:
        """Pickles the path; in another process it is one of several engines, and has one thread."""
        return Engine, (self._path, self._temperature, 1)

    def class_map(self, strip: Strip) -> ClassMap:
        """The class map of one strip; see `class_maps`."""
        return self.class_maps([strip])[0]

    def class_maps(self, strips: Sequence[Strip]) -> list[ClassMap]:
        """The class maps of strips of any widths; those of similar widths are swept in a batch.

        Shorter strips are padded with paper on the right; the columns that see the padding are cut off again,
        so that each map is the same as that of its strip alone.

        Raises:
            ValueError: When the height of a strip is not that of the model.
            ModelError: When the output of the net is not finite.
        """
        geometry = self.metadata.geometry
        for strip in strips:
            if strip.ink.shape[0] != geometry.height_px:
                raise ValueError(f"strip of {strip.ink.shape[0]} rows for a model of {geometry.height_px}")
        widths = [max(strip.ink.shape[1], geometry.window_px) for strip in strips]
        maps: dict[int, ClassMap] = {}
        for group in bucket_by_length(widths, MAX_BATCH_PX, MAX_WIDTH_RATIO):
            batch = np.zeros((len(group), geometry.height_px, widths[group[-1]]), np.float32)
            for row, index in zip(batch, group, strict=True):
                row[:, : strips[index].ink.shape[1]] = strips[index].ink
            (logits,) = self._session.run(None, {"strips": batch})
            check_finite([logits], self._path)
            for columns, index in zip(logits, group, strict=True):
                log_probs = log_softmax(columns[: geometry.columns(widths[index])], self.metadata.temperature)
                log_probs = np.maximum(log_probs, MIN_LOG_PROB)
                maps[index] = ClassMap(log_probs, geometry.window_px, geometry.stride_px)
        return [maps[index] for index in range(len(strips))]
