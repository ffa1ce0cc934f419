"""Profiles: named settings of reading.

A few are built in; the user's own stand in `sdnn.toml`, in the current folder or else in the user's
configuration folder::

    [profile.invoice]
    pattern = "[0-9]{4}-[0-9]{4}"
    check = "luhn"
    min_confidence = 0.93       # as `sdnn calibrate` found it
    temperature = 1.21
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sdnn.errors import OutputError, UsageError
from sdnn.files import atomic_write
from sdnn.parameters import CONSTRAINTS, OLDER_NAMES, PARAMETERS

if TYPE_CHECKING:
    from sdnn.reading.settings import ReadingSettings

FILE_NAME: Final = "sdnn.toml"
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


def check_profile_is_new(name: str, base: str | None) -> None:
    """Checks that a profile to be written replaces no other one but `base`, which its settings come from.

    Raises:
        UsageError: When there is one of that name already, or the name is empty.
    """
    if not name.strip():
        raise UsageError("--save: the name is empty; give another")
    if name != base and (name in BUILT_IN or name in _user_profiles(_user_file())):
        remedy = f"start from it with --profile {name}, or give another"
        raise UsageError(f"--save {name}: there is one of that name; {remedy}")


def save_profile(name: str, profile: Profile, path: Path) -> None:
    """Writes a profile into a file, and keeps its other content, comments included.

    Raises:
        UsageError: When the file is not TOML.
        OutputError: When it cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); choose another place") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML ({error}); mend it or remove it") from error
    table = document.setdefault("profile", tomlkit.table(is_super_table=True))
    entries = tomlkit.table()
    for setting in sorted(profile.values, key=[*PARAMETERS].index):
        value = profile.values[setting]
        entries[setting] = str(value) if isinstance(value, Path) else value
    table[name] = entries
    with atomic_write(path) as temporary:
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")


def _user_file() -> Path:
    """Path of the user's profiles; the file may be missing."""
    here = Path(FILE_NAME)
    if here.exists():
        return here
    from platformdirs import user_config_path

    return user_config_path("sdnn") / FILE_NAME


def _user_profiles(path: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the file") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise UsageError(f"{path}: is not TOML ({error}); mend it or remove it") from error
    profiles = content.get("profile", {})
    if not isinstance(profiles, dict):
        raise UsageError(f"{path}: 'profile' is not a table; write [profile.NAME]")
    return profiles


def _validated(table: Any, where: str) -> dict[str, Any]:
    """The values of a profile's table.

    Raises:
        UsageError: When a name is unknown, or a value has another type or lies outside its range.
    """
    if isinstance(table, dict):
        table = {OLDER_NAMES.get(name, name): value for name, value in table.items()}
    if not isinstance(table, dict) or table.keys() - PARAMETERS:
        unknown = ", ".join(sorted(table.keys() - PARAMETERS)) if isinstance(table, dict) else repr(table)
        raise UsageError(f"{where}: there is no setting {unknown}; there are {', '.join(sorted(PARAMETERS))}")
    values = {}
    for name, value in table.items():
        kind = PARAMETERS[name].type
        is_number = kind in {int, float}
        if not isinstance(value, (int, kind) if is_number else str) or isinstance(value, bool):
            wanted = "a number" if is_number else "text in quotation marks"
            raise UsageError(f"{where}: {name} = {value!r}: give {wanted}")
        values[name] = kind(value)
    from sdnn.reading.settings import ReadingSettings

    try:
        ReadingSettings(**Profile(values).thresholds)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    return values
