import io
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.profiles import Profile
from sdnn.reading.reader import Reader
from sdnn.serving.service import Service


@pytest.fixture(scope="module")
def service() -> Service:
    return Service(Reader(), Profile())


@pytest.fixture
def two_pages(tmp_path: Path) -> Path:
    path = tmp_path / "two.tif"
    first, second = Image.new("L", (200, 100), 255), Image.new("L", (200, 100), 255)
    second.paste(0, (50, 40, 90, 60))
    first.save(path, save_all=True, append_images=[second])
    return path


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_a_string_is_cut_out_of_its_page_with_a_margin(service: Service, two_pages: Path) -> None:
    cut = opened(service.cut_out(two_pages, 2, (50, 40, 90, 60)))
    assert cut.size == (60, 40)  # half the height of the string on each side
    assert cut.getpixel((30, 20)) == 0
    assert cut.getpixel((2, 2)) == 255


def test_a_margin_ends_at_the_page(service: Service, two_pages: Path) -> None:
    assert opened(service.cut_out(two_pages, 1, (0, 0, 200, 90))).size == (200, 100)


def test_without_a_box_the_page_is_shown(service: Service, two_pages: Path) -> None:
    assert opened(service.cut_out(two_pages, 1, None)).size == (200, 100)


@pytest.mark.parametrize(
    ("page", "box"), [(3, (0, 0, 9, 9)), (1, (500, 500, 600, 520)), (1, (90, 60, 50, 40))]
)
def test_a_string_that_is_not_there_is_an_error(
    service: Service, two_pages: Path, page: int, box: tuple[int, int, int, int]
) -> None:
    with pytest.raises(UnreadableInput, match="the picture that was read"):
        service.cut_out(two_pages, page, box)


def test_a_constraint_of_the_server_holds_for_requests_with_others(tmp_path: Path) -> None:
    lexicon = tmp_path / "ids.txt"
    lexicon.write_text("1466\n14663\n")
    service = Service(Reader(), Profile({"lexicon": lexicon}))
    answer = service.read(SAMPLE.read_bytes(), "a.png", {"length": "4", "min_constraint_probability": 0.0})
    assert '"text": "1466"' in answer.payload
