import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.loading import FORMATS, load_page
from sdnn.results import FloatArray

Bytes = npt.NDArray[np.uint8]

# No symmetry: turned or mirrored it is another picture. Blocks of 8 px survive lossy formats.
GREY: Bytes = np.array([[0, 255, 255], [128, 0, 255]], np.uint8).repeat(8, axis=0).repeat(8, axis=1)
PAGE = GREY.astype(np.float32) / 255
PICTURE = Image.fromarray(GREY)


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def declared_png(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")


def refusal(source: Any) -> str:
    with pytest.raises(UnreadableInput) as caught:
        load_page(source)
    message = str(caught.value)
    assert "\n" not in message
    assert ": " in message
    return message


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_picture_gives_the_same_page_in_every_format(kind: str) -> None:
    page = load_page(encoded(PICTURE, kind))
    assert page.dtype == np.float32
    np.testing.assert_allclose(page, PAGE, atol=0.06)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "PA", "CMYK", "YCbCr"])
def test_the_same_picture_gives_the_same_page_in_every_mode(mode: str) -> None:
    np.testing.assert_allclose(load_page(PICTURE.convert(mode)), PAGE, atol=0.01)


def test_a_picture_of_one_bit_is_black_and_white() -> None:
    binary = PICTURE.point(lambda value: 255 if value > 200 else 0)
    np.testing.assert_array_equal(load_page(binary.convert("1")), GREY > 200)


def test_sixteen_bits_are_not_cut_to_eight() -> None:
    picture = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert picture.mode == "I;16"
    np.testing.assert_allclose(load_page(picture), PAGE, atol=1e-4)
    np.testing.assert_allclose(load_page(encoded(picture, "PNG")), PAGE, atol=1e-4)
    np.testing.assert_allclose(load_page(encoded(picture, "TIFF")), PAGE, atol=1e-4)


@pytest.mark.parametrize(
    "values",
    [GREY.astype(np.int32) * 1000 - 70_000, PAGE * 12 - 3, PAGE],
    ids=["I", "F", "F from 0 to 1"],
)
def test_pictures_without_a_fixed_range_span_their_own(values: npt.NDArray[Any]) -> None:
    picture = Image.fromarray(values)
    assert picture.mode in {"I", "F"}
    np.testing.assert_allclose(load_page(picture), PAGE, atol=1e-5)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_one_value_everywhere_is_blank_paper(mode: str) -> None:
    np.testing.assert_array_equal(load_page(Image.new(mode, (4, 3), 7)), np.ones((3, 4)))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", None])
def test_black_on_transparent_reads_as_black_on_white(mode: str, kind: str | None) -> None:
    ink = Image.new(mode, PICTURE.size, 0)
    ink.putalpha(Image.fromarray(255 - GREY))
    np.testing.assert_allclose(load_page(encoded(ink, kind) if kind else ink), PAGE, atol=0.01)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_reads_as_white(kind: str) -> None:
    picture = Image.fromarray((GREY == 255).astype(np.uint8)).convert("P")
    picture.putpalette([0, 0, 0] * 256)
    np.testing.assert_array_equal(load_page(encoded(picture, kind, transparency=1)), GREY == 255)


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_is_turned_upright_as_its_tag_says(
    kind: str, orientation: int, stored: Image.Transpose | None
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = PICTURE if stored is None else PICTURE.transpose(stored)
    np.testing.assert_allclose(load_page(encoded(picture, kind, exif=exif)), PAGE, atol=0.06)


def test_only_the_first_frame_of_an_animation_counts() -> None:
    frames = encoded(PICTURE, "GIF", save_all=True, append_images=[Image.new("L", PICTURE.size, 255)])
    np.testing.assert_allclose(load_page(frames), PAGE, atol=0.01)


def test_path_name_bytes_stream_picture_and_array_give_the_same_page(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    data = encoded(PICTURE, "PNG")
    path.write_bytes(data)
    for source in (path, str(path), data, io.BytesIO(data), PICTURE, GREY):
        np.testing.assert_array_equal(load_page(source), PAGE)
    with open(path, "rb") as file:
        np.testing.assert_array_equal(load_page(file), PAGE)


@pytest.mark.parametrize(
    ("dtype", "white"), [(np.bool_, 1), (np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (np.float64, 1)]
)
def test_the_values_of_an_array_span_its_type(dtype: type[np.generic], white: int) -> None:
    page = load_page((np.array([[0, 1, 1]]) * white).astype(dtype))
    assert page.dtype == np.float32
    np.testing.assert_array_equal(page, [[0, 1, 1]])


def test_floats_beyond_black_and_white_are_clipped() -> None:
    np.testing.assert_array_equal(load_page(np.array([[-0.5, 0.5, 1.5]])), np.array([[0, 0.5, 1]]))


def test_a_colour_array_is_as_bright_as_the_picture_of_it() -> None:
    colours = np.random.default_rng(0).integers(256, size=(5, 7, 3), dtype=np.uint8)
    page = load_page(colours)
    assert page.shape == (5, 7)
    np.testing.assert_allclose(page, load_page(Image.fromarray(colours)), atol=0.01)


def test_a_transparent_array_lies_on_white() -> None:
    clear_half_and_solid_black = np.array([[[0, 0, 0, 0], [0, 0, 0, 0.5], [0, 0, 0, 1]]])
    np.testing.assert_allclose(load_page(clear_half_and_solid_black), [[1, 0.5, 0]])


@pytest.mark.parametrize(
    "shape", [(), (5,), (0, 5), (5, 0), (5, 7, 0), (5, 7, 1), (5, 7, 2), (5, 7, 5), (1, 5, 7, 3)]
)
def test_an_array_of_another_shape_is_refused_with_its_shape(shape: tuple[int, ...]) -> None:
    assert str(shape) in refusal(np.zeros(shape))


@pytest.mark.parametrize("array", [np.array([["a"]]), np.array([[object()]])], ids=["text", "objects"])
def test_an_array_of_no_numbers_is_refused(array: npt.NDArray[Any]) -> None:
    refusal(array)


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.png").startswith(f"{tmp_path / 'none.png'}: ")


def test_a_folder_is_refused_by_its_name(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)).startswith(f"{tmp_path}: ")


def test_a_name_that_no_file_can_have_is_refused() -> None:
    refusal("page\0.png")


def test_an_empty_file_is_refused_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.touch()
    assert refusal(path).startswith(f"{path}: empty")
    assert "empty" in refusal(b"")
    assert "empty" in refusal(io.BytesIO())


def test_a_text_file_is_refused_with_the_formats_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_text("no picture\n")
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert all(kind in message for kind in FORMATS)


def test_other_formats_stay_closed() -> None:
    assert "PNG" in refusal(encoded(PICTURE, "TGA"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "PPM"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    data = encoded(Image.effect_noise((64, 64), 80), kind)
    refusal(data[: len(data) // 2])


def test_a_truncated_picture_is_refused_when_pillow_has_opened_it() -> None:
    data = encoded(Image.effect_noise((64, 64), 80), "PNG")
    refusal(Image.open(io.BytesIO(data[: len(data) // 2])))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    refusal(Image.new("L", size))


@pytest.mark.parametrize("side", [10_500, 20_000, 2**31 - 1])
def test_a_huge_declared_size_is_refused_before_it_is_decoded(side: int) -> None:
    assert "pixels" in refusal(declared_png(side, side))


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    altered = np.frombuffer(data, np.uint8).copy()
    altered[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
    return altered.tobytes()


def page_or_line(data: bytes) -> FloatArray | str:
    try:
        return load_page(data)
    except UnreadableInput as error:
        return str(error)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it can pass over
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "PPM", "WEBP", "GIF"])
def test_a_damaged_file_gives_a_page_or_one_line(kind: str) -> None:
    data = encoded(PICTURE.convert("RGB"), kind)
    rng = np.random.default_rng(0)
    for _ in range(100):
        page = page_or_line(damaged(data, rng))
        if isinstance(page, str):
            assert "\n" not in page
        else:
            assert page.ndim == 2
            assert 0 <= page.min() <= page.max() <= 1


def test_the_message_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(b"no picture")
    with open(path, "rb") as file:
        messages = [refusal(path), refusal(str(path)), refusal(file)]
    assert all(message.startswith(f"{path}: ") for message in messages)


def test_floats_up_to_255_are_refused() -> None:
    with pytest.raises(UnreadableInput, match="floats"):
        load_page(np.full((20, 30), 255.0))


def test_what_is_no_source_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="give a path"):
        load_page(["a.png"])  # type: ignore[arg-type]
