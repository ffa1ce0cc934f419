from itertools import pairwise

import numpy as np
import pytest

from sdnn.datasets.documents import page_layout
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.forms import MIN_STRING_GAP
from sdnn.datasets.documents.handwritten_words import ScriptFonts
from sdnn.datasets.documents.page_layout import fill_page
from sdnn.datasets.documents.sheet import Sheet, random_sheet
from sdnn.datasets.documents.strings import WrittenString
from sdnn.datasets.pen import SyntheticDigits


@pytest.fixture(scope="module")
def pages() -> list[Sheet]:
    return [page(seed) for seed in range(40)]


def page(seed: int) -> Sheet:
    sheet = random_sheet(SyntheticDigits(), ScriptFonts(), DocumentRecipe(), np.random.default_rng(seed))
    fill_page(sheet)
    return sheet


def test_strings_on_one_line_keep_two_heights_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """In tables column lines part them, and they may be closer."""
    monkeypatch.setattr(page_layout, "fill_table", lambda sheet, left, top, height_px: height_px)
    write, lines = Sheet.write, dict[float, list[tuple[float, WrittenString]]]()

    def noted(
        sheet: Sheet, text: str, x: float, baseline: float, height_px: float, *args: object, **more: object
    ) -> WrittenString:
        written = write(sheet, text, x, baseline, height_px, *args, **more)  # type: ignore[arg-type]
        lines.setdefault(baseline, []).append((height_px, written))
        return written

    monkeypatch.setattr(Sheet, "write", noted)
    for seed in range(12):
        page(seed)
    gaps = [
        (after.box[0] - before.box[2]) / height
        for line in lines.values()
        for (height, before), (_, after) in pairwise(line)
    ]
    assert len(gaps) > 50
    assert min(gaps) >= MIN_STRING_GAP


def test_some_frames_are_blank_and_most_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[tuple[float, float]] = []

    def noted(sheet: Sheet, left: float, baseline: float, width_px: float, height_px: float) -> None:
        frames.append((left + width_px / 2, baseline - height_px / 2))

    monkeypatch.setattr(page_layout, "draw_frame", noted)
    filled = []
    for seed in range(12):
        frames.clear()
        boxes = [written.box for written in page(seed).written]
        filled += [
            any(left < x < right and top < y < bottom for left, top, right, bottom in boxes)
            for x, y in frames
        ]
    assert len(filled) > 20
    assert 0.3 < np.mean(filled) < 0.95


def test_a_page_is_filled_to_its_edges(pages: list[Sheet]) -> None:
    """Strings are met everywhere on a page, in the corners as in the middle."""
    met = np.sum([sheet.canvas.mask > 100 for sheet in pages], axis=0)
    parts = met.reshape(4, 64, 4, 64).mean(axis=(1, 3))
    assert parts.min() > 0.3 * parts.mean()


def test_there_are_few_strings_on_some_pages_and_many_on_others(pages: list[Sheet]) -> None:
    counts = [len(sheet.written) for sheet in pages]
    assert min(counts) < 6
    assert max(counts) > 25
    assert 5 < np.median(counts) < 40
