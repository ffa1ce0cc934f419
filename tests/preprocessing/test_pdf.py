import gc
import io
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.deadlines import run_python
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.pdf import DPI, MARK_BYTES, pdf_pages
from sdnn.results import FloatArray

BLACK_LEFT_HALF = "0 g 0 0 36 36 re f"
INCH = (0, 0, 72, 36)
"""One inch wide and half an inch high, in points."""


def pdf(
    *contents: str, box: tuple[float, ...] = INCH, resources: str = "", page: str = "", trailer: str = ""
) -> bytes:
    """A PDF with a page for each of the contents."""
    leaves = [3 + 2 * index for index in range(len(contents))]
    kids = " ".join(f"{leaf} 0 R" for leaf in leaves)
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(leaves)}>>"]
    for leaf, content in zip(leaves, contents, strict=True):
        sides = " ".join(map(str, box))
        head = f"/Type/Page/Parent 2 0 R/MediaBox[{sides}]/Resources<<{resources}>>{page}"
        objects.append(f"<<{head}/Contents {leaf + 1} 0 R>>")
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
    data, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(data)}\n%%EOF"
    return data + end.encode()


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableInput) as caught:
        list(load_pages(data))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("bytes")
    return message


def is_black_on_the_left(page: FloatArray) -> bool:
    middle = page.shape[1] // 2
    return bool((page[1:-1, 1 : middle - 1] == 0).all() and (page[1:-1, middle + 1 :] == 1).all())


def test_a_page_is_drawn_in_grey_at_its_resolution() -> None:
    page = load_page(pdf(BLACK_LEFT_HALF))
    assert page.dtype == np.float32
    assert page.shape == (DPI // 2, DPI)
    assert is_black_on_the_left(page)


def test_colours_are_as_bright_as_in_a_picture() -> None:
    page = load_page(pdf("1 0 0 rg 0 0 24 36 re f 0 1 0 rg 24 0 24 36 re f 0 0 1 rg 48 0 24 36 re f"))
    np.testing.assert_allclose(page[50, [30, 100, 170]], [0.299, 0.587, 0.114], atol=0.01)


def test_red_on_blue_of_its_brightness_is_seen() -> None:
    page = load_page(pdf("0.31 0.43 0.75 rg 0 0 72 36 re f 0.8 0.24 0.22 rg 30 0 6 36 re f"))
    ink, paper = page[50, [91, 150]]
    assert abs(ink - paper) > 0.4


def test_what_lets_light_through_lies_on_white() -> None:
    page = load_page(pdf("/Half gs " + BLACK_LEFT_HALF, resources="/ExtGState<</Half<</ca 0.5>>>>"))
    np.testing.assert_allclose(page[50, [50, 150]], [0.5, 1], atol=0.01)


def test_a_turned_page_is_upright() -> None:
    page = load_page(pdf(BLACK_LEFT_HALF, page="/Rotate 90"))
    assert page.shape == (DPI, DPI // 2)
    assert is_black_on_the_left(np.rot90(page))


def test_every_page_counts() -> None:
    pages = list(load_pages(pdf(BLACK_LEFT_HALF, "", BLACK_LEFT_HALF)))
    assert [is_black_on_the_left(page) for page in pages] == [True, False, True]


def test_path_bytes_and_stream_give_the_same_pages(tmp_path: Path) -> None:
    data = pdf(BLACK_LEFT_HALF)
    path = tmp_path / "page.pdf"
    path.write_bytes(data)
    for source in (path, data, io.BytesIO(data)):
        assert is_black_on_the_left(load_page(source))


@pytest.mark.parametrize("max_pixels", [2, 100, 12_345, 19_999])
@pytest.mark.parametrize("box", [INCH, (0, 0, 14_400, 14_400), (0, 0, 14_400, 3)])
def test_the_resolution_is_lowered_to_the_limit(box: tuple[float, ...], max_pixels: int) -> None:
    pixels = load_page(pdf(BLACK_LEFT_HALF, box=box), max_pixels).size
    assert 1 <= pixels <= max_pixels


def test_a_limit_that_is_hardly_exceeded_costs_hardly_any_resolution() -> None:
    height, width = load_page(pdf("", box=(0, 0, 612, 792)), 2_000_000).shape
    assert 1_990_000 < height * width <= 2_000_000
    assert height / width == pytest.approx(792 / 612, abs=0.001)


def test_other_bytes_may_come_before_the_mark() -> None:
    assert is_black_on_the_left(load_page(b"\n" * (MARK_BYTES - 10) + pdf(BLACK_LEFT_HALF)))
    assert "not a picture" in refusal(b"\n" * MARK_BYTES + pdf(BLACK_LEFT_HALF))


def test_a_picture_that_speaks_of_a_pdf_is_a_picture() -> None:
    assert load_page(b"P5\n# from %PDF-1.7\n2 1\n255\n\x00\xff").tolist() == [[0, 1]]


def test_a_pdf_with_a_password_is_refused_as_such() -> None:
    keys = f"/O({'o' * 32})/U({'u' * 32})"
    locked = pdf("", trailer=f"/Encrypt<</Filter/Standard/V 1/R 2{keys}/P -4>>/ID[(a)(b)]")
    assert "password" in refusal(locked)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + b"rubbish" * 100, pdf("")[:100], pdf()])
def test_a_damaged_pdf_is_refused_as_such(data: bytes) -> None:
    assert "damaged PDF" in refusal(data)


def test_pages_before_a_damaged_one_are_read_and_it_is_named() -> None:
    data = pdf(BLACK_LEFT_HALF, BLACK_LEFT_HALF)
    second = data.index(b"5 0 obj")
    pages = load_pages(data[:second] + data[second:].replace(b"/Type/Page/", b"/Type/Rage/", 1))
    assert is_black_on_the_left(next(pages))
    with pytest.raises(UnreadableInput, match=r"^bytes, page 2: damaged PDF"):
        next(pages)


def pages_and_line(data: bytes) -> Iterator[FloatArray | str]:
    try:
        yield from load_pages(data)
    except UnreadableInput as error:
        yield str(error)


def test_any_damage_gives_pages_or_one_line() -> None:
    data = pdf(BLACK_LEFT_HALF, BLACK_LEFT_HALF)
    rng = np.random.default_rng(0)
    for _ in range(200):
        altered = np.frombuffer(data, np.uint8).copy()
        altered[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        for page in pages_and_line(altered.tobytes()):
            if isinstance(page, str):
                assert "\n" not in page
            else:
                assert 0 <= page.min() <= page.max() <= 1


def test_without_the_package_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    message = refusal(pdf(BLACK_LEFT_HALF))
    assert "pypdfium2" in message
    assert "pip install '.[pdf]'" in message


def test_the_package_is_loaded_with_the_first_pdf() -> None:
    code = (
        "import sys; from sdnn.preprocessing.loading import load_page; load_page(sys.argv[1]);"
        "sys.exit('pypdfium2' in sys.modules)"
    )
    sample = Path(__file__).parents[2] / "data" / "samples" / "00000.png"
    assert run_python("-c", code, sample).returncode == 0


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The documents that were closed."""
    pypdfium2 = pytest.importorskip("pypdfium2")
    documents: list[Any] = []
    close = pypdfium2.PdfDocument.close

    def noted(document: Any) -> None:
        documents.append(document)
        close(document)

    monkeypatch.setattr(pypdfium2.PdfDocument, "close", noted)
    return documents


def test_the_document_is_closed_at_the_end_and_when_nobody_asks_for_more(closed: list[Any]) -> None:
    data = pdf(BLACK_LEFT_HALF, BLACK_LEFT_HALF)
    assert len(list(load_pages(data))) == 2
    assert len(closed) == 1
    load_page(data)
    assert len(closed) == 2
    pages = load_pages(data)
    next(pages)
    del pages
    gc.collect()
    assert len(closed) == 3


def test_the_file_stays_open() -> None:
    file = io.BytesIO(pdf(BLACK_LEFT_HALF))
    assert len(list(pdf_pages(file, "page.pdf", 1000))) == 1
    assert not file.closed


def test_threads_take_turns() -> None:
    data = pdf(*[BLACK_LEFT_HALF, ""] * 3)

    def right(number: int) -> bool:
        pages = load_pages(data)
        if number % 3 == 0:  # nobody asks for the rest
            return is_black_on_the_left(next(pages))
        return [is_black_on_the_left(page) for page in pages] == [True, False] * 3

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(right, range(60)))


def test_a_scan_in_a_pdf_is_as_bright_as_the_scan() -> None:
    grey = np.array([[0, 255, 255], [128, 0, 255]], np.uint8).repeat(60, axis=0).repeat(60, axis=1)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PDF", resolution=DPI, quality=95)
    page = load_page(file.getvalue())
    assert page.shape == grey.shape
    np.testing.assert_allclose(page, grey / 255, atol=0.06)
