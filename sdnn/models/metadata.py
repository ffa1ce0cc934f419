"""Metadata of ONNX and safetensors files, of both kinds of models.

The reader's net is swept along strips, the detector's over pictures.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final, Self

from sdnn.errors import ModelError
from sdnn.results import DIGITS, Geometry

METADATA_KEY: Final = "sdnn"
SCHEMA: Final = 1
NORMALIZATION: Final = "0 paper to 1 ink"
READER: Final = "reader"
DETECTOR: Final = "detector"
"""Kinds of models; the metadata of a reader name none."""
DETECTOR_MAPS: Final = 11
"""Maps of a detector: masks and fields, see `detector_net`."""
DETECTOR_MULTIPLE_PX: Final = 16
"""Divisor of the sides of a detector's input."""


@dataclass(frozen=True)
class ModelMetadata(ABC):
    """Metadata of a model of either kind: an entry of JSON in the file's metadata.

    Attributes:
        name: Name of the model in records.
        recipe: Settings of the training.
        data: Checksums of the training data.
        card: Notes for people: description, training data, figures on validation data.
    """

    name: str
    recipe: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    data: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    card: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    KIND: ClassVar[str]
    NET: ClassVar[str]
    """Name of the net in messages."""
    TRAIN: ClassVar[str]
    """Command that makes a model of the kind."""

    def to_entries(self) -> dict[str, str]:
        """The entry of the model file."""
        kind = {} if self.KIND == READER else {"kind": self.KIND}
        return {METADATA_KEY: json.dumps({"schema": SCHEMA, **kind, **asdict(self)}, sort_keys=True)}

    @classmethod
    def from_entries(cls, entries: Mapping[str, str] | None, where: str) -> Self:
        """The metadata in the entries of a model file.

        Args:
            entries: Entries of the file.
            where: Name of the file, for the message.

        Raises:
            ModelError: When the file has no entry of this package, one of another kind, or one that this
                version does not understand.
        """
        remedy = f"make one with: {cls.TRAIN}"
        if entries is None or METADATA_KEY not in entries:
            raise ModelError(f"{where}: not a model of sdnn (no description inside); {remedy}")
        try:
            values = dict(json.loads(entries[METADATA_KEY]))
            if (schema := values.pop("schema")) != SCHEMA:
                raise ModelError(
                    f"{where}: describes itself in schema {schema}, not {SCHEMA}; use its sdnn version"
                )
            if (kind := values.pop("kind", READER)) != cls.KIND:
                raise ModelError(f"{where}: is a {kind}, no {cls.KIND}; {remedy}")
            for name in ("recipe", "data", "card"):
                if not isinstance(values.get(name, {}), Mapping):
                    raise ValueError(f"{name} {values[name]}")
            return cls._parsed(values)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{where}: damaged description ({error!r}); {remedy}") from error

    @classmethod
    @abstractmethod
    def _parsed(cls, entries: dict[str, Any]) -> Self:
        """The metadata of a JSON object; KeyError, TypeError or ValueError where it is damaged."""


@dataclass(frozen=True)
class ReaderMetadata(ModelMetadata):
    """Metadata of a reader's model.

    Attributes:
        geometry: Sizes of strips and class maps.
        labels: The digits, in the order of the classes; no-digit follows them.
        normalization: Meaning of the values of a strip; so far always 0 paper to 1 ink.
        temperature: Divisor of the logits before the softmax.
    """

    geometry: Geometry
    labels: str = DIGITS
    normalization: str = NORMALIZATION
    temperature: float = 1.0

    KIND = READER
    NET = "swept net"
    TRAIN = "sdnn train"

    @classmethod
    def _parsed(cls, entries: dict[str, Any]) -> Self:
        metadata = cls(**{**entries, "geometry": Geometry(**entries["geometry"])})
        if (metadata.labels, metadata.normalization) != (DIGITS, NORMALIZATION):
            raise ValueError(f"labels {metadata.labels}, normalization {metadata.normalization}")
        if not 0 < metadata.temperature < float("inf"):
            raise ValueError(f"temperature {metadata.temperature}")
        return metadata


@dataclass(frozen=True)
class DetectorMetadata(ModelMetadata):
    """Metadata of a detector's model.

    Attributes:
        stride_px: Distance between the cells of its maps, in pixels of its input.
        heights_px: Smallest and greatest height of the digits that it detects at one scale: an octave.
        contrast_px: Side of the square over which local contrast, its input, is normalized.
    """

    stride_px: int
    heights_px: tuple[float, float]
    contrast_px: int

    @property
    def scale(self) -> tuple[int, tuple[float, float], int]:
        """Stride, heights and contrast window, which the code that uses the maps has to share."""
        return self.stride_px, self.heights_px, self.contrast_px

    KIND = DETECTOR
    NET = "detector"
    TRAIN = "sdnn train --net detector"

    @classmethod
    def _parsed(cls, entries: dict[str, Any]) -> Self:
        low, high = entries["heights_px"]
        metadata = cls(**{**entries, "heights_px": (low, high)})
        if not (0 < low < high and metadata.stride_px > 0 and metadata.contrast_px > 0):
            raise ValueError(f"sizes {metadata.scale}")
        return metadata
