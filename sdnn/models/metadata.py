"""What a model file says about itself; travels in the metadata of the ONNX and safetensors files.

Two kinds of nets describe themselves: the reader's, which is swept along strips, and the detector's, which is
swept over pictures.
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
"""Kinds of nets; a reader's description names none."""
MAPS: Final = 11
"""Maps of a detector: masks and fields, see `detector_net`."""
TRAIN_READER: Final = "sdnn train"
TRAIN_DETECTOR: Final = "sdnn train --net detector"
"""Commands that make the two kinds of models."""


@dataclass(frozen=True)
class ModelMetadata(ABC):
    """Metadata of a model of either kind: one entry of JSON in a model file's metadata."""

    KIND: ClassVar[str]
    TRAIN: ClassVar[str]
    """The command that makes such a model."""

    def to_entries(self) -> dict[str, str]:
        """The one entry that goes into a model file's metadata."""
        kind = {} if self.KIND == READER else {"kind": self.KIND}
        return {METADATA_KEY: json.dumps({"schema": SCHEMA, **kind, **asdict(self)}, sort_keys=True)}

    @classmethod
    def from_entries(cls, entries: Mapping[str, str] | None, where: str) -> Self:
        """The description in a model file's metadata.

        Args:
            entries: Metadata entries of the file.
            where: The file's name, for the message.

        Raises:
            ModelError: When the file carries no description, one of another kind, or one that this version
                does not understand.
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
        """The metadata in a model file's entry; KeyError, TypeError or ValueError where it is damaged."""


@dataclass(frozen=True)
class ReaderMetadata(ModelMetadata):
    """Everything needed to use a reader's model, and to know where it comes from.

    Attributes:
        name: What the model is called in records.
        geometry: Sizes that the strip and the map must have.
        labels: The digits, in the order of the classes; no-digit follows them.
        normalization: What the values of a strip mean; there is one kind so far, 0 paper to 1 ink.
        temperature: Divides the logits of every column before the softmax.
        recipe: The settings it was trained with.
        data: Checksums of the data it was trained on.
        card: Lines for people: what it is, what it was trained on, figures on validation data.
    """

    name: str
    geometry: Geometry
    labels: str = DIGITS
    normalization: str = NORMALIZATION
    temperature: float = 1.0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)

    KIND = READER
    TRAIN = TRAIN_READER

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
    """Everything needed to use a detector's model, and to know where it comes from.

    Attributes:
        name: What the model is called in records.
        stride_px: Distance between the cells of its maps, in pixels of the picture that the net sees.
        heights_px: Lowest and highest digits that it answers for at one scale: an octave.
        contrast_px: Side of the square that local contrast, its input, is taken over.
        recipe: The settings it was trained with.
        data: Checksums of the data it was trained on.
        card: Lines for people: figures on validation data.
    """

    name: str
    stride_px: int
    heights_px: tuple[float, float]
    contrast_px: int
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scale(self) -> tuple[int, tuple[float, float], int]:
        """Stride, heights and contrast window: what code that uses the maps has to agree on."""
        return self.stride_px, self.heights_px, self.contrast_px

    KIND = DETECTOR
    TRAIN = TRAIN_DETECTOR

    @classmethod
    def _parsed(cls, entries: dict[str, Any]) -> Self:
        low, high = entries["heights_px"]
        metadata = cls(**{**entries, "heights_px": (low, high)})
        if not (0 < low < high and metadata.stride_px > 0 and metadata.contrast_px > 0):
            raise ValueError(f"sizes {metadata.scale}")
        return metadata
