"""Format of the rows of `sdnn read`, and checks of its options before anything is read."""

import os
from pathlib import Path

from sdnn.enums import Decoder, Format
from sdnn.errors import UsageError
from sdnn.files import check_not_overwriting, check_picture_path

SUFFIX_FORMATS = {
    "": Format.TEXT,
    ".txt": Format.TEXT,
    ".tsv": Format.TSV,
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".xml": Format.ALTO,
}
"""Format of each suffix of --output."""


def chosen_format(form: Format | None, json_lines: bool, output: Path | None) -> Format:
    """The format asked for, else that of the suffix of the output."""
    if json_lines and form not in {None, Format.JSON}:
        raise UsageError(f"--json is short for --format json; leave out --json or --format {form}")
    form = Format.JSON if json_lines else form
    suffix = output.suffix.lower() if output else ""
    if form is None and suffix not in SUFFIX_FORMATS:
        known = ", ".join(filter(None, SUFFIX_FORMATS))
        raise UsageError(f"--output {output}: no format ends in {suffix}; give one of {known}, or --format")
    named = SUFFIX_FORMATS.get(suffix) if suffix else None
    if form and named and form is not named:
        option = "--json" if json_lines else f"--format {form}"
        raise UsageError(f"--output {output}: its suffix says {named}; give another, or leave out {option}")
    return form or SUFFIX_FORMATS[suffix]


def check_retry(retry_errors: bool, resume: bool, form: Format) -> None:
    """Checks that --retry-errors can find errors."""
    if retry_errors and not resume:
        raise UsageError("--retry-errors reads again what --resume keeps; add --resume")
    if retry_errors and form is Format.TEXT:
        raise UsageError("--retry-errors needs rows with a status; choose --format csv, tsv or json")


def check_effects(form: Format, decoder: Decoder, nbest: int, mask_below: float, confidence: bool) -> None:
    """Rejects options that would have no effect."""
    if nbest > 1 and (mask_below or decoder is Decoder.NMS):
        raise UsageError("--nbest lists whole texts by probability; leave out --mask-below and --decoder nms")
    if mask_below and form is not Format.TEXT:
        raise UsageError(f"--mask-below prints text; leave it out with --format {form}")
    if confidence and form is not Format.TEXT:
        raise UsageError(f"--confidence adds a column to text; leave it out with --format {form}")
    if confidence and nbest > 1:
        raise UsageError("--nbest lists probabilities already; leave out --confidence")
    if nbest > 1 and form not in {Format.TEXT, Format.JSON}:
        raise UsageError(f"--nbest lists texts in text and json; leave it out with --format {form}")


def check_is_file(output: Path | None) -> None:
    """Checks that an output names no folder."""
    if output and (not output.name or os.path.isdir(output)):
        raise UsageError(f"--output {output}: is a folder; give the name of a file")


def check_paths(images: list[str], output: Path | None, explain: Path | None) -> None:
    """Checks that no output replaces a picture or the other output."""
    from sdnn.part_file import part_path

    if output and explain and output.absolute() == explain.absolute():
        raise UsageError(f"--explain {explain}: is the --output, too; give another name")
    check_not_overwriting("--explain", explain, images)
    check_picture_path("--explain", explain)
    if output:
        for out in (output, part_path(output)):
            check_not_overwriting("--output", out, images)
