"""The sweep as reading runs it: the exported net in onnxruntime, without torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.bucketing import bucket_by_length
from sdnn.errors import ModelError
from sdnn.models.metadata import TRAIN_READER, ReaderMetadata
from sdnn.models.session import entries_of, has_interface, open_session
from sdnn.results import CLASSES, ClassMap, Strip, log_softmax

BUNDLED: Final = Path(__file__).parents[1] / "weights" / "sdnn.onnx"
"""The model that comes with the package."""

WIDENING: Final = 1.3
"""How much wider than the narrowest strip of a sweep the widest may be."""
MOST_SWEPT_PX: Final = 8192
"""Width of all the strips of one sweep together: what the net needs for more no longer fits the cache."""


class Engine:
    """A model file ready to sweep.

    Attributes:
        metadata: What the file says about itself.
        sha256: Checksum of the file.
    """

    def __init__(
        self, path: Path = BUNDLED, temperature: float | None = None, threads: int | None = None
    ) -> None:
        """Loads a model.

        Args:
            path: File (.onnx).
            temperature: Takes the place of the model's own.
            threads: That sweep together; as many as processors where None.

        Raises:
            ModelError: When the file is missing, damaged, or not a model of this package.
        """
        self._session, self.sha256 = open_session(path, threads, TRAIN_READER)
        self.metadata = ReaderMetadata.from_entries(entries_of(self._session), where=str(path))
        if not has_interface(self._session, ["strips"], {"logits": (None, None, CLASSES)}):
            raise ModelError(
                f"{path}: has not the inputs and outputs of a swept net; make one with: {TRAIN_READER}"
            )
        if temperature is not None:
            self.metadata = replace(self.metadata, temperature=temperature)
        self._path, self._temperature = path, temperature

    def __reduce__(self) -> tuple[type["Engine"], tuple[Path, float | None, int]]:
        """Goes to another process by its file; there it is one of several, and has one thread."""
        return Engine, (self._path, self._temperature, 1)

    def class_map(self, strip: Strip) -> ClassMap:
        """The class map of one strip; see `class_maps`."""
        return self.class_maps([strip])[0]

    def class_maps(self, strips: Sequence[Strip]) -> list[ClassMap]:
        """The class maps of strips of any widths; those of similar widths are swept together.

        Shorter strips are filled up with paper on the right; the columns that see any of it beyond what the
        strip has itself are cut off again, so that each map is the same as if its strip had come alone.

        Raises:
            ValueError: When a strip has not the height that the model was made for.
        """
        geometry = self.metadata.geometry
        for strip in strips:
            if strip.ink.shape[0] != geometry.height_px:
                raise ValueError(f"strip of {strip.ink.shape[0]} rows for a model of {geometry.height_px}")
        widths = [max(strip.ink.shape[1], geometry.window_px) for strip in strips]
        maps: dict[int, ClassMap] = {}
        for group in bucket_by_length(widths, MOST_SWEPT_PX, WIDENING):
            batch = np.zeros((len(group), geometry.height_px, widths[group[-1]]), np.float32)
            for row, place in zip(batch, group, strict=True):
                row[:, : strips[place].ink.shape[1]] = strips[place].ink
            (logits,) = self._session.run(None, {"strips": batch})
            for columns, place in zip(logits, group, strict=True):
                log_probs = log_softmax(columns[: geometry.columns(widths[place])], self.metadata.temperature)
                maps[place] = ClassMap(log_probs, geometry.window_px, geometry.stride_px)
        return [maps[place] for place in range(len(strips))]
