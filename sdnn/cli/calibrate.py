"""`sdnn calibrate`."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sdnn.cli.options import FoldersArgument, ModelOption, with_profile
from sdnn.cli.terminal import needs, note, print_line, progress
from sdnn.errors import UsageError
from sdnn.parameters import CONSTRAINTS
from sdnn.profiles import FILE_NAME, Profile, check_profile_to_save, reading_settings, save_profile
from sdnn.streams import silence_libraries


@with_profile(*CONSTRAINTS.values())
def calibrate(
    folders: FoldersArgument,
    target_error: Annotated[
        float, typer.Option(min=1e-5, max=0.5, help="Largest share of wrong texts among the accepted ones.")
    ] = 0.01,
    save: Annotated[str, typer.Option(metavar="NAME", help="Name of the new profile.")] = "calibrated",
    json_lines: Annotated[bool, typer.Option("--json", help="Print a JSON record.")] = False,
    model: ModelOption = None,
    *,
    profile: Profile,
) -> None:
    """Fit confidence and a threshold to your own labelled strips.

    Writes temperature, threshold and constraint as a profile into sdnn.toml, for `sdnn read --profile NAME`.
    With too few strips for the target nothing is written, and the exit code is 2.
    """
    silence_libraries()
    with needs("rapidfuzz", "calibrating"), needs("tomlkit", "writing a profile"):
        import tomlkit  # noqa: F401  # before the reading, which may take long

        from sdnn.evaluation.calibration import calibrate as calibrate_on

    check_profile_to_save(save, profile, Path(FILE_NAME))
    settings = replace(reading_settings(profile), temperature=None)
    with progress("reading", "readings") as update:
        found = calibrate_on(settings, folders, target_error, update, model)
    print_line(json.dumps(found.to_record()) if json_lines else found.summary())
    if found.threshold is None:
        raise UsageError(f"{found.shortage}; no profile was written")
    fitted = {"temperature": found.temperature, "min_confidence": found.threshold.value}
    save_profile(save, profile.with_options(fitted), Path(FILE_NAME))
    note(f"wrote profile {save} into {FILE_NAME}; use it here with: sdnn read --profile {shlex.quote(save)}")
