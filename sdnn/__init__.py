"""Reads handwritten digit strings with a space displacement neural network.

>>> import sdnn
>>> [reading.text for reading in sdnn.read("data/samples/00000.png")]
['14662']
>>> sdnn.read_line("data/samples/00000.png").text
'14662'

The public names are loaded when first used, so that `import sdnn` costs nothing.
"""

TYPE_CHECKING = False  # as in the module typing, which the command line would wait for
if TYPE_CHECKING:
    from typing import Any

    from sdnn.decoding.constraints import Constraint, constraint
    from sdnn.reading.reader import Reader, load, read, read_line
    from sdnn.reading.settings import ReadingSettings
    from sdnn.results import Reading

__version__ = "0.2.0"
__all__ = ["Constraint", "Reader", "Reading", "ReadingSettings", "constraint", "load", "read", "read_line"]

_MODULES = {
    **dict.fromkeys(("Constraint", "constraint"), "sdnn.decoding.constraints"),
    **dict.fromkeys(("Reader", "load", "read", "read_line"), "sdnn.reading.reader"),
    "ReadingSettings": "sdnn.reading.settings",
    "Reading": "sdnn.results",
}


def __getattr__(name: str) -> "Any":
    if name not in _MODULES:
        raise AttributeError(f"module 'sdnn' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
