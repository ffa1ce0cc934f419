import contextlib
import gc
import io
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from helpers.deadlines import run_python, wait_until
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing import pdf as pdf_module
from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.pdf import MARK_BYTES, pdf_pages
from sdnn.preprocessing.pdf_renderer import DPI, HEADER, frames
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


def test_any_damage_gives_pages_or_one_line() -> None:
    data = pdf(BLACK_LEFT_HALF, BLACK_LEFT_HALF)
    rng = np.random.default_rng(0)
    for _ in range(200):
        altered = np.frombuffer(data, np.uint8).copy()
        altered[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        for header, content in frames(io.BytesIO(altered.tobytes()), 100_000):
            letter, first, second, stride = HEADER.unpack(header)
            assert letter in {b"P", b"D", b"W", b"E", b"."}
            assert len(bytes(content)) == (second * stride if letter == b"P" else first)
            assert letter == b"P" or b"\n" not in content


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


def renderers() -> list[str]:
    """Processes that draw for this one."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if f"PPid:\t{os.getpid()}\n" in status.read_text():
                command = status.with_name("cmdline").read_bytes()
                found += [status.parent.name] if b"pdf_renderer" in command else []
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_the_renderer_ends_at_the_end_and_when_nobody_asks_for_more() -> None:
    data = pdf(*[BLACK_LEFT_HALF] * 8)  # more than a pipe holds
    assert len(list(load_pages(data))) == 8
    load_page(data)
    assert renderers() == []
    pages = load_pages(data)
    next(pages)
    assert len(renderers()) == 1
    del pages
    gc.collect()
    assert renderers() == []


SELF_DRAWN = pdf("/F Do", resources="/XObject<</F 9 0 R>>").replace(
    b"xref\n",
    b"9 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 72 36]/Resources<</XObject<</F 9 0 R>>>>/Length 11>>"
    b"stream\n/F Do /F Do\nendstream\nendobj\nxref\n",
    1,
)
"""A form that draws itself twice; the table of objects is rebuilt by PDFium."""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits the time on the clock alone")
def test_a_page_that_needs_too_much_memory_or_time_is_refused_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_module, "PAGE_BYTES", 300_000_000)
    monkeypatch.setattr(pdf_module, "PAGE_CPU_S", 20)
    assert "page 1: takes more than 300 MB to draw" in refusal(SELF_DRAWN)
    monkeypatch.setattr(pdf_module, "PAGE_BYTES", 6_000_000_000)
    monkeypatch.setattr(pdf_module, "PAGE_CPU_S", 1)
    assert "page 1: takes more than 1 s to draw" in refusal(SELF_DRAWN)


def test_a_renderer_that_hangs_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(1000)")
    monkeypatch.setattr(pdf_module, "_RENDERER", sleeper)
    monkeypatch.setattr(pdf_module, "WALL_FACTOR", 0.1)
    assert "takes more than 4 s to draw" in refusal(pdf(""))


def test_a_renderer_that_dies_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = tmp_path / "dying.py"
    for code, reason in (
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashes PDFium by signal 11"),
        ("raise SystemExit(3)", "ends PDFium with exit code 3"),
    ):
        dying.write_text(code)
        monkeypatch.setattr(pdf_module, "_RENDERER", dying)
        assert reason in refusal(pdf(""))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the number of a parent that is gone")
def test_a_renderer_ends_with_its_parent() -> None:
    code = (
        "import os, sys, time\n"
        "from sdnn.preprocessing import pdf\n"
        "with pdf._renderer(open(sys.argv[1], 'rb'), 100, 60, 10**10) as process:\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(0)"
    )
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(SELF_DRAWN)
        file.flush()
        pid = int(run_python("-c", code, file.name).stdout)
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    """Whether a process works, and is neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_file_stays_open() -> None:
    file = io.BytesIO(pdf(BLACK_LEFT_HALF))
    assert len(list(pdf_pages(file, "page.pdf", 1000))) == 1
    assert not file.closed


def test_threads_draw_at_the_same_time() -> None:
    data = pdf(*[BLACK_LEFT_HALF, ""] * 3)

    def right(number: int) -> bool:
        pages = load_pages(data)
        if number % 3 == 0:  # nobody asks for the rest
            return is_black_on_the_left(next(pages))
        return [is_black_on_the_left(page) for page in pages] == [True, False] * 3

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(right, range(12)))


def test_a_scan_in_a_pdf_is_as_bright_as_the_scan() -> None:
    grey = np.array([[0, 255, 255], [128, 0, 255]], np.uint8).repeat(60, axis=0).repeat(60, axis=1)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PDF", resolution=DPI, quality=95)
    page = load_page(file.getvalue())
    assert page.shape == grey.shape
    np.testing.assert_allclose(page, grey / 255, atol=0.06)
