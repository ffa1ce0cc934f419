import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.deadlines import run_python
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.heic import is_heic
from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.results import FloatArray

GREY = np.array([[0, 255, 255], [128, 0, 255]], np.uint8).repeat(32, axis=0).repeat(32, axis=1)
PAGE = GREY / 255
HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def heic(image: Image.Image, **settings: Any) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.encode(image.mode, image.size, image.tobytes(), file, quality=-1, **settings)
    return file.getvalue()


def refusal(source: Any, **limits: int) -> str:
    with pytest.raises(UnreadableInput) as caught:
        load_page(source, **limits)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_photo_is_as_bright_as_the_picture_it_was_made_of(mode: str, tmp_path: Path) -> None:
    data = heic(Image.fromarray(GREY).convert(mode))
    path = tmp_path / "photo.heic"
    path.write_bytes(data)
    for source in (data, path, io.BytesIO(data)):
        (page,) = load_pages(source)
        assert page.dtype == np.float32
        np.testing.assert_allclose(page, PAGE, atol=0.02)


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [(3, Image.Transpose.ROTATE_180), (5, Image.Transpose.TRANSPOSE), (6, Image.Transpose.ROTATE_90)],
)
def test_a_photo_is_turned_upright_once(orientation: int, stored: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = heic(Image.fromarray(GREY).convert("RGB").transpose(stored), exif=exif.tobytes())
    np.testing.assert_allclose(load_page(data), PAGE, atol=0.02)


def test_white_strokes_on_transparency_are_seen() -> None:
    ink = Image.new("RGBA", (GREY.shape[1], GREY.shape[0]), "white")
    ink.putalpha(Image.fromarray(255 - GREY))
    np.testing.assert_allclose(load_page(heic(ink)), 1 - PAGE, atol=0.02)


def test_a_photo_is_known_by_any_of_the_kinds_it_names() -> None:
    data = heic(Image.fromarray(GREY).convert("RGB"))
    length = int.from_bytes(data[:4], "big")
    kinds = [data[at : at + 4] for at in range(16, length, 4)]
    assert data[8:12] in kinds
    named_otherwise = data[:8] + b"mif1" + data[12:]
    np.testing.assert_allclose(load_page(named_otherwise), PAGE, atol=0.02)


@pytest.mark.parametrize(
    "head",
    [b"", b"\0\0\0\x18ftyp", b"\xff\xff\xff\xffftypavif" + bytes(100), b"\x89PNG\r\n\x1a\nheic", b"heic" * 5],
)
def test_other_files_are_not_taken_for_photos(head: bytes) -> None:
    assert not is_heic(head)
    assert is_heic(HEAD)


def test_the_limit_counts_before_it_is_decoded() -> None:
    assert "more than 100 pixels" in refusal(heic(Image.fromarray(GREY)), max_pixels=100)


def page_or_line(data: bytes) -> FloatArray | str:
    try:
        return load_page(data)
    except UnreadableInput as error:
        return str(error)


def test_any_damage_gives_a_page_or_one_line() -> None:
    data = heic(Image.fromarray(GREY))
    rng = np.random.default_rng(0)
    assert "damaged" in refusal(data[: len(data) // 2])
    for _ in range(100):
        altered = np.frombuffer(data, np.uint8).copy()
        altered[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        page = page_or_line(altered.tobytes())
        if isinstance(page, str):
            assert "\n" not in page
        else:
            assert 0 <= page.min() <= page.max() <= 1


def test_without_the_package_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    message = refusal(HEAD)
    assert "pillow-heif" in message
    assert "pip install '.[heic]'" in message


def test_pillow_is_not_taught_the_format_for_others() -> None:
    data = heic(Image.fromarray(GREY))
    load_page(data)
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(data))


def test_the_package_is_loaded_with_the_first_photo() -> None:
    code = (
        "import sys; from sdnn.preprocessing.loading import load_page; load_page(sys.argv[1]);"
        "sys.exit('pillow_heif' in sys.modules)"
    )
    sample = Path(__file__).parents[2] / "data" / "samples" / "00000.png"
    assert run_python("-c", code, sample).returncode == 0
