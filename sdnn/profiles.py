"""Profiles: named settings of reading.

A few are built in; the user's own stand in `sdnn.toml`, in the current folder or else in the user's
configuration folder::

    [profile.invoice]
    pattern = "[0-9]{4}-[0-9]{4}"
    check = "luhn"
    min_confidence = 0.93       # as `sdnn calibrate` found it
    temperature = 1.21
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sdnn.errors import OutputError, SdnnError, UsageError
from sdnn.files import atomic_write
from sdnn.limited_read import read_limited
from sdnn.parameters import CONSTRAINTS, OLDER_NAMES, PARAMETERS

if TYPE_CHECKING:
    from sdnn.reading.settings import ReadingSettings

FILE_NAME: Final = "sdnn.toml"
MAX_BYTES: Final = 2**20
MAX_NAME: Final = 100
MAX_TEXT: Final = 10_000
"""Characters of a setting; a pattern of that length is far beyond those that compile."""
BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {
    "us-zip": {"pattern": "[0-9]{5}(-[0-9]{4})?"},
    "student-id": {"length": "6-10"},
    "cheque-amount": {"pattern": "[1-9][0-9]{0,9}"},
    "date": {"pattern": "(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/(19|20)[0-9]{2}"},
    "meter": {"length": "4-8"},
}


@dataclass(frozen=True)
class Profile:
    """Values of `sdnn.parameters`; others have their defaults.

    Attributes:
        values: Values by name.
        name: Name of the profile; None for options alone.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = field(default=None, compare=False)

    @property
    def constraints(self) -> dict[str, Any]:
        """Values of constraints."""
        return {name: value for name, value in self.values.items() if name in CONSTRAINTS}

    @property
    def thresholds(self) -> dict[str, Any]:
        """The other values."""
        return {name: value for name, value in self.values.items() if name not in CONSTRAINTS}

    def with_options(self, options: Mapping[str, Any]) -> "Profile":
        """The profile with the values of options in place of its own; None keeps its own."""
        given = {name: value for name, value in options.items() if value is not None}
        return Profile({**self.values, **given}, self.name)


def reading_settings(profile: Profile, **others: Any) -> "ReadingSettings":
    """The settings of a profile, with others that `ReadingSettings` takes.

    Raises:
        UsageError: When a value lies outside its range, or constraints contradict each other.
        UnreadableInput: When the lexicon cannot be read.
    """
    from sdnn.decoding.constraints import constraint
    from sdnn.reading.settings import ReadingSettings

    return ReadingSettings(constraint=constraint(**profile.constraints), **profile.thresholds, **others)


def load_profile(name: str) -> Profile:
    """The profile of a name: the user's own, or else a built-in one.

    Raises:
        UsageError: When there is none of that name, or a value in the file is invalid.
    """
    path = _user_file()
    own = _user_profiles(path)
    if name in own:
        return Profile(_validated(own[name], f"{path}: profile {name}"), name)
    if name in BUILT_IN:
        return Profile(BUILT_IN[name], name)
    known = ", ".join(sorted({*own, *BUILT_IN}))
    raise UsageError(f"--profile {name}: there is none of that name in {path} or in sdnn; there are {known}")


def check_profile_to_save(name: str, profile: Profile, path: Path) -> None:
    """Checks before long work that a profile can be saved under a name, and replaces no other but itself.

    Args:
        name: Name of the new profile.
        profile: Profile that its settings come from.
        path: File that it is to be saved in.

    Raises:
        UsageError: When there is one of that name already, the name or a setting is no text that the file can
            hold, or the file is damaged.
        OutputError: When the file cannot be read.
    """
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError(
            f"--save {name!a}: not a name of 1 to {MAX_NAME} characters that can be printed; give another"
        )
    for setting, value in profile.values.items():
        if not str(value).isprintable():
            raise UsageError(
                f"--save {name}: {setting} {str(value)!a} cannot stand in a file; give other text"
            )
    if name != profile.name and (name in BUILT_IN or name in _user_profiles(_user_file())):
        remedy = f"start from it with --profile {name}, or give another"
        raise UsageError(f"--save {name}: there is one of that name; {remedy}")
    _own_profiles(path, OutputError)


def save_profile(name: str, profile: Profile, path: Path) -> None:
    """Writes a profile into a file, and keeps its other content, comments included, and who may read it.

    A link is kept, too: the file that it leads to is written.

    Raises:
        UsageError: When the file is not TOML, or the profile cannot stand in it.
        OutputError: When it cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from sdnn.validation import decode_toml, one_line

    check_profile_to_save(name, replace(profile, name=name), path)
    content, profiles = _own_profiles(path, OutputError)
    values = {
        setting: str(value) if isinstance(value, Path) else value
        for setting, value in sorted(profile.values.items(), key=lambda item: [*PARAMETERS].index(item[0]))
    }
    try:
        document = tomlkit.parse(content)
        table = document.setdefault("profile", tomlkit.table(is_super_table=True))
        table[name] = values
        written = tomlkit.dumps(document).encode()
        kept = decode_toml(written).get("profile") == {**profiles, name: values}
    except (TOMLKitError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be added to ({one_line(str(error))}); write it anew") from error
    if not kept:
        raise UsageError(f"{path}: cannot be added to without a change of its other profiles; write it anew")
    with atomic_write(path) as temporary:
        temporary.write_bytes(written)


def _user_file() -> Path:
    """Path of the user's profiles; the file may be missing."""
    here = Path(FILE_NAME)
    if os.path.exists(here):
        return here
    from platformdirs import user_config_path

    return user_config_path("sdnn") / FILE_NAME


def _user_profiles(path: Path) -> Mapping[str, Any]:
    """The tables of the user's profiles by name; errors as for `_own_profiles`."""
    return _own_profiles(path, UsageError)[1]


def _own_profiles(path: Path, error: type[SdnnError]) -> tuple[bytes, Mapping[str, Any]]:
    """The content of a file of profiles, and their tables by name; empty without a file.

    Raises:
        SdnnError: Of the type `error` when the file cannot be read.
        UsageError: When it is not TOML, or has another `profile` than tables.
    """
    from sdnn.validation import decode_toml

    with contextlib.suppress(PermissionError):  # which reading it reports
        if not os.path.exists(path):
            return b"", {}
    content = read_limited(path, MAX_BYTES, "a file of profiles", error)
    try:
        profiles = decode_toml(content).get("profile", {})
    except ValueError as reason:
        raise UsageError(f"{path}: is not TOML ({reason}); mend it or remove it") from reason
    if not isinstance(profiles, dict):
        raise UsageError(f"{path}: 'profile' is not a table; write [profile.NAME]")
    return content, profiles


def _validated(table: Any, where: str) -> dict[str, Any]:
    """The values of a profile's table.

    Raises:
        UsageError: When a name is unknown, or a value has another type or lies outside its range.
    """
    from sdnn.reading.settings import ReadingSettings
    from sdnn.validation import one_line

    if isinstance(table, dict):
        table = {OLDER_NAMES.get(name, name): value for name, value in table.items()}
    if not isinstance(table, dict) or table.keys() - PARAMETERS:
        unknown = ", ".join(sorted(table.keys() - PARAMETERS)) if isinstance(table, dict) else repr(table)
        raise UsageError(
            f"{where}: there is no setting {one_line(unknown)}; there are {', '.join(sorted(PARAMETERS))}"
        )
    values = {}
    for name, value in table.items():
        kind = PARAMETERS[name].type
        is_number = kind in {int, float}
        if not isinstance(value, (int, kind) if is_number else str) or isinstance(value, bool):
            wanted = "a number" if is_number else "text in quotation marks"
            raise UsageError(f"{where}: {name} = {one_line(repr(value))}: give {wanted}")
        if isinstance(value, str) and (len(value) > MAX_TEXT or not value.isprintable()):
            wanted = f"at most {MAX_TEXT:,} characters that can be printed"
            raise UsageError(f"{where}: {name} = {one_line(repr(value))}: give {wanted}")
        try:
            values[name] = kind(value)
        except OverflowError as error:
            raise UsageError(f"{where}: {name}: the number is too large; give a smaller one") from error
    try:
        ReadingSettings(**Profile(values).thresholds)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    return values
