"""Grids of trainings in a TOML file: options of `sdnn train` and settings of its recipe, lists as axes.

::

    source = "hands"                 # an option of sdnn train
    strips = 51_200
    seed = [1, 2, 3]                 # an axis: each of them

    [recipe.strings]                 # settings of the recipe, by the names in run.json
    learning_rate = [1e-3, 2e-3]     # six trainings in all

A setting that is a list itself, such as `channels`, is written as a list of lists.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

from sdnn.enums import Gradient, Net, Objective, Source, Stage
from sdnn.errors import SdnnError, UsageError
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.reader_recipe import Recipe, chosen_recipe

CHOICES: Final = {"stage": Stage, "source": Source, "objective": Objective, "gradient": Gradient}
"""Options with a choice of names."""
NUMBERS: Final = ("seed", "windows", "strips", "steps")
OPTIONS: Final = (*CHOICES, *NUMBERS, "architecture", "isolated")
"""Options of `sdnn train` that a grid may have."""
MAX_TRIALS: Final = 10_000


@dataclass(frozen=True)
class Trial:
    """One training of a grid.

    Attributes:
        name: Name of its run folder: its number and its place on the axes.
        recipe: Recipe of the training.
    """

    name: str
    recipe: Recipe | DetectorRecipe


def read_grid(path: Path) -> list[Trial]:
    """The trainings of a grid, in the order of its axes.

    Raises:
        UsageError: When the file cannot be read, names what does not exist, or has too many trainings.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise UsageError(f"{path}: is not TOML ({error}); mend it") from error
    net = content.pop("net", Net.READER.value)
    if net not in [*Net]:
        raise UsageError(f"{path}: net = {net!r}: give one of {', '.join(Net)}")
    settings = content.pop("recipe", {})
    every: dict[tuple[str, ...], Any] = {(name,): value for name, value in content.items()}
    every |= _flat(settings, ("recipe",), path)
    axes = {names: value for names, value in every.items() if isinstance(value, list)}
    fixed = {names: value for names, value in every.items() if names not in axes}
    for names, values in axes.items():
        if not values:
            raise UsageError(f"{path}: {'.'.join(names)} = []: give at least one value")
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MAX_TRIALS:
        raise UsageError(f"{path}: {count:,} trainings; leave at most {MAX_TRIALS:,}")
    trials = []
    for number, chosen in enumerate(product(*axes.values())):
        place = dict(zip(axes, chosen, strict=True))
        shown = "".join(f"-{names[-1]}={_as_name(value)}" for names, value in place.items())
        trials.append(Trial(f"{number:04}{shown}"[:200], _recipe(Net(net), {**fixed, **place}, path)))
    return trials


def _flat(table: Any, names: tuple[str, ...], path: Path) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The settings in nested tables, by their names from the outside in."""
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {'.'.join(names)} is not a table; write [{'.'.join(names)}]")
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, (*names, name), path)
        else:
            yield (*names, name), value


def _recipe(net: Net, values: Mapping[tuple[str, ...], Any], path: Path) -> Recipe | DetectorRecipe:
    """The recipe of a training."""
    options = {names[0]: _option(names[0], value, path) for names, value in values.items() if len(names) == 1}
    try:
        recipe = DetectorRecipe(**options) if net is Net.DETECTOR else chosen_recipe(**options)
        record = asdict(recipe)
        for names, value in values.items():
            if len(names) > 1:
                _set(record, names[1:], value)
        return type(recipe).from_record(record)
    except (TypeError, ValueError, KeyError, SdnnError) as error:
        raise UsageError(f"{path}: {error}; see the recipe in a run.json") from error


def _option(name: str, value: Any, path: Path) -> Any:
    if name not in OPTIONS:
        raise UsageError(f"{path}: there is no option {name}; there are net, {', '.join(OPTIONS)}, [recipe]")
    if name in CHOICES:
        if value not in [*CHOICES[name]]:
            raise UsageError(f"{path}: {name} = {value!r}: give one of {', '.join(CHOICES[name])}")
        return CHOICES[name](value)
    kind: type[Any] = int if name in NUMBERS else bool if name == "isolated" else str
    lowest = 0 if name == "seed" else 1
    if type(value) is not kind or (kind is int and not lowest <= value < 2**32):
        wanted = (
            f"a whole number from {lowest}" if kind is int else "true or false" if kind is bool else "a name"
        )
        raise UsageError(f"{path}: {name} = {value!r}: give {wanted}")
    return value


def _set(record: dict[str, Any], names: tuple[str, ...], value: Any) -> None:
    """Sets a value in a record; it must be there, and stay of its type."""
    for name in names[:-1]:
        inner = record.get(name)
        if not isinstance(inner, dict):
            raise KeyError(f"the recipe has no {'.'.join(names)}")
        record = inner
    if names[-1] not in record:
        raise KeyError(f"the recipe has no {'.'.join(names)}")
    before = record[names[-1]]
    if isinstance(before, float) and type(value) is int:
        value = float(value)
    if before is not None and not isinstance(value, list if isinstance(before, tuple) else type(before)):
        raise TypeError(f"{'.'.join(names)} = {value!r}: give a value like {before!r}")
    record[names[-1]] = value


def _as_name(value: Any) -> str:
    return re.sub(r"[^\w.+-]+", "_", str(value))
