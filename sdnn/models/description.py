"""What a model file says about itself; travels in the metadata of the ONNX and safetensors files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.results import DIGITS, Geometry

METADATA_KEY: Final = "sdnn"
SCHEMA: Final = 1
NORMALIZATION: Final = "0 paper to 1 ink"


@dataclass(frozen=True)
class Description:
    """Everything needed to use a model, and to know where it comes from.

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
        return {METADATA_KEY: json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None, where: str) -> "Description":
        """The description in a model file's metadata.

        Args:
            metadata: The file's entries.
            where: The file's name, for the message.

        Raises:
            ModelError: When the file carries no description, or one that this version does not understand.
        """
        if METADATA_KEY not in (metadata or {}):
            raise ModelError(
                f"{where}: not a model of sdnn (no description inside); make one with: sdnn train"
            )
        try:
            entries = dict(json.loads((metadata or {})[METADATA_KEY]))
            schema = entries.pop("schema")
            if schema != SCHEMA:
                raise ModelError(
                    f"{where}: describes itself in schema {schema}, not {SCHEMA}; use its sdnn version"
                )
            description = cls(**{**entries, "geometry": Geometry(**entries["geometry"])})
            if (description.labels, description.normalization) != (DIGITS, NORMALIZATION):
                raise ValueError(f"labels {description.labels}, normalization {description.normalization}")
            if not 0 < description.temperature < float("inf"):
                raise ValueError(f"temperature {description.temperature}")
            for name in ("recipe", "data", "card"):
                if not isinstance(getattr(description, name), Mapping):
                    raise ValueError(f"{name} {getattr(description, name)}")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{where}: damaged description ({error!r}); make one with: sdnn train"
            ) from error
        return description
