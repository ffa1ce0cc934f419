import pickle
from collections import Counter

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
from sdnn.training.own_strips import MixedMaker, OwnLine, jittered_strip, view_strips
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.string_task import StripMaker

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
    batches = [batch for number in range(5) for batch in maker(1.0)(number)]
    counts = Counter(text for batch in batches for text in batch.texts)
    assert counts == dict.fromkeys("01234", 32)  # 5 calls of 8 batches of 4


def test_own_and_synthetic_strips_share_the_batches() -> None:
    mixed = maker(0.5, texts=1)
    batches = mixed(0)
    assert [len(batch.texts) for batch in batches] == [4] * mixed.batches_per_call
    assert sum(len(batch.texts) for batch in batches) == 32
    assert Counter(text for batch in batches for text in batch.texts)["0"] >= 16


def test_batches_depend_on_their_number_alone_also_in_another_process() -> None:
    first = maker(0.5)
    again = pickle.loads(pickle.dumps(first))
    for one, other in zip(first(3), again(3), strict=True):
        assert one.texts == other.texts
        np.testing.assert_array_equal(one.ink, other.ink)
    assert first(2)[0].ink.tobytes() != first(3)[0].ink.tobytes()


def test_a_part_makes_its_share_of_each_batch_with_strips_of_its_own() -> None:
    whole = maker(0.5)
    parts = [whole.part(number, 2) for number in range(2)]
    assert sum(each.recipe.batch for each in parts) == whole.recipe.batch
    first, second = (each(0) for each in parts)
    assert {len(batch.texts) for batch in first} == {whole.recipe.batch // 2}
    assert [batch.texts for batch in first] != [batch.texts for batch in second]
