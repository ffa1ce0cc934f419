"""`sdnn demo`."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sdnn.cli.options import ModelOption
from sdnn.cli.terminal import note, print_line
from sdnn.files import check_picture_path, save_picture

if TYPE_CHECKING:
    from sdnn.results import Reading

SAMPLES: Final = Path(__file__).parents[1] / "samples"
"""Pictures that come with the package; drawn, as all of its pictures are."""
EXPLAINED: Final = "00005.png"
"""The sample that is explained."""
NO_DIGIT: Final = "·"


def demo(
    explain: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Picture to draw of the one explained.")
    ] = None,
    model: ModelOption = None,
) -> None:
    """Read the samples that come with sdnn, and explain one reading."""
    check_picture_path("--explain", explain)
    from sdnn.reading.reader import Reader
    from sdnn.reading.settings import ACCEPT_ALL

    reader = Reader(model, ACCEPT_ALL)
    print_line("picture    read      confidence  digits, each with its own")
    for path in sorted(SAMPLES.glob("*.png")):
        reading = reader.read_line(path)
        digits = " ".join(f"{digit.digit} {100 * digit.confidence:.0f} %" for digit in reading.digits)
        print_line(f"{path.name:<9}  {reading.text:<8}  {reading.confidence:>10.3f}  {digits}".rstrip())
    reading = reader.read_line(SAMPLES / EXPLAINED)
    print_line("")
    for line in _explanation(reading):
        print_line(line)
    if explain:
        from sdnn.rendering.explain import explain as picture_of

        save_picture(picture_of(reading), explain)
        note(f"drew {explain}: the strip, its class map, the best path, the digits")
    else:
        note("see it as a picture with: sdnn demo --explain demo.png; read your own with: sdnn read PICTURE")


def _explanation(reading: "Reading") -> Iterator[str]:
    """How the digits come out of the class map, in words."""
    evidence = reading.evidence
    assert evidence is not None  # readings of a single picture keep theirs
    strip, class_map = evidence.strip, evidence.class_map
    labels = [NO_DIGIT if label > 9 else str(label) for label in evidence.path.tolist()]
    height, width = strip.ink.shape
    yield f"{EXPLAINED}, step by step:"
    yield f"1. The detector finds one line; levelled and scaled, it is a strip of {width} x {height} px."
    yield (
        f"2. The net is swept along it, a window of {class_map.window_px} px every {class_map.stride_px} px: "
        f"{len(class_map)} columns."
    )
    yield f"3. The best class of each column, {NO_DIGIT} where no digit is in the middle of the window:"
    yield f"   {''.join(labels)}"
    runs = "".join(label for label, _ in groupby(labels) if label != NO_DIGIT)
    yield f"4. Equal neighbours are one digit, {NO_DIGIT} none: {runs}"
    yield f"5. All paths that spell {reading.text} together have the probability {reading.confidence:.3f}."
