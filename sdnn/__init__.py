"""Reads handwritten digit strings with a space displacement neural network.

>>> import sdnn
>>> [reading.text for reading in sdnn.read("data/samples/00000.png")]
['14662']
>>> sdnn.read_line("data/samples/00000.png").text
'14662'

The public names are loaded when first used, so that `import sdnn` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sdnn.decoding.constraints import Constraint, constraint
    from sdnn.reader import Reader, load, read, read_line
    from sdnn.results import Reading

__version__ = "0.1.0"
__all__ = ["Constraint", "Reader", "Reading", "constraint", "load", "read", "read_line"]


def __getattr__(name: str) -> Any:
    if name in {"Reader", "load", "read", "read_line"}:
        from sdnn import reader

        return getattr(reader, name)
    if name in {"Constraint", "constraint"}:
        from sdnn.decoding import constraints

        return getattr(constraints, name)
    if name == "Reading":
        from sdnn.results import Reading

        return Reading
    raise AttributeError(f"module 'sdnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
