import gzip
import hashlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from unipen_files import ANGLE, add_writer

from sdnn.datasets import digits
from sdnn.datasets.digits import (
    FIT_IMAGES,
    HANDS_SHARE,
    MNIST_FILES,
    DigitImage,
    DigitSource,
    Mixed,
    Mnist,
    SyntheticDigits,
    Writer,
    digit_source,
    find_mnist,
    load_mnist,
    mnist_checksums,
    plain_part,
)
from sdnn.datasets.unipen import CATEGORIES
from sdnn.enums import Source, Split
from sdnn.errors import MissingPackage, UnreadableInput

COUNT = 10


class Places:
    """Every place where MNIST is looked for, all of them empty."""

    def __init__(self, root: Path) -> None:
        self.argument, self.variable, self.checkout, self.cache = (
            root / name for name in ("argument", "variable", "checkout/data", "cache")
        )


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    places = Places(tmp_path)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: places.cache)
    monkeypatch.setattr(digits, "__file__", str(places.checkout.parent / "sdnn" / "datasets" / "digits.py"))
    monkeypatch.delenv("SDNN_DATA", raising=False)
    return places


def idx(array: npt.NDArray[np.uint8]) -> bytes:
    """An array as MNIST's files hold it."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


def fake_images(first: int) -> npt.NDArray[np.uint8]:
    """Images that say by a bar of ink at which place of which file they stand."""
    images = np.zeros((COUNT, 28, 28), np.uint8)
    for place in range(COUNT):
        images[place, 4:24, 9 : 12 + place] = first + place
    return images


CONTENTS = dict(
    zip(
        MNIST_FILES,
        [
            idx(fake_images(100)),
            idx(np.arange(COUNT, dtype=np.uint8)),
            idx(fake_images(200)),
            idx(np.arange(COUNT, dtype=np.uint8)),
        ],
        strict=True,
    )
)


def unpacked(root: Path) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (raw / name).write_bytes(content)
    return root


def archived(root: Path) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (raw / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    return root


def listing(root: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*")}


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets torchvision take the fake files for MNIST, and nothing come from the network."""
    torchvision_mnist = pytest.importorskip("torchvision.datasets").MNIST
    checksums = [
        (f"{name}.gz", hashlib.md5(gzip.compress(content, mtime=0)).hexdigest())
        for name, content in CONTENTS.items()
    ]
    monkeypatch.setattr(torchvision_mnist, "resources", checksums)
    monkeypatch.setattr(torchvision_mnist, "mirrors", ["file:///no/network/"])
    monkeypatch.setattr(digits, "FIT_IMAGES", 6)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(UnreadableInput) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert "--source pen" in message
    return message


def test_the_argument_comes_first_then_the_variable_the_checkout_and_the_cache(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for root in (places.argument, places.variable, places.checkout, places.cache):
        unpacked(root)
    monkeypatch.setenv("SDNN_DATA", str(places.variable))
    assert find_mnist(places.argument) == places.argument
    assert find_mnist() == places.variable
    monkeypatch.setenv("SDNN_DATA", "")
    assert find_mnist() == places.checkout
    (places.checkout / "MNIST" / "raw" / MNIST_FILES[0]).unlink()
    assert find_mnist() == places.cache


def test_without_mnist_anywhere_the_cache_is_where_it_goes(places: Places) -> None:
    assert find_mnist() == places.cache


@pytest.mark.parametrize("by_variable", [False, True])
def test_archives_are_copied_to_the_cache_and_their_folder_left_alone(
    places: Places, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    before = listing(archived(places.variable))
    if by_variable:
        monkeypatch.setenv("SDNN_DATA", str(places.variable))
    assert find_mnist(None if by_variable else places.variable) == places.cache
    assert listing(places.variable) == before
    raw = places.cache / "MNIST" / "raw"
    assert {path.name for path in raw.iterdir()} == {f"{name}.gz" for name in MNIST_FILES}


def test_archives_in_the_cache_stay_where_they_are(places: Places) -> None:
    before = listing(archived(places.cache))
    assert find_mnist() == places.cache
    assert listing(places.cache) == before


def test_what_is_unpacked_in_the_cache_is_not_copied_again(places: Places) -> None:
    archived(places.variable)
    unpacked(places.cache)
    assert find_mnist(places.variable) == places.cache
    assert not list(places.cache.rglob("*.gz"))


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_named_folder_without_mnist_is_refused_by_its_name(
    places: Places, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    unpacked(places.cache)
    if by_variable:
        monkeypatch.setenv("SDNN_DATA", str(places.variable))
    message = refusal(lambda: find_mnist(None if by_variable else places.variable))
    assert message.startswith(f"{places.variable}: ")


def test_three_archives_are_not_mnist(places: Places) -> None:
    raw = archived(places.argument) / "MNIST" / "raw"
    (raw / f"{MNIST_FILES[3]}.gz").unlink()
    assert str(raw) in refusal(lambda: find_mnist(places.argument))


def test_a_cache_that_cannot_be_written_is_named(places: Places) -> None:
    places.cache.write_text("a file where the folder should be")
    with pytest.raises(UnreadableInput, match=str(places.cache)):
        find_mnist(archived(places.argument))


@pytest.mark.parametrize(
    ("split", "places_in_file", "first_value"),
    [(Split.TRAIN, range(6), 100), (Split.VALIDATION, range(6, COUNT), 100), (Split.TEST, range(COUNT), 200)],
)
@pytest.mark.usefixtures("small_mnist")
def test_each_split_has_its_part_of_the_files(
    places: Places, split: Split, places_in_file: range, first_value: int
) -> None:
    mnist = load_mnist(split, unpacked(places.argument))
    found = [mnist[place] for place in range(len(mnist))]
    assert [digit.index for digit in found] == list(places_in_file)
    assert [digit.label for digit in found] == list(places_in_file)
    assert [digit.ink.max() - first_value for digit in found] == list(places_in_file)


@pytest.mark.usefixtures("small_mnist")
def test_what_torchvision_says_goes_to_stderr(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.MNIST.download", lambda self: print("Extracting"))
    load_mnist(Split.TRAIN, unpacked(places.argument))
    assert capsys.readouterr() == ("", "Extracting\n")


@pytest.mark.usefixtures("small_mnist")
def test_archives_are_unpacked_in_the_cache(places: Places) -> None:
    before = listing(archived(places.argument))
    assert len(load_mnist(Split.TRAIN, places.argument)) == 6
    assert listing(places.argument) == before
    assert (places.cache / "MNIST" / "raw" / MNIST_FILES[0]).is_file()


@pytest.mark.usefixtures("small_mnist")
def test_nothing_is_written_where_mnist_lies_unpacked(places: Places) -> None:
    before = listing(unpacked(places.argument))
    load_mnist(Split.TEST, places.argument)
    assert listing(places.argument) == before
    assert not places.cache.exists()


@pytest.mark.usefixtures("small_mnist")
def test_without_mnist_and_network_the_message_says_what_to_do(places: Places) -> None:
    message = refusal(lambda: load_mnist(Split.TRAIN))
    assert str(places.cache) in message
    assert "--data" in message


@pytest.mark.usefixtures("small_mnist")
@pytest.mark.parametrize(
    "content", [b"", b"no idx file", idx(fake_images(0))[:-1]], ids=["empty", "text", "cut"]
)
def test_damaged_files_are_refused_by_their_folder(places: Places, content: bytes) -> None:
    raw = unpacked(places.argument) / "MNIST" / "raw"
    (raw / MNIST_FILES[2]).write_bytes(content)
    assert str(places.argument) in refusal(lambda: load_mnist(Split.TEST, places.argument))


@pytest.mark.usefixtures("small_mnist")
def test_a_download_waits_for_the_network_no_longer_than_it_says(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float | None] = []

    def download(*_: Any, **__: Any) -> None:
        timeouts.append(socket.getdefaulttimeout())
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.MNIST.download", download)
    before = socket.getdefaulttimeout()
    refusal(lambda: load_mnist(Split.TRAIN))
    assert timeouts == [20]
    assert socket.getdefaulttimeout() == before


def test_without_torchvision_the_message_names_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(MissingPackage, match="torchvision"):
        load_mnist(Split.TRAIN, unpacked(places.argument))


def test_checksums_are_those_of_the_unpacked_files(places: Places) -> None:
    assert dict(mnist_checksums(unpacked(places.argument))) == {
        name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()
    }


def test_drawn_digits_need_no_data(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDNN_DATA", str(places.variable))
    assert isinstance(digit_source(Source.PEN, Split.TRAIN), SyntheticDigits)


@pytest.mark.usefixtures("small_mnist")
def test_a_source_gives_the_digits_it_is_named_after(places: Places) -> None:
    data = unpacked(places.argument)
    for category in CATEGORIES:
        (data / "unipen" / "data" / category).mkdir(parents=True)
    add_writer(data, "1a", "aga/ann", [(label, [ANGLE]) for label in "0123456789"])
    rng = np.random.default_rng(0)
    indices: dict[Source, list[int | None]] = {}
    for source in Source:
        drawn_from = digit_source(source, Split.TRAIN, 0.25, data)
        indices[source] = [drawn_from.draw(3, rng).index for _ in range(200)]
    assert set(indices[Source.MNIST]) == {3}
    assert set(indices[Source.PEN]) == {None}
    assert indices[Source.MIXED].count(None) == pytest.approx(50, abs=20)
    others = 200 * (HANDS_SHARE + 0.25 * (1 - HANDS_SHARE))
    assert indices[Source.HANDS].count(None) == pytest.approx(others, abs=25)


@pytest.mark.usefixtures("small_mnist")
def test_real_hands_are_asked_for_where_they_are_not(places: Places) -> None:
    data = unpacked(places.argument)
    with pytest.raises(UnreadableInput, match="no UNIPEN there"):
        digit_source(Source.HANDS, Split.TRAIN, data=data)


def test_an_mnist_digit_is_cut_to_its_inked_columns() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 5:20, 7:19] = 9
    images[1, 3, [0, 27]] = 1
    mnist = Mnist(images, np.array([4, 6], np.uint8), first_index=50)
    assert [mnist[place].ink.shape for place in (0, 1)] == [(28, 12), (28, 28)]
    assert mnist[0].ink[5:20].min() == 9
    assert (mnist[1].label, mnist[1].index) == (6, 51)


def test_mnist_draws_every_image_of_a_label_and_no_other() -> None:
    labels = np.arange(40, dtype=np.uint8) % 10
    mnist = Mnist(np.ones((40, 28, 28), np.uint8), labels)
    rng = np.random.default_rng(0)
    assert {mnist.draw(7, rng).index for _ in range(100)} == {7, 17, 27, 37}
    assert mnist.writer(rng) is mnist


@pytest.mark.parametrize("label", range(10))
def test_a_drawn_digit_is_cut_to_its_inked_columns(label: int) -> None:
    digit = SyntheticDigits().draw(label, np.random.default_rng(label))
    assert digit.ink.shape[0] == 28
    assert digit.ink[:, [0, -1]].any(axis=0).all()
    assert (digit.label, digit.index) == (label, None)


def test_a_pen_draws_every_digit_in_another_hand_and_a_writer_in_one() -> None:
    rng = np.random.default_rng(0)

    def spread_of_heights(source: DigitSource) -> float:
        return float(np.std([source.draw(0, rng).ink.any(axis=1).sum() for _ in range(40)]))

    writers = [spread_of_heights(SyntheticDigits().writer(rng)) for _ in range(5)]
    assert np.mean(writers) < 0.8 * spread_of_heights(SyntheticDigits())


class One:
    """Always the same digit, told by its index."""

    pen_px = 2.0

    def __init__(self, index: int) -> None:
        self.index = index

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        return DigitImage(np.ones((28, 1), np.uint8), label, self.index)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        return self


def test_the_first_source_of_a_mixture_is_the_plain_one() -> None:
    first = One(1)
    assert plain_part(Mixed(first, One(2), 0.9)) is first
    assert plain_part(first) is first


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_mixture_takes_the_second_source_as_often_as_asked(share: float) -> None:
    rng = np.random.default_rng(0)
    mixed = Mixed(One(1), One(2), share)
    drawn = [mixed.draw(5, rng).index for _ in range(1000)]
    assert drawn.count(2) / 1000 == pytest.approx(share, abs=0.05)


def test_one_writer_of_a_mixture_keeps_to_one_source() -> None:
    rng = np.random.default_rng(0)
    writers = [Mixed(One(1), One(2), 0.5).writer(rng) for _ in range(50)]
    drawn = [{writer.draw(5, rng).index for _ in range(5)} for writer in writers]
    assert all(len(indices) == 1 for indices in drawn)
    assert {1, 2} == set().union(*drawn)


def test_the_validation_split_is_the_last_five_thousand_training_images(mnist: Mnist) -> None:
    assert len(mnist) == 60_000 - FIT_IMAGES == 5_000
    assert (mnist[0].index, mnist[4_999].index) == (55_000, 59_999)


def test_every_mnist_digit_has_ink_in_its_first_and_last_column(mnist: Mnist) -> None:
    for place in range(len(mnist)):
        ink = mnist[place].ink
        assert ink[:, 0].any()
        assert ink[:, -1].any()
