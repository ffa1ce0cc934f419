"""The page: a number is written, a picture dropped, decoder and constraint changed."""

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli_runner import SAMPLE
from helpers.deadlines import DEADLINE_S
from helpers.live_server import LiveServer

from sdnn.serving.strokes import written_strokes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
SEED = 3
SLOW_MS = 1000 * DEADLINE_S


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    return expect(target)


def write(page: "Page", number: str) -> None:
    """Writes a number with the mouse, stroke by stroke."""
    box = page.locator("#paper").bounding_box()
    assert box
    scale = 0.09 * box["width"]
    left, top = box["x"] + 0.08 * box["width"], box["y"] + 0.35 * box["height"]
    for stroke in written_strokes(number, SEED):
        (x, y), *rest = stroke[::3]
        page.mouse.move(left + scale * x, top + scale * y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(left + scale * x, top + scale * y)
        page.mouse.up()


def expect_text(page: "Page", text: str | re.Pattern[str]) -> None:
    expect(page.locator("#text")).to_have_text(text, timeout=SLOW_MS)


def test_a_number_written_stroke_by_stroke_is_read(page: "Page") -> None:
    write(page, "50417")
    expect_text(page, "50417")
    expect(page.locator("#verdict")).to_contain_text("accepted")
    expect(page.locator("#live")).to_contain_text("Read 5 0 4 1 7", timeout=SLOW_MS)
    expect(page.locator("#nbest li").first).to_contain_text("50417")
    expect(page.locator("#figure")).to_have_attribute("aria-label", re.compile("spells 50417"))


def test_undo_takes_the_last_stroke_back_and_clear_all(page: "Page") -> None:
    write(page, "14")
    expect_text(page, "14")
    for _ in written_strokes("14", SEED)[len(written_strokes("1", SEED)) :]:
        page.keyboard.press("Control+z")
    expect_text(page, "1")
    page.keyboard.press("Escape")
    expect_text(page, "–")
    expect(page.locator("#undo")).to_be_disabled()


def drop(page: "Page", content: bytes, name: str) -> None:
    """Drops a file on the page."""
    bring(page, content, name, "new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })")


def paste(page: "Page", content: bytes, name: str) -> None:
    """Pastes a file into the page."""
    bring(page, content, name, "new ClipboardEvent('paste', { clipboardData: dataTransfer, bubbles: true })")


def bring(page: "Page", content: bytes, name: str, event: str) -> None:
    """Dispatches an event that carries a file."""
    page.evaluate(
        f"""([content, name]) => {{
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            document.dispatchEvent({event});
        }}""",
        [base64.b64encode(content).decode(), name],
    )


def test_a_dropped_picture_is_read(page: "Page") -> None:
    drop(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")


def test_a_pasted_picture_is_read_and_pasted_text_changes_nothing(page: "Page") -> None:
    paste(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")
    page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", "90210");
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }"""
    )
    expect_text(page, "14662")
    expect(page.locator("#error")).to_be_hidden()


@pytest.mark.parametrize("way", ["#camera", "#file"])
def test_a_chosen_or_photographed_picture_is_read(page: "Page", way: str) -> None:
    page.set_input_files(way, SAMPLE)
    expect_text(page, "14662")


def test_a_file_that_is_no_picture_is_an_error_and_the_next_picture_is_read(page: "Page") -> None:
    drop(page, b"hello", "a.txt")
    expect(page.locator("#error")).to_contain_text("not a picture", timeout=SLOW_MS)
    drop(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")
    expect(page.locator("#error")).to_be_hidden()


def test_the_decoder_can_be_switched(page: "Page") -> None:
    drop(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")
    with page.expect_response(lambda response: "decoder=nms" in response.url) as peaks:
        page.get_by_label("Peaks").check()
    assert peaks.value.status == 200
    expect(page.locator("#value")).to_be_disabled()
    with page.expect_response(lambda response: "topology=strict" in response.url):
        page.get_by_label("always").check()
    with page.expect_response(lambda response: "decoder=posterior" in response.url):
        page.get_by_label("Best string").check()
    expect_text(page, "14662")


def test_a_constraint_changes_the_answer(page: "Page") -> None:
    drop(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")
    page.select_option("#kind", "length")
    page.fill("#value", "4")
    expect_text(page, re.compile("^[0-9]{4}$"))
    expect(page.locator("#note")).to_contain_text("without the constraint: 14662")
    page.fill("#value", "9-2")
    expect(page.locator("#error")).to_contain_text("give the smaller number first", timeout=SLOW_MS)
    expect_text(page, "–")
    page.select_option("#kind", "")
    expect_text(page, "14662")


def test_samples_are_read(page: "Page") -> None:
    page.locator(".sample").first.click()
    expect_text(page, "43942")


def test_a_number_is_written_for_those_who_cannot_draw(page: "Page") -> None:
    page.locator("#number").focus()
    page.keyboard.type("2038")
    page.keyboard.press("Enter")
    expect_text(page, re.compile("^[0-9]{3,5}$"))
    page.locator("#number").fill("12a")
    page.keyboard.press("Enter")
    expect(page.locator("#error")).to_contain_text("1 to 12 digits", timeout=SLOW_MS)


def test_the_window_follows_the_arrow_keys(page: "Page") -> None:
    drop(page, SAMPLE.read_bytes(), "a.png")
    expect_text(page, "14662")
    page.locator("#scroller").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#window")).to_contain_text("Column 1:")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#window")).to_contain_text("Column 2:")


def test_the_colours_can_be_chosen_and_stay(page: "Page") -> None:
    for theme in ("light", "dark"):
        page.locator("#theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_phone_shows_it_without_scrolling_sideways(browser: "Browser", server: LiveServer) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    opened = context.new_page()
    opened.goto(server.url)
    expect(opened.locator("#photograph")).to_be_visible()
    opened.locator(".sample").first.click()
    expect_text(opened, "43942")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_a_number_written_with_a_finger_is_read(browser: "Browser", server: LiveServer) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    opened = context.new_page()
    opened.goto(server.url)
    touches = context.new_cdp_session(opened)
    box = opened.locator("#paper").bounding_box()
    assert box
    scale = 0.14 * box["width"]
    left, top = box["x"] + 0.1 * box["width"], box["y"] + 0.35 * box["height"]
    for stroke in written_strokes("417", SEED):
        for number, (x, y) in enumerate(stroke[::3]):
            touches.send(
                "Input.dispatchTouchEvent",
                {
                    "type": "touchMove" if number else "touchStart",
                    "touchPoints": [{"x": left + scale * x, "y": top + scale * y}],
                },
            )
        touches.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect_text(opened, "417")
    assert opened.evaluate("window.scrollY") == 0  # a finger on the paper writes and does not scroll
    context.close()


def test_the_page_asks_no_other_server(browser: "Browser", server: LiveServer) -> None:
    context = browser.new_context()
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(server.url)
    opened.locator(".sample").first.click()
    expect_text(opened, "43942")
    others = [url for url in asked if not url.startswith((server.origin, "data:", "blob:"))]
    assert len(asked) > 5
    assert others == []
    context.close()
