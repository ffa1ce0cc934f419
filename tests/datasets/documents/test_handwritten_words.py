import numpy as np
import pytest

from sdnn.datasets.documents.handwritten_words import (
    DESCENDERS,
    MixedWords,
    ScriptFonts,
    UnipenWords,
    WordImage,
    WordSource,
)
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.unipen import Sample, find_unipen, load_unipen
from sdnn.enums import Split
from sdnn.errors import UnreadableInput


@pytest.fixture(scope="module")
def unipen() -> UnipenWords:
    """Words and letters of the validation writers, where UNIPEN is on disk."""
    try:
        find_unipen()
    except UnreadableInput as error:
        pytest.skip(str(error))
    letters = load_unipen("1b", Split.VALIDATION) + load_unipen("1c", Split.VALIDATION)
    return UnipenWords(load_unipen("7", Split.VALIDATION), letters)


def sample(label: str, writer: str = "abc/one", height: float = 100.0) -> Sample:
    """A ring of the height, half as wide for each letter."""
    angle = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([len(label) * height / 4 * (1 + np.cos(angle)), height / 2 * (1 + np.sin(angle))], axis=1)
    return Sample(label, writer, (ring.astype(np.float32),))


def assert_is_cropped(ink: Ink) -> None:
    assert ink[[0, -1]].any(axis=1).all()
    assert ink[:, [0, -1]].any(axis=0).all()
    assert ink.max() > 150


def drawn(source: WordSource, count: int) -> list[WordImage]:
    rng = np.random.default_rng(0)
    return [source.writer(rng).word(rng) for _ in range(count)]


def test_script_fonts_write_words() -> None:
    words = drawn(ScriptFonts(), 40)
    for word in words:
        assert_is_cropped(word.ink)
        assert 0.5 < word.height < 2.2
        assert 0 <= word.drop < 0.7
    assert len({word.ink.tobytes() for word in words}) > 30
    assert any(word.drop > 0.15 for word in words)
    assert any(word.drop < 0.08 for word in words)


def test_words_are_made_again_from_their_seed() -> None:
    first, second = drawn(ScriptFonts(), 3), drawn(ScriptFonts(), 3)
    assert [word.ink.tobytes() for word in first] == [word.ink.tobytes() for word in second]


def test_numbers_are_no_words() -> None:
    letters = [sample(letter) for letter in "abcdefghijklmn"]
    source = UnipenWords([sample("word"), sample("19", "abc/two"), sample("B12", "abc/two")], letters)
    pools = {id(writer) for writer in source._words} | {id(writer) for writer in source._letters}
    assert len(pools) == 2
    assert list(source._words[0]) == ["word"]


def test_writers_of_few_letters_write_no_words() -> None:
    many, few = "abcdefghijkl", "abcdefghijk"
    letters = [sample(letter) for letter in many] + [sample(letter, "abc/two") for letter in few]
    assert [len(writer) for writer in UnipenWords([], letters)._letters] == [12]


def test_letters_of_one_writer_stand_side_by_side() -> None:
    words = drawn(UnipenWords([], [sample(letter) for letter in "abcdefhiklmn"]), 30)
    for word in words:
        assert_is_cropped(word.ink)
        assert word.height == pytest.approx(1, abs=0.1)
        assert word.drop == pytest.approx(0, abs=0.1)
        # Each letter is a ring, half as wide as it is high.
        rings = int(np.count_nonzero(np.diff((word.ink[word.ink.shape[0] // 2] > 100).astype(int)) == 1))
        assert 3 <= rings + 1 <= 17
    assert len({word.ink.shape[1] for word in words}) > 5


def test_descenders_hang_below_the_line() -> None:
    letters = [sample(letter) for letter in DESCENDERS for _ in range(3)]
    words = drawn(UnipenWords([], letters), 10)
    assert all(word.drop > 0.1 for word in words)


def test_mixed_sources_have_their_shares() -> None:
    letters = [sample(letter) for letter in "abcdefghijklmn"]
    rng = np.random.default_rng(0)
    both = MixedWords([(UnipenWords([], letters), 3.0), (ScriptFonts(), 1.0)])
    scripts = np.mean([isinstance(both.writer(rng), ScriptFonts) for _ in range(400)])
    assert scripts == pytest.approx(0.25, abs=0.06)


def test_unipen_writers_write_words(unipen: UnipenWords) -> None:
    words = drawn(unipen, 40)
    for word in words:
        assert_is_cropped(word.ink)
        assert 0.1 < word.height <= 2.5
        assert 0 <= word.drop < 2
    assert len({word.ink.tobytes() for word in words}) == 40
