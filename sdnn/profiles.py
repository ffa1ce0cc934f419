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
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from sdnn.errors import OutputError, UsageError
from sdnn.files import written_whole

FILE_NAME: Final = "sdnn.toml"


@dataclass(frozen=True)
class Profile:
    """Settings of reading; None where nothing is said.

    Attributes:
        length: Number of digits, `5` or `4-6`.
        pattern: Regular expression of the whole text; what is no digit is inserted.
        lexicon: File with the allowed texts, a line each.
        check: Name of the check-digit system.
        min_value: Least number.
        max_value: Greatest number.
        min_confidence: Readings less probable than this are rejected; 0 accepts all.
        min_fit: Readings are rejected where the constraint keeps less probability than this; 0 accepts all.
        temperature: In place of the model's own.
    """

    length: str | None = None
    pattern: str | None = None
    lexicon: Path | None = None
    check: str | None = None
    min_value: int | None = None
    max_value: int | None = None
    min_confidence: float | None = None
    min_fit: float | None = None
    temperature: float | None = None

    def with_options(self, given: "Profile") -> "Profile":
        """The profile with what a command line says instead."""
        return replace(self, **given.stated())

    def stated(self) -> dict[str, Any]:
        """The settings that say something."""
        return {name: value for name, value in asdict(self).items() if value is not None}


BUILT_IN: Final[Mapping[str, Profile]] = {
    "us-zip": Profile(pattern="[0-9]{5}(-[0-9]{4})?"),
    "student-id": Profile(length="6-10"),
    "cheque-amount": Profile(pattern="[1-9][0-9]{0,9}"),
    "date": Profile(pattern="(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/(19|20)[0-9]{2}"),
    "meter": Profile(length="4-8"),
}


def load_profile(name: str) -> Profile:
    """The profile of a name: the user's own, or else a built-in one.

    Raises:
        UsageError: When there is none of that name, or the file says something that cannot be meant.
    """
    path = _file()
    own = _profiles(path)
    if name in own:
        return _from_table(own[name], f"{path}: profile {name}")
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = ", ".join(sorted({*own, *BUILT_IN}))
    raise UsageError(f"--profile {name}: there is none of that name in {path} or in sdnn; there are {known}")


def refuse_to_replace(name: str, begun_from: str | None) -> None:
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
    for setting, value in profile.stated().items():
        entries[setting] = str(value) if isinstance(value, Path) else value
    table[name] = entries
    with written_whole(path) as temporary:
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


def _from_table(table: Any, where: str) -> Profile:
    """The profile that a table of a file says.

    Raises:
        UsageError: When it names a setting that there is not, or gives one a value of another kind.
    """
    known = {field.name for field in fields(Profile)}
    if not isinstance(table, dict) or set(table) - known:
        unknown = ", ".join(sorted(set(table) - known)) if isinstance(table, dict) else repr(table)
        raise UsageError(f"{where}: there is no setting {unknown}; there are {', '.join(sorted(known))}")
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(("length", "pattern", "lexicon", "check"), (str,)),
        **dict.fromkeys(("min_value", "max_value"), (int,)),
        **dict.fromkeys(("min_confidence", "min_fit", "temperature"), (int, float)),
    }
    for name, value in table.items():
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            wanted = "text in quotation marks" if str in kinds[name] else "a number"
            raise UsageError(f"{where}: {name} = {value!r}: give {wanted}")
    if "lexicon" in table:
        table = {**table, "lexicon": Path(table["lexicon"])}
    profile = Profile(**table)
    for name in ("min_confidence", "min_fit"):
        value = getattr(profile, name)
        if value is not None and not 0 <= value <= 1:
            raise UsageError(f"{where}: {name} = {value}: give a number from 0 to 1")
    if profile.temperature is not None and not profile.temperature > 0:
        raise UsageError(f"{where}: temperature = {profile.temperature}: give a number above 0")
    return profile
