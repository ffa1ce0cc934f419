import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sdnn.datasets.pages import LineSource, PageRecipe
from sdnn.datasets.pen import SyntheticDigits
from sdnn.detection import Detector, LineCrop
from sdnn.models.lenet import LENET
from sdnn.reading.views import VIEWS
from sdnn.results import Box
from sdnn.training.finetune_recipe import OwnJitter, OwnRecipe
from sdnn.training.joined_lines import OwnLine
from sdnn.training.own_strips import MixedMaker, jittered_strip, view_strips
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.string_task import StripBatch, StripMaker

STILL = OwnJitter(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
LINES = LineSource(SyntheticDigits(), Detector(threads=1))


def line(text: str = "12") -> OwnLine:
    layers = np.zeros((78, 100, 2), np.float32)
    layers[26:52, 30:34] = layers[26:52, 60:64] = 1
    return OwnLine(LineCrop(layers, Box(26, 26, 74, 52), 0.1), text)


def is_near(ink: npt.NDArray[np.uint8], other: npt.NDArray[np.int_]) -> bool:
    return ink.shape == other.shape and int(np.abs(ink - other).max()) <= 5


def maker(share: float, texts: int = 5) -> MixedMaker:
    recipe = StringRecipe(batch=4, page=PageRecipe(most_digits=2))
    lines = tuple(line(str(number)) for number in range(texts))
    return MixedMaker(StripMaker(LINES, recipe, LENET.geometry, seed=3), lines, OwnRecipe(share=share))


def test_without_jitter_a_strip_is_that_of_a_view() -> None:
    views = [strip.ink.astype(int) for strip in view_strips(line(), LENET.geometry)]
    assert len(views) == len(VIEWS)
    rng, seen = np.random.default_rng(0), set()
    for _ in range(40):
        ink = jittered_strip(line(), STILL, LENET.geometry, rng).ink
        # Ink is blended before the warp here and after it there, and OpenCV rounds its weights.
        same = [place for place, view in enumerate(views) if is_near(ink, view)]
        assert len(same) == 1
        seen.update(same)
    assert seen == set(range(len(VIEWS)))


def test_jitter_draws_another_strip_every_time() -> None:
    rng = np.random.default_rng(0)
    strips = [jittered_strip(line(), OwnJitter(), LENET.geometry, rng) for _ in range(20)]
    assert len({strip.ink.tobytes() for strip in strips}) == 20
    assert {strip.text for strip in strips} == {"12"}
    assert {strip.ink.shape[0] for strip in strips} == {LENET.geometry.height_px}
    assert all(strip.ink.max() > 100 for strip in strips)


@pytest.mark.parametrize("name", ["log_scale", "shear", "drop", "end", "thickening_px", "wave_px", "noise"])
def test_each_kind_of_jitter_does_something(name: str) -> None:
    jitter = OwnJitter(**{**dict.fromkeys(OwnJitter.__dataclass_fields__, 0.0), name: 0.3})
    rng = np.random.default_rng(0)
    drawn = {jittered_strip(line(), jitter, LENET.geometry, rng).ink.tobytes() for _ in range(40)}
    assert len(drawn) > 2 * len(VIEWS)


def test_every_own_line_comes_as_often_as_the_others() -> None:
    batches = [batch.own for number in range(5) for batch in maker(0.5)(number)]
    counts = Counter(text for batch in batches for text in batch.texts)
    assert counts == dict.fromkeys("01234", 16)  # 5 calls of 8 batches of 2


def test_own_and_synthetic_strips_share_the_batches() -> None:
    mixed = maker(0.25, texts=1)
    batches = mixed(0)
    assert [(len(batch.own.texts), len(batch.synthetic.texts)) for batch in batches] == [(1, 3)] * 8
    assert {text for batch in batches for text in batch.own.texts} == {"0"}
    assert len({text for batch in batches for text in batch.synthetic.texts}) > 5


def test_digits_of_lines_with_cuts_come_in_other_company() -> None:
    cut = replace(line("12"), cuts=(45.0,)), replace(line("34"), cuts=(45.0,)), line("56")
    mixed = replace(maker(0.5), lines=cut)
    texts = Counter(text for number in range(20) for batch in mixed(number) for text in batch.own.texts)
    assert texts.keys() == {"12", "14", "32", "34", "56"}  # one without cuts stays whole
    assert min(texts.values()) > 20
    whole = replace(mixed, own=replace(mixed.own, joined_share=0.0))
    texts = Counter(text for number in range(20) for batch in whole(number) for text in batch.own.texts)
    assert texts.keys() == {"12", "34", "56"}


def test_a_joined_line_that_is_too_wide_is_not_learned() -> None:
    cut = replace(line("12"), cuts=(45.0,)), replace(line("34"), cuts=(45.0,))
    mixed = replace(maker(0.5), lines=cut)
    narrow = replace(mixed.synthetic.recipe, page=replace(mixed.recipe.page, widest_px=60))
    source = replace(mixed.synthetic, recipe=narrow)
    rng = np.random.default_rng(0)
    drawn = {replace(mixed, synthetic=source).own_strip(number % 2, rng).text for number in range(60)}
    assert drawn == {"12", "34"}


def test_batches_depend_on_their_number_alone_also_in_another_process() -> None:
    first = maker(0.5)
    again = pickle.loads(pickle.dumps(first))
    for one, other in zip(first(3), again(3), strict=True):
        assert content(one.own) == content(other.own)
        assert content(one.synthetic) == content(other.synthetic)
    assert content(first(2)[0].own) != content(first(3)[0].own)


def test_a_part_makes_its_share_of_each_batch_with_strips_of_its_own() -> None:
    whole = maker(0.5)
    parts = [whole.part(number, 2) for number in range(2)]
    assert sum(each.recipe.batch for each in parts) == whole.recipe.batch
    first, second = (each(0) for each in parts)
    assert {(len(batch.own.texts), len(batch.synthetic.texts)) for batch in first} == {(1, 1)}
    assert [batch.synthetic.texts for batch in first] != [batch.synthetic.texts for batch in second]


def content(batch: StripBatch) -> tuple[object, ...]:
    return batch.texts, batch.columns, batch.ink.tobytes()
