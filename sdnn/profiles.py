"""Settings of reading under one name: what is allowed, how sure a reading has to be.

A few profiles come with the package; people's own stand in `sdnn.toml`, in the folder that the command is
called in or else in the user's configuration folder::

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


@dataclass(frozen=True)
class Profile:
    """Stated values of `sdnn.parameters`; what is not stated has its default.

    Attributes:
        values: By name.
        name: Of the profile that they come from; None where they come from options alone.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = field(default=None, compare=False)

    @property
    def constraints(self) -> dict[str, Any]:
        """The values that say which texts are allowed."""
        return {name: value for name, value in self.values.items() if name in CONSTRAINTS}

    @property
    def thresholds(self) -> dict[str, Any]:
        """The other values."""
        return {name: value for name, value in self.values.items() if name not in CONSTRAINTS}

    def with_options(self, given: Mapping[str, Any]) -> "Profile":
        """The profile with other values in place of its own; None leaves its own."""
        stated = {name: value for name, value in given.items() if value is not None}
        return Profile({**self.values, **stated}, self.name)


def reading_settings(profile: Profile, **others: Any) -> "ReadingSettings":
    """The settings of a profile, and others as `ReadingSettings` takes them.

    Raises:
        UsageError: When a value lies outside its range, or constraints contradict each other.
        UnreadableInput: When the lexicon cannot be read.
    """
    from sdnn.decoding.constraints import constraint
    from sdnn.reading.settings import ReadingSettings

    return ReadingSettings(constraint=constraint(**profile.constraints), **profile.thresholds, **others)


BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {
    "us-zip": {"pattern": "[0-9]{5}(-[0-9]{4})?"},
    "student-id": {"length": "6-10"},
    "cheque-amount": {"pattern": "[1-9][0-9]{0,9}"},
    "date": {"pattern": "(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/(19|20)[0-9]{2}"},
    "meter": {"length": "4-8"},
}


def load_profile(name: str) -> Profile:
    """The profile of a name: the user's own, or else a built-in one.

    Raises:
        UsageError: When there is none of that name, or the file says something that cannot be meant.
    """
    path = _file()
    own = _profiles(path)
    if name in own:
        return Profile(_values(own[name], f"{path}: profile {name}"), name)
    if name in BUILT_IN:
        return Profile(BUILT_IN[name], name)
    known = ", ".join(sorted({*own, *BUILT_IN}))
    raise UsageError(f"--profile {name}: there is none of that name in {path} or in sdnn; there are {known}")


def check_profile_is_new(name: str, begun_from: str | None) -> None:
    """Makes sure that a profile to be written takes no other one's place.

    Args:
        name: Of the profile.
        begun_from: Name of the profile that it has its settings from, which may be itself.

    Raises:
        UsageError: When there is one of that name already, or the name is empty.
    """
    if not name.strip():
        raise UsageError("--save: the name is empty; give another")
    if name != begun_from and (name in BUILT_IN or name in _profiles(_file())):
        raise UsageError(
            f"--save {name}: there is one of that name; start from it with --profile {name}, or give another"
        )


def save_profile(name: str, profile: Profile, path: Path) -> None:
    """Writes a profile into a file, beside what stands there, comments included.

    Raises:
        UsageError: When the file is no TOML.
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


def _file() -> Path:
    """The file that the user's profiles stand in, whether it exists or not."""
    here = Path(FILE_NAME)
    if here.exists():
        return here
    from platformdirs import user_config_path

    return user_config_path("sdnn") / FILE_NAME


def _profiles(path: Path) -> Mapping[str, Any]:
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


def _values(table: Any, where: str) -> dict[str, Any]:
    """The values that a table of a file states.

    Raises:
        UsageError: When it states a value that there is not, one of another type, or one outside its range.
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
        written = (int, kind) if is_number else str
        if not isinstance(value, written) or isinstance(value, bool):
            wanted = "a number" if is_number else "text in quotation marks"
            raise UsageError(f"{where}: {name} = {value!r}: give {wanted}")
        values[name] = kind(value)
    from sdnn.reading.settings import ReadingSettings

    try:
        ReadingSettings(**Profile(values).thresholds)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    return values
