"""Metadata of ONNX and safetensors files, of both kinds of models.

The reader's net is swept along strips, the detector's over pictures.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final, Literal, Self

from sdnn.errors import ModelError
from sdnn.results import CLASSES, DIGITS, Geometry
from sdnn.validation import Checksums, HeightBounds, Name, Size, Temperature, convert, decode_json

METADATA_KEY: Final = "sdnn"
SCHEMA: Final = 1
NORMALIZATION: Final = "0 paper to 1 ink"
READER: Final = "reader"
DETECTOR: Final = "detector"
"""Kinds of models; the metadata of a reader name none."""
MAX_DESCRIPTION: Final = 256_000
"""Characters of the description of a model; those of today have 7,000."""
DETECTOR_MAPS: Final = 11
"""Maps of a detector: masks and fields, see `detector_net`."""
DETECTOR_MULTIPLE_PX: Final = 16
"""Divisor of the sides of a detector's input."""


@dataclass(frozen=True)
class _Head:
    """Fields of a description that say how to understand the others."""

    schema: int
    kind: Literal["reader", "detector"] = READER


@dataclass(frozen=True)
class Trial:
    """A small sweep that a model is held to.

    Attributes:
        shape: Shape of its input.
        outputs: Shape of each output, by name.
    """

    shape: tuple[int, ...]
    outputs: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class ModelMetadata(ABC):
    """Metadata of a model of either kind: an entry of JSON in the file's metadata.

    Attributes:
        name: Name of the model in records.
        recipe: Settings of the training.
        data: Checksums of the training data.
        card: Notes for people: description, training data, figures on validation data.
    """

    name: Name
    recipe: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    data: Checksums = field(default_factory=dict, kw_only=True)
    card: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    KIND: ClassVar[str]
    NET: ClassVar[str]
    """Name of the net in messages."""
    INPUT: ClassVar[str]
    """Name of its input."""
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
            if len(text := entries[METADATA_KEY]) > MAX_DESCRIPTION:
                raise ValueError(f"longer than {MAX_DESCRIPTION:,} characters")
            values = decode_json(text, dict[str, Any])
            head = convert({each: values.pop(each) for each in ("schema", "kind") if each in values}, _Head)
            if head.schema != SCHEMA:
                raise ModelError(
                    f"{where}: describes itself in schema {head.schema}, not {SCHEMA}; use its sdnn version"
                )
            if head.kind != cls.KIND:
                raise ModelError(f"{where}: is a {head.kind}, no {cls.KIND}; {remedy}")
            metadata = convert(values, cls)
            metadata.check()
        except ValueError as error:
            raise ModelError(f"{where}: damaged description ({error}); {remedy}") from error
        return metadata

    @abstractmethod
    def check(self) -> None:
        """Checks what the types leave open; raises ValueError, with the name of the field."""

    @abstractmethod
    def trials(self) -> Iterator[Trial]:
        """Small sweeps, from whose shapes it follows that the model has the sizes of the description."""


@dataclass(frozen=True)
class ReaderMetadata(ModelMetadata):
    """Metadata of a reader's model.

    Attributes:
        geometry: Sizes of strips and class maps.
        labels: The digits, in the order of the classes; no-digit follows them.
        normalization: Meaning of the values of a strip; so far always 0 paper to 1 ink.
        temperature: Divisor of the logits before the softmax.
        nets: Number of nets of the architecture in the model; two have a gate, see `gated_net`.
    """

    geometry: Geometry
    labels: Literal["0123456789"] = DIGITS
    normalization: Literal["0 paper to 1 ink"] = NORMALIZATION
    temperature: Temperature = 1.0
    nets: Literal[1, 2] = 1

    KIND = READER
    NET = "swept net"
    INPUT = "strips"
    TRAIN = "sdnn train"

    def check(self) -> None:
        """Checks that the text fits the strip, and the windows overlap or touch; see `ModelMetadata`."""
        for name, greatest in (("text_height_px", "height_px"), ("stride_px", "window_px")):
            if getattr(self.geometry, name) > (limit := getattr(self.geometry, greatest)):
                raise ValueError(f"geometry.{name}: expected at most {greatest}, {limit}")

    def trials(self) -> Iterator[Trial]:
        """Strips of one column, and of as many pixels as just do and do not suffice for one more."""
        height, first, stride = self.geometry.height_px, self.geometry.window_px, self.geometry.stride_px
        for width in (first, first + 8 * stride - 1, first + 8 * stride):
            yield Trial((1, height, width), {"logits": (1, self.geometry.columns(width), CLASSES)})


@dataclass(frozen=True)
class DetectorMetadata(ModelMetadata):
    """Metadata of a detector's model.

    Attributes:
        stride_px: Distance between the cells of its maps, in pixels of its input.
        heights_px: Smallest and greatest height of the digits that it detects at one scale: an octave.
        contrast_px: Side of the square over which local contrast, its input, is normalized.
    """

    stride_px: Size
    heights_px: HeightBounds
    contrast_px: Size

    @property
    def scale(self) -> tuple[int, tuple[float, float], int]:
        """Stride, heights and contrast window, which the code that uses the maps has to share."""
        return self.stride_px, self.heights_px, self.contrast_px

    KIND = DETECTOR
    NET = "detector"
    INPUT = "contrast"
    TRAIN = "sdnn train --net detector"

    def check(self) -> None:
        """Checks that the cells fit the smallest picture; see `ModelMetadata`."""
        if DETECTOR_MULTIPLE_PX % self.stride_px:
            raise ValueError(f"stride_px: expected a divisor of {DETECTOR_MULTIPLE_PX}")

    def trials(self) -> Iterator[Trial]:
        """The smallest picture that is not square."""
        rows, columns = DETECTOR_MULTIPLE_PX, 2 * DETECTOR_MULTIPLE_PX
        maps = (1, DETECTOR_MAPS, rows // self.stride_px, columns // self.stride_px)
        yield Trial((1, 1, rows, columns), {"maps": maps, "ink": (1, rows, columns)})
