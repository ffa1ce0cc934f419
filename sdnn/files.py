"""Writing files so that nobody ever sees half of one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.errors import OutputError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what is written there takes the place of `path` if the block succeeds.

    Raises:
        UsageError: When the path names no file.
        OutputError: When the file cannot be written; its folder must exist.
    """
    if not path.name:
        raise UsageError(f"{path}: is a folder; give the name of a file")
    temporary = path.with_name(f".{os.getpid()}-{path.stem[:80]}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def save_picture(image: "Image", path: Path) -> None:
    """Saves a Pillow picture in the format that the name asks for.

    Raises:
        UsageError: When the name's ending is that of no picture.
        OutputError: When the file cannot be written.
    """
    with written_whole(path) as temporary:
        try:
            image.save(temporary, optimize=True)
        except (ValueError, KeyError) as error:
            raise UsageError(f"{path}: no kind of picture ends in {path.suffix!r}; name it .png") from error


def refuse_to_overwrite(option: str, out: Path | None, inputs: list[Path]) -> None:
    """A drawing must not take the place of what it is drawn from.

    Raises:
        UsageError: When `out`, given with `option`, is one of the inputs.
    """
    if out and out.exists() and any(each.exists() and out.samefile(each) for each in inputs):
        raise UsageError(f"{option} {out}: is one of the files to be read; give another name")
