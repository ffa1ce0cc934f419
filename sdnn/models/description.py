"""What a model file says about itself; travels in the metadata of the ONNX and safetensors files.

Two kinds of nets describe themselves: the reader's, which is swept along strips, and the detector's, which is
swept over pictures.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.results import DIGITS, Geometry

METADATA_KEY: Final = "sdnn"
SCHEMA: Final = 1
NORMALIZATION: Final = "0 paper to 1 ink"
DETECTOR: Final = "detector"
"""Kind of a detector's description; the reader's names none."""
MAPS: Final = 11
"""Maps of a detector: masks and fields, see `detector_net`."""
TRAIN_READER: Final = "sdnn train"
TRAIN_DETECTOR: Final = "sdnn train --net detector"
"""Commands that make the two kinds of models."""


@dataclass(frozen=True)
class Description:
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

    def to_metadata(self) -> dict[str, str]:
        """The one entry that goes into a model file's metadata."""
        return _to_metadata(asdict(self))

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None, where: str) -> "Description":
        """The description in a model file's metadata.

        Args:
            metadata: The file's entries.
            where: The file's name, for the message.

        Raises:
            ModelError: When the file carries no description, or one that this version does not understand.
        """
        try:
            entries = _entries(metadata, where, TRAIN_READER)
            if entries.get("kind") == DETECTOR:
                raise ModelError(f"{where}: is a detector, not a reader; make one with: {TRAIN_READER}")
            description = cls(**{**entries, "geometry": Geometry(**entries["geometry"])})
            if (description.labels, description.normalization) != (DIGITS, NORMALIZATION):
                raise ValueError(f"labels {description.labels}, normalization {description.normalization}")
            if not 0 < description.temperature < float("inf"):
                raise ValueError(f"temperature {description.temperature}")
            _check_mappings(description)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(where, error, TRAIN_READER) from error
        return description


@dataclass(frozen=True)
class DetectorDescription:
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

    def to_metadata(self) -> dict[str, str]:
        """The one entry that goes into a model file's metadata."""
        return _to_metadata({"kind": DETECTOR, **asdict(self)})

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None, where: str) -> "DetectorDescription":
        """The description in a model file's metadata.

        Args:
            metadata: The file's entries.
            where: The file's name, for the message.

        Raises:
            ModelError: When the file carries no description, one of another kind, or one that this version
                does not understand.
        """
        try:
            entries = _entries(metadata, where, TRAIN_DETECTOR)
            if entries.pop("kind", None) != DETECTOR:
                raise ModelError(f"{where}: is no detector, but a reader; make one with: {TRAIN_DETECTOR}")
            low, high = entries["heights_px"]
            description = cls(**{**entries, "heights_px": (low, high)})
            if not (0 < low < high and description.stride_px > 0 and description.contrast_px > 0):
                raise ValueError(f"sizes {description.scale}")
            _check_mappings(description)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(where, error, TRAIN_DETECTOR) from error
        return description


def _to_metadata(entries: Mapping[str, Any]) -> dict[str, str]:
    return {METADATA_KEY: json.dumps({"schema": SCHEMA, **entries}, sort_keys=True)}


def _entries(metadata: Mapping[str, str] | None, where: str, train: str) -> dict[str, Any]:
    """What a model file says, without the schema it says it in.

    Raises:
        ModelError: When it says nothing, or in another schema.
        KeyError, TypeError, ValueError: When that cannot be understood.
    """
    if METADATA_KEY not in (metadata or {}):
        raise ModelError(f"{where}: not a model of sdnn (no description inside); make one with: {train}")
    entries = dict(json.loads((metadata or {})[METADATA_KEY]))
    schema = entries.pop("schema")
    if schema != SCHEMA:
        raise ModelError(f"{where}: describes itself in schema {schema}, not {SCHEMA}; use its sdnn version")
    return entries


def _check_mappings(description: Description | DetectorDescription) -> None:
    for name in ("recipe", "data", "card"):
        if not isinstance(getattr(description, name), Mapping):
            raise ValueError(f"{name} {getattr(description, name)}")


def _damaged(where: str, error: Exception, train: str) -> ModelError:
    return ModelError(f"{where}: damaged description ({error!r}); make one with: {train}")
