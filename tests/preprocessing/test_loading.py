import io
import itertools
import os
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pytest
from helpers.deadlines import DEADLINE_S
from PIL import Image, ImageCms

from sdnn.errors import UnreadableInput
from sdnn.preprocessing import loading
from sdnn.preprocessing.loading import FORMATS, load_page, load_pages
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


def frames(kind: str, *images: Image.Image, **settings: Any) -> bytes:
    return encoded(images[0], kind, save_all=True, append_images=images[1:], **settings)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def declared_png(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")


def tiff_entry(tag: int, value: int) -> bytes:
    """How a TIFF of Intel byte order holds one short number."""
    return struct.pack("<HHIHH", tag, 3, 1, value, 0)


def refusal(source: Any, **limits: int) -> str:
    with pytest.raises(UnreadableInput) as caught:
        load_page(source, **limits)
    message = str(caught.value)
    assert "\n" not in message
    assert ": " in message
    return message


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_picture_gives_the_same_page_in_every_format(kind: str) -> None:
    page = load_page(encoded(PICTURE, kind))
    assert page.dtype == np.float32
    np.testing.assert_allclose(page, PAGE, atol=0.06)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "RGBX", "LA", "P", "PA", "CMYK", "YCbCr", "F"])
def test_the_same_picture_gives_the_same_page_in_every_mode(mode: str) -> None:
    np.testing.assert_allclose(load_page(PICTURE.convert(mode)), PAGE, atol=0.01)


def test_premultiplied_hue_and_lightness_modes_give_the_same_page() -> None:
    colours = PICTURE.convert("RGB")
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lightness = ImageCms.profileToProfile(colours, srgb, lab, outputMode="LAB")
    assert lightness
    for picture in (PICTURE.convert("RGBA").convert("RGBa"), colours.convert("HSV"), lightness):
        np.testing.assert_allclose(load_page(picture), PAGE, atol=0.01)


def test_a_picture_of_one_bit_is_black_and_white() -> None:
    binary = PICTURE.point(lambda value: 255 if value > 200 else 0)
    np.testing.assert_array_equal(load_page(binary.convert("1")), GREY > 200)


def test_sixteen_bits_are_not_cut_to_eight() -> None:
    picture = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert picture.mode == "I;16"
    np.testing.assert_allclose(load_page(picture), PAGE, atol=1e-4)
    np.testing.assert_allclose(load_page(encoded(picture, "PNG")), PAGE, atol=1e-4)
    np.testing.assert_allclose(load_page(encoded(picture, "TIFF")), PAGE, atol=1e-4)


def test_sixteen_bits_are_not_stretched_when_the_picture_uses_few_of_them() -> None:
    faint = (GREY.astype(np.uint16) + 40_000).astype(np.uint16)
    for source in (encoded(Image.fromarray(faint), "PNG"), encoded(Image.fromarray(faint), "TIFF"), faint):
        np.testing.assert_allclose(load_page(source), faint / 65535, atol=1e-6)
    grey_map = encoded(Image.fromarray(faint), "PPM")
    assert Image.open(io.BytesIO(grey_map)).mode == "I"
    np.testing.assert_allclose(load_page(grey_map), faint / 65535, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_sixteen_bits_are_read_by_the_bits_that_they_hold(bits: int) -> None:
    white = 2**bits - 1
    values = np.round(PAGE * white).astype(np.uint16)
    picture = Image.fromarray(values)
    for source in (values, picture, *(encoded(picture, kind) for kind in ("PNG", "TIFF", "PPM"))):
        np.testing.assert_allclose(load_page(source), values / white, atol=1e-6)
    colours = values[..., None].repeat(3, axis=2)
    np.testing.assert_allclose(load_page(colours), values / white, atol=1e-6)


def test_a_black_picture_of_sixteen_bits_is_black() -> None:
    black = np.zeros((4, 3), np.uint16)
    for source in (black, encoded(Image.fromarray(black), "PNG")):
        np.testing.assert_array_equal(load_page(source), black)


def test_a_grey_map_may_say_which_value_is_white() -> None:
    np.testing.assert_allclose(load_page(b"P2 3 1 1000 0 500 1000"), [[0, 0.5, 1]], atol=1e-4)


def test_twelve_bits_of_a_tiff_span_black_to_white() -> None:
    data = encoded(Image.frombytes("I;16", (2, 1), bytes(4)), "TIFF")
    twelve = data.replace(tiff_entry(258, 16), tiff_entry(258, 12))
    offset = struct.unpack("<I", data[data.index(struct.pack("<HHI", 273, 4, 1)) + 8 :][:4])[0]
    twelve = twelve[:offset] + bytes([0xFF, 0xF0, 0x00]) + bytes(8)  # two values of 12 bits: white and black
    np.testing.assert_array_equal(load_page(twelve), [[1, 0]])


@pytest.mark.parametrize(
    "values",
    [GREY, GREY.astype(np.uint16) * 257, PAGE, PAGE * 255],
    ids=["8 bits", "16 bits", "to 1", "to 255"],
)
def test_a_tiff_may_call_zero_white(values: npt.NDArray[Any]) -> None:
    data = encoded(Image.fromarray(values.max() - values), "TIFF")
    inverted = data.replace(tiff_entry(262, 1), tiff_entry(262, 0))
    assert inverted != data
    np.testing.assert_allclose(load_page(inverted), PAGE, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.2, 0.5, 0.8], [0.2, 0.5, 0.8]),
        ([0.2, 0.5, 1.04], [0.2, 0.5, 1]),
        ([51, 102, 255], [0.2, 0.4, 1]),
        ([-1, 0, 3], [0, 0.25, 1]),
        ([0, 500, 1000], [0, 0.5, 1]),
        ([0.2, np.nan, 0.8], [0.2, 1, 0.8]),
        ([-100, np.nan, 300], [0, 1, 1]),
        ([0, np.inf, -np.inf], [0, 1, 0]),
        ([np.nan, np.nan, np.nan], [1, 1, 1]),
        ([-3e38, 0, 3e38], [0, 0.5, 1]),
    ],
)
def test_floats_span_1_or_255_or_else_their_own_range(values: list[float], expected: list[float]) -> None:
    picture = Image.fromarray(np.array([values], np.float32))
    for source in (picture, encoded(picture, "TIFF")):
        page = load_page(source)
        assert page.dtype == np.float32
        np.testing.assert_allclose(page, [expected], atol=1e-6)


def test_integers_without_a_fixed_range_span_their_own() -> None:
    picture = Image.fromarray(GREY.astype(np.int32) * 1000 - 70_000)
    assert picture.mode == "I"
    np.testing.assert_allclose(load_page(picture), PAGE, atol=1e-5)


@pytest.mark.parametrize(("mode", "value"), [("I", 7), ("F", 700)])
def test_one_value_everywhere_is_blank_paper(mode: str, value: int) -> None:
    np.testing.assert_array_equal(load_page(Image.new(mode, (4, 3), value)), np.ones((3, 4)))


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


def test_a_transparent_value_of_sixteen_bits_reads_as_white() -> None:
    picture = Image.fromarray(np.where(GREY == 255, 1000, 0).astype(np.uint16))
    np.testing.assert_array_equal(load_page(encoded(picture, "PNG", transparency=1000)), GREY == 255)


def test_white_strokes_on_transparency_lie_on_black() -> None:
    ink = Image.new("LA", PICTURE.size, 255)
    ink.putalpha(Image.fromarray(255 - GREY))
    for source in (
        ink,
        encoded(ink, "PNG"),
        np.asarray(ink.convert("RGBA")),
        np.asarray(ink.convert("RGBA")) / 255,
    ):
        np.testing.assert_allclose(load_page(source), 1 - PAGE, atol=0.01)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_white_palette_entry_beside_a_transparent_one_lies_on_black(kind: str) -> None:
    picture = Image.fromarray((GREY == 255).astype(np.uint8)).convert("P")
    picture.putpalette([255, 255, 255] * 256)
    np.testing.assert_array_equal(load_page(encoded(picture, kind, transparency=1)), GREY < 255)


def test_white_beside_a_transparent_value_of_sixteen_bits_lies_on_black() -> None:
    picture = Image.fromarray(np.where(GREY == 255, 1000, 65535).astype(np.uint16))
    np.testing.assert_array_equal(load_page(encoded(picture, "PNG", transparency=1000)), GREY < 255)


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
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_a_photo_is_turned_upright_as_its_tag_says(
    kind: str, orientation: int, stored: Image.Transpose | None
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = PICTURE if stored is None else PICTURE.transpose(stored)
    np.testing.assert_allclose(load_page(encoded(picture, kind, exif=exif)), PAGE, atol=0.06)


def test_a_damaged_orientation_leaves_a_good_picture_as_it_is() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(PICTURE, "JPEG", exif=exif)
    damaged_tag = data.replace(b"MM\0*", b"XX\0*").replace(b"II*\0", b"XX*\0")
    assert damaged_tag != data
    np.testing.assert_allclose(load_page(damaged_tag), PAGE, atol=0.06)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "MPO"])
def test_only_the_first_frame_of_an_animation_counts(kind: str) -> None:
    data = frames(kind, PICTURE, Image.new("L", PICTURE.size, 255))
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 2
    (page,) = load_pages(data)
    np.testing.assert_allclose(page, PAGE, atol=0.06)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "packbits"])
def test_every_page_of_a_tiff_counts_whatever_its_size_and_mode(compression: str, tmp_path: Path) -> None:
    wide = PICTURE.resize((48, 16), Image.Resampling.NEAREST)
    path = tmp_path / "pages.tif"
    path.write_bytes(frames("TIFF", PICTURE, wide, PICTURE.convert("RGB"), PICTURE, compression=compression))
    for source in (path, path.read_bytes()):
        pages = list(load_pages(source))
        assert [page.shape for page in pages] == [(16, 24), (16, 48), (16, 24), (16, 24)]
        for page in (pages[0], pages[1][:, ::2], *pages[2:]):
            np.testing.assert_allclose(page, PAGE, atol=0.03)


def test_each_page_of_a_tiff_has_its_own_orientation() -> None:
    turned = PICTURE.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.encoderinfo = {"exif": exif}  # the settings of one page
    data = frames("TIFF", PICTURE, turned, PICTURE)
    assert [page.shape for page in load_pages(data)] == [(16, 24)] * 3
    for page in load_pages(data):
        np.testing.assert_array_equal(page, PAGE)


def test_pages_before_a_damaged_one_are_read_and_it_is_named() -> None:
    data = frames("TIFF", *[PICTURE] * 3)
    pages = load_pages(data[: len(data) - 8])
    np.testing.assert_array_equal(next(pages), PAGE)
    np.testing.assert_array_equal(next(pages), PAGE)
    with pytest.raises(UnreadableInput, match=r"^bytes, page 3: damaged"):
        next(pages)


def test_pages_before_a_large_one_are_read_and_it_is_named() -> None:
    pages = load_pages(frames("TIFF", PICTURE, PICTURE.resize((240, 160))), max_pixels=1000)
    next(pages)
    with pytest.raises(UnreadableInput, match=r"^bytes, page 2: more than 1,000 pixels.*--max-pixels"):
        next(pages)


def test_a_tiff_of_too_many_pages_is_refused_after_those_that_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "MAX_PAGES", 2)
    assert len(list(load_pages(frames("TIFF", PICTURE, PICTURE)))) == 2
    pages = load_pages(frames("TIFF", *[PICTURE] * 3))
    assert len(list(itertools.islice(pages, 2))) == 2
    with pytest.raises(UnreadableInput, match="more than 2 pages"):
        next(pages)


def test_a_tiff_that_leads_back_to_its_first_page_ends() -> None:
    data = bytearray(frames("TIFF", PICTURE, PICTURE))
    first = struct.unpack_from("<I", data, 4)[0]
    link = first + 2 + 12 * struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, link)[0]
    struct.pack_into("<I", data, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], first)
    assert len(list(load_pages(bytes(data)))) == 2


def test_a_path_is_closed_when_nobody_asks_for_more_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pages.tif"
    path.write_bytes(frames("TIFF", PICTURE, PICTURE))
    opened: list[BinaryIO] = []

    def noted(name: Path, _: str) -> BinaryIO:
        opened.append(io.BufferedReader(io.FileIO(name)))
        return opened[-1]

    monkeypatch.setattr(loading, "open", noted, raising=False)
    pages = load_pages(path)
    next(pages)
    assert not opened[0].closed
    pages.close()
    load_page(path)
    assert [file.closed for file in opened] == [True, True]


def test_a_stream_and_a_picture_stay_open() -> None:
    file = io.BytesIO(frames("TIFF", PICTURE, PICTURE))
    load_page(file)
    assert not file.closed
    picture = Image.open(file)
    for _ in range(2):
        np.testing.assert_array_equal(load_page(picture), PAGE)


def test_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(encoded(PICTURE, "PNG"),), daemon=True)
    writer.start()
    np.testing.assert_array_equal(load_page(path), PAGE)
    writer.join(DEADLINE_S)


class Trickle(io.RawIOBase):
    """A stream that cannot seek and gives a few bytes at a time; without data it never ends."""

    def __init__(self, data: bytes | None = None) -> None:
        self.rest = None if data is None else io.BytesIO(data)
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = bytes(min(size, 100)) if self.rest is None else self.rest.read(min(size, 100))
        self.given += len(chunk)
        return chunk


def test_a_stream_that_gives_few_bytes_at_a_time_is_read_to_its_end() -> None:
    np.testing.assert_array_equal(load_page(Trickle(encoded(PICTURE, "BMP"))), PAGE)


def test_a_stream_without_end_is_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_BYTES", 1000)
    stream = Trickle()
    assert "more than 1,000 bytes" in refusal(stream)
    assert stream.given <= 1100


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    with open(path, "wb") as file:
        file.truncate(loading.MAX_BYTES + 1)  # a hole, which takes no room
    assert refusal(path).startswith(f"{path}: more than 1,000,000,000 bytes")


def test_a_stream_that_fails_is_refused() -> None:
    class Broken(Trickle):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    assert "Input/output error" in refusal(Broken())


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


def test_red_on_blue_of_its_brightness_is_the_same_page_in_every_source() -> None:
    share = (PAGE[..., None] * 255).astype(np.uint8) / 255
    colours = (np.array([205, 60, 55]) * (1 - share) + np.array([80, 110, 190]) * share).astype(np.uint8)
    picture = Image.fromarray(colours)
    page = load_page(colours)
    assert np.ptp(np.asarray(picture.convert("L"))) < 12
    assert np.ptp(page) > 0.4
    assert np.corrcoef(page.ravel(), PAGE.ravel())[0, 1] > 0.99  # the red ink is a little darker
    for source in (picture, encoded(picture, "PNG"), encoded(picture, "TIFF"), picture.convert("RGBA")):
        np.testing.assert_array_equal(load_page(source), page)
    np.testing.assert_allclose(load_page(colours / 255), page, atol=1e-5)


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


def test_the_limit_is_the_callers_for_every_kind_of_source() -> None:
    for source in (encoded(PICTURE, "PNG"), PICTURE, GREY):
        assert "more than 383 pixels" in refusal(source, max_pixels=383)
        assert "--max-pixels" in refusal(source, max_pixels=383)
        assert load_page(source, max_pixels=384).size == 384


def test_a_higher_limit_than_pillows_own_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = encoded(PICTURE, "TIFF", compression="tiff_lzw")
    assert "pixels" in refusal(data, max_pixels=200)
    assert Image.MAX_IMAGE_PIXELS == 100
    np.testing.assert_array_equal(load_page(data, max_pixels=384), PAGE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    np.testing.assert_array_equal(load_page(data), PAGE)


def test_a_limit_of_400_million_pixels_reaches_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    assert "pixels" in refusal(declared_png(19_999, 20_000))
    assert "damaged" in refusal(declared_png(19_999, 20_000), max_pixels=400_000_000)


def tiff_with_an_odd_tag() -> bytes:
    data = frames("TIFF", *[PICTURE] * 3, tiffinfo={270: "x" * 100})
    return data.replace(struct.pack("<HHI", 270, 2, 101), struct.pack("<HHI", 270, 2, 10_000_000))


def test_threads_do_not_disturb_each_other_nor_do_warnings_of_pillow() -> None:
    data = tiff_with_an_odd_tag()
    with pytest.warns(UserWarning, match="Tag data larger"):
        Image.open(io.BytesIO(data)).load()

    def right(_: int) -> bool:
        pages = list(load_pages(data))
        return len(pages) == 3 and all(np.array_equal(page, PAGE) for page in pages)

    with ThreadPoolExecutor(8) as threads:  # errors, as every warning is in this suite, would come out here
        assert all(threads.map(right, range(200)))


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    altered = np.frombuffer(data, np.uint8).copy()
    altered[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
    return altered.tobytes()


def page_or_line(data: bytes) -> FloatArray | str:
    try:
        return load_page(data)
    except UnreadableInput as error:
        return str(error)


@pytest.mark.parametrize("kind", FORMATS)
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
