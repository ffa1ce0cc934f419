"""The architectures of readers, by name: a new one is a module like `lenet` and a row here.

Code outside the package may add its own to `ARCHITECTURES` before it trains.
"""

from dataclasses import replace
from typing import Final

from sdnn.models.architecture import Architecture
from sdnn.models.lenet import LENET
from sdnn.models.metadata import ReaderMetadata
from sdnn.validation import Maps, Name, convert

ARCHITECTURES: Final[dict[str, Architecture]] = {each.name: each for each in (LENET,)}
DEFAULT: Final = LENET
"""Architecture of trainings and of model files that name none."""


def architecture_of(metadata: ReaderMetadata) -> Architecture:
    """The architecture of a model, with its channels.

    Raises:
        ValueError: When the metadata fit no net of this version.
    """
    recipe = metadata.recipe
    name = convert(recipe.get("architecture", DEFAULT.name), Name)
    if name not in ARCHITECTURES:
        raise ValueError(f"architecture {name}")
    architecture = ARCHITECTURES[name]
    channels = convert(recipe.get("channels", architecture.channels), tuple[Maps, ...])
    if metadata.geometry != architecture.geometry:
        raise ValueError(f"{metadata.geometry}")
    return replace(architecture, channels=channels)
