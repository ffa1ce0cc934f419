"""Models by name: the user's own, in the data folder of this package, and the one that comes with it.

::

    NAME.onnx          model for reading
    runs/NAME-DATE/    record of the run that made it
"""

import os
from pathlib import Path
from typing import Final

from sdnn.errors import ModelError
from sdnn.models.engine import BUNDLED

SUFFIX: Final = ".onnx"


def models_folder() -> Path:
    """The user's folder of models, which need not exist."""
    from platformdirs import user_data_path

    return user_data_path("sdnn")


def model_names() -> list[str]:
    """Names of the models in the user's folder, in alphabetical order."""
    return sorted(path.stem for path in models_folder().glob(f"*{SUFFIX}") if not path.name.startswith("."))


def find_model(model: str | Path | None) -> Path:
    """The file of a model.

    Args:
        model: Path of a file (.onnx), or else the name of a model in the user's folder; empty for the
            bundled one.

    Raises:
        ModelError: When it is a name without separators and suffix, and there is neither a file nor a model
            of that name. A path is returned as it is: opening it tells what is wrong with it.
    """
    if not model:
        return BUNDLED
    path, name = Path(model), str(model)
    separators = [each for each in (os.sep, os.altsep) if each]
    if path.is_file() or any(each in name for each in separators):
        return path
    named = models_folder() / (name if name.endswith(SUFFIX) else name + SUFFIX)
    if named.is_file():
        return named
    if path.suffix or path.exists() or not name:
        return path
    names = model_names()
    known = f"there are: {', '.join(names)}" if names else "make one with: sdnn finetune DIR"
    raise ModelError(f"{name}: no file, and no model of that name in {named.parent}; {known}")
