"""What each part of the training is worth: writes ablation.json and ablation.md.

    python benchmarks/bench_ablation.py [DIR...]

Trains one net for each row, all with the same seed and, where the row is not about that, on the same number
of strips and from the same single-digit net, then reads validation strips and the given folders of real paper
(development sets). Finished runs in build/ablation are kept as long as code and recipe stay, so the command
can be interrupted.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from bench_report import folders_of, write_markdown

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.pages import PageRecipe, random_page
from sdnn.datasets.strips import Layout, random_strip
from sdnn.enums import Source, Split, Stage
from sdnn.errors import UsageError
from sdnn.evaluation.labels import read_labels
from sdnn.evaluation.metrics import bootstrap_over_digits, wilson_interval
from sdnn.hardware import hardware
from sdnn.models.architecture import Architecture, Convolution, Layer, Pooling
from sdnn.models.engine import BUNDLED
from sdnn.models.registry import ARCHITECTURES, DEFAULT
from sdnn.preprocessing import load_page
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL, TTA_THRESHOLD
from sdnn.reading.views import VIEWS, View
from sdnn.results import FloatArray, Geometry
from sdnn.training.reader_recipe import DigitRecipe, Recipe, StringRecipe
from sdnn.training.reader_run import ReaderRun

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "ablation"
DIGITS = DigitRecipe(examples=51_200)
STRINGS = StringRecipe(examples=25_600)
DIGIT_NET = Recipe(source=Source.HANDS, digits=DIGITS, strings=None)
BASE = Recipe(source=Source.HANDS, digits=None, strings=STRINGS)
PAGE = PageRecipe()
ONE_VIEW = (View(),)
STRIPS = 1000
"""Validation strips of either kind."""


def _earlier_features(channels: Sequence[int]) -> tuple[Layer, ...]:
    """The net bundled before the present one: its maps have a column every 2 px from the first maxima on."""
    first, second, third, fourth, last = channels
    return (
        Convolution(1, first, 5, 5),
        Pooling(2, 2),
        Convolution(first, second, 3, 3),
        Convolution(second, third, 3, 3),
        Pooling(2, 1),
        Convolution(third, fourth, 3, 3),
        Convolution(fourth, last, 3, 3),
    )


EARLIER_NET = Architecture("lenet-32", Geometry(32, 17, 40, 2), (16, 32, 64, 128, 160), _earlier_features)
SMALL_WRITING = replace(DEFAULT, name="lenet-17", geometry=replace(DEFAULT.geometry, text_height_px=17))
ARCHITECTURES.update({net.name: net for net in (EARLIER_NET, SMALL_WRITING)})


@dataclass(frozen=True)
class Variant:
    """A row: what is trained, and how it reads.

    Attributes:
        name: What differs from the base.
        recipe: Of the training; None for the bundled model. Without a digit stage it goes on from the net of
            `DIGIT_NET`.
        views: Of the reader; by default the first one alone.
        sure: Of the reader.
    """

    name: str
    recipe: Recipe | None = BASE
    views: tuple[View, ...] = ONE_VIEW
    sure: float = 0.0


def of_strings(**changes: object) -> Recipe:
    """The base with another string training."""
    return replace(BASE, strings=replace(STRINGS, **changes))  # type: ignore[arg-type]


def of_pages(**changes: object) -> Recipe:
    """The base with other pages."""
    return of_strings(page=replace(PAGE, **changes))  # type: ignore[arg-type]


def of_net(architecture: Architecture) -> Recipe:
    """The base with another net, which learns single digits first."""
    channels = architecture.channels
    return replace(BASE, digits=DIGITS, architecture=architecture.name, channels=channels)


def variants() -> Iterator[Variant]:
    """All rows, in the order of the table."""
    yield Variant("base: 51,200 windows, then 25,600 strips, one view")
    yield Variant("strips without real hands", replace(BASE, source=Source.MIXED))
    yield Variant("no documents: no letters, words, signs, combs", of_pages(document_share=0.0))
    yield Variant("writing at 17 px", of_net(SMALL_WRITING))
    yield Variant("earlier net: strips of 32 px, writing at 17 px", of_net(EARLIER_NET))
    yield Variant("a quarter of the strips", of_strings(examples=STRINGS.examples // 4))
    yield Variant("windows only: flanked, with the no-digit class", DIGIT_NET)
    yield Variant("base, all views", BASE, VIEWS, sure=1.1)
    yield Variant("bundled model, one view", None)
    yield Variant("bundled model, all views where in doubt", None, VIEWS, TTA_THRESHOLD)
    yield Variant("bundled model, always all views", None, VIEWS, sure=1.1)


def trained(recipe: Recipe) -> ReaderRun:
    """A finished run of a recipe, from earlier where there is one that today's code made."""
    start = None
    if recipe.digits is None:
        start = trained(DIGIT_NET).folder / "model.safetensors"
        recipe = replace(recipe, start=hashlib.sha256(start.read_bytes()).hexdigest())
    for folder in sorted(BUILD.glob("run-*")):
        try:
            run = ReaderRun.resume(folder)
        except UsageError:
            continue
        if run.recipe == recipe:
            if not run.model.exists():
                run.train(None, lambda progress: None)
            return run
    run = ReaderRun.new(BUILD / f"run-{len(list(BUILD.glob('run-*'))):02}", recipe, None, start)
    run.train(None, lambda progress: None)
    return run


@dataclass(frozen=True, eq=False)
class Collection:
    """Labelled pages.

    Attributes:
        pages: Brightness and digits of each.
        sources: The MNIST images that each is made of, where they are shared; else None.
    """

    pages: list[tuple[FloatArray, str]]
    sources: list[list[int]] | None = None


def collections(folders: list[Path]) -> dict[str, Collection]:
    """What is read: validation strips and the folders."""
    clean = digit_source(Source.MNIST, Split.VALIDATION)
    mixed = digit_source(Source.MIXED, Split.VALIDATION)
    strips = [random_strip(clean, Layout(), np.random.default_rng([number, 77])) for number in range(STRIPS)]
    degrade = replace(PAGE, clean_share=0.0)
    pages = [random_page(mixed, degrade, np.random.default_rng([number, 78])) for number in range(STRIPS)]
    found = {
        "clean": Collection(
            [(strip.page, strip.text) for strip in strips],
            [[digit.index or 0 for digit in strip.digits] for strip in strips],
        ),
        "paper": Collection([(page.brightness, page.text) for page in pages]),
    }
    for folder in folders:
        found[folder.name] = Collection([(load_page(each.path), each.label) for each in read_labels(folder)])
    return found


@dataclass(frozen=True)
class Scored:
    """Strings read right, of how many."""

    n: int
    right: int
    interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.right / self.n:.1f} ± {50 * (high - low):.1f}"


@dataclass(frozen=True)
class Row:
    """What one variant reads."""

    variant: str
    train_seconds: float | None
    scored: dict[str, Scored]


def measure(variant: Variant, read: dict[str, Collection]) -> Row:
    """Trains and reads one row."""
    run = None if variant.recipe is None else trained(variant.recipe)
    seconds = sum(run.last_metrics(stage).get("seconds", 0.0) for stage in Stage) if run else None
    settings = replace(ACCEPT_ALL, views=tuple(variant.views), tta_threshold=variant.sure)
    reader = Reader(run.model if run else BUNDLED, settings)
    scored = {}
    for name, collection in read.items():
        right = np.array([reader.read_line(page).text == text for page, text in collection.pages])
        count, n = int(right.sum()), len(right)
        if collection.sources:
            interval = bootstrap_over_digits(right, collection.sources, np.random.default_rng(0))
        else:
            interval = wilson_interval(count, n)
        scored[name] = Scored(n, count, interval)
    return Row(variant.name, seconds, scored)


def main() -> None:
    """Trains and reads all rows and writes the figures."""
    if "--again" in sys.argv:
        shutil.rmtree(BUILD, ignore_errors=True)
    folders = folders_of([each for each in sys.argv[1:] if not each.startswith("--")], "ablation")
    BUILD.mkdir(parents=True, exist_ok=True)
    read = collections(folders)
    rows = []
    for variant in variants():
        rows.append(measure(variant, read))
        print(json.dumps(asdict(rows[-1])), file=sys.stderr, flush=True)
    figures = {"hardware": hardware(), "seed": 0, "rows": [asdict(row) for row in rows]}
    (HERE / "ablation.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "ablation.md",
        ["trained and read with", *(f"{name} %" for name in read)],
        [[row.variant, *(str(row.scored[name]) for name in read)] for row in rows],
        "Strings right, half of the 95 % interval behind (clean: by bootstrap over digits); one net each. "
        f"clean: {STRIPS:,} strips of five "
        "MNIST validation digits, gap 0 to 6 px; paper: as many lines on drawn paper, half of them MNIST "
        f"validation digits; the others are development sets of real paper. {hardware()}.",
    )


if __name__ == "__main__":
    main()
