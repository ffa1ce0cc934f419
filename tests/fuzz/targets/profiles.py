"""Profiles: reading of sdnn.toml, and what is saved is read again."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from fuzz.mutators import ODD_VALUES, mutated_text
from fuzz.target import require, target
from fuzz.targets.constraints import options
from sdnn.profiles import Profile, load_profile, reading_settings, save_profile

_TOKENS: Final = (
    *(
        "[profile.own]",
        "[profile]",
        "profile = 1",
        "own = 3",
        "[[profile]]",
        "=",
        '"',
        "'",
        '"""',
        "pattern",
        "check",
    ),
    *(
        "length",
        "lexicon",
        "min_value",
        "max_value",
        "min_confidence",
        "min_fit",
        "temperature",
        "nan",
        "inf",
        "-1",
    ),
    *(
        "1e400",
        "1e-320",
        "0",
        "99999999999999999999",
        "true",
        "1979-05-27",
        "[",
        "]",
        "{",
        "}",
        ".",
        "#",
        "\\u0000",
    ),
    *("\\ud800", '"/dev/null"', '"5"', '"[0-9]+"', "profile.own.length", "a.b.c.d"),
)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@target("profile", lambda rng, seeds: mutated_text(rng, seeds, _TOKENS), share=2.0)
def profile(data: bytes, folder: Path) -> None:
    """Loads a profile and makes settings of it."""
    (folder / "sdnn.toml").write_bytes(data)
    with _inside(folder):
        reading_settings(load_profile("own"))


def _saved(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """The name and values of a profile, and the file that it goes into."""
    values = options(rng)
    values["min_confidence"] = rng.choice((0.0, 0.5, 1.0, 0.1 + 0.2, 1e-9))
    values["temperature"] = rng.choice((1.0, 0.25, 4.0, 1.2345678901234567))
    if rng.random() < 0.2:
        values["pattern"] = str(rng.choice(ODD_VALUES))[:50]
    name = rng.choice(
        ("own", "two words", "a.b", "é", '"', "'", "\n", "\x1b", "[x]", "", "us-zip", "\0", "#")
    )
    text = mutated_text(rng, seeds, _TOKENS, 1) if rng.random() < 0.7 else b""
    return json.dumps({"name": name, "values": values, "text": text.decode("utf-8", "replace")}).encode()


@target("profile-saved", _saved)
def profile_saved(data: bytes, folder: Path) -> None:
    """Saves a profile into a file, and loads it again; other profiles in it stay."""
    try:
        given: dict[str, Any] = json.loads(data)
        name, values, text = str(given["name"]), dict(given["values"]), str(given["text"])
    except (ValueError, KeyError, TypeError):
        return
    path = folder / "sdnn.toml"
    if text:
        path.write_text(text, encoding="utf-8")
    reading_settings(Profile(values))  # as the command does, before it saves
    save_profile(name, Profile(values), path)
    with _inside(folder):
        require(dict(load_profile(name).values) == values, "another profile than was saved")
