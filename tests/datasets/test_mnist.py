import hashlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.data_places import CONTENTS, COUNT, Places, archived, fake_images, idx, unpacked

from sdnn.datasets.mnist import FIT_IMAGES, MNIST_FILES, Mnist, find_mnist, load_mnist, mnist_checksums
from sdnn.enums import Split
from sdnn.errors import MissingPackage, UnreadableInput


def listing(root: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*")}


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


def test_files_unpacked_in_the_cache_are_not_copied_again(places: Places) -> None:
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
def test_messages_of_torchvision_go_to_stderr(
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
def test_without_mnist_and_network_the_message_names_the_fix(places: Places) -> None:
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
def test_a_download_has_a_timeout(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_an_mnist_digit_is_cropped_to_its_inked_columns() -> None:
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


def test_the_validation_split_is_the_last_five_thousand_training_images(mnist: Mnist) -> None:
    assert len(mnist) == 60_000 - FIT_IMAGES == 5_000
    assert (mnist[0].index, mnist[4_999].index) == (55_000, 59_999)


def test_every_mnist_digit_has_ink_in_its_first_and_last_column(mnist: Mnist) -> None:
    for place in range(len(mnist)):
        ink = mnist[place].ink
        assert ink[:, 0].any()
        assert ink[:, -1].any()
