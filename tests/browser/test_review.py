"""Reviews in the browser: five strings by keyboard, and two people's double entry."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli_runner import SAMPLES
from helpers.deadlines import DEADLINE_S
from helpers.live_server import LiveServer, live_server
from helpers.review_files import five_strings

from sdnn.evaluation.labels import read_labels

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    return expect(target)


@pytest.fixture
def review(browser: "Browser", tmp_path: Path) -> Iterator[LiveServer]:
    command = ("review", five_strings(tmp_path), "--images", SAMPLES, "--labels", tmp_path / "labels")
    with live_server(*command) as running:
        yield running


def opened(browser: "Browser", review: LiveServer, reader: str) -> "Page":
    page = browser.new_context().new_page()
    page.set_default_timeout(1000 * DEADLINE_S)
    page.goto(f"{review.url}?reader={reader}")
    expect_done(page, 0)
    return page


def expect_done(page: "Page", number: int) -> None:
    expect(page.locator("#done")).to_have_text(f"{number} of 5 answered", timeout=1000 * DEADLINE_S)


def labels(folder: Path) -> list[str]:
    return [each.label for each in read_labels(folder / "labels")]


def test_five_strings_end_in_the_right_labels(browser: "Browser", review: LiveServer, tmp_path: Path) -> None:
    page = opened(browser, review, "anna")
    expect(page.locator("#label")).to_have_value("14662")
    page.keyboard.press("Enter")  # accepts the guess
    expect_done(page, 1)
    page.keyboard.type("71141")  # corrects it
    page.keyboard.press("Enter")
    expect_done(page, 2)
    page.keyboard.press("n")
    expect_done(page, 3)
    page.keyboard.press("z")
    expect_done(page, 2)
    expect(page.locator("#label")).to_have_value("129236")
    page.keyboard.press("s")  # comes back at the end
    expect(page.locator("#label")).to_have_value("4449410")
    page.keyboard.press("u")
    expect_done(page, 3)
    page.locator("#label").fill("")
    page.keyboard.press("Enter")
    expect(page.locator("#error")).to_contain_text("digits alone")
    page.locator("#no-digits").click()
    expect_done(page, 4)
    expect(page.locator("#label")).to_have_value("129236")
    page.locator("#accept").click()
    expect_done(page, 5)
    expect(page.locator("#end")).to_be_visible()
    expect(page.locator("#rate")).to_contain_text("2 of 4 guesses wrong")
    assert labels(tmp_path) == ["14662", "71141", "129236"]
    page.reload()  # nothing is lost
    expect_done(page, 5)
    page.context.close()


def test_double_entry_in_two_browsers_lists_what_differs(
    browser: "Browser", review: LiveServer, tmp_path: Path
) -> None:
    anna, ben = opened(browser, review, "anna"), opened(browser, review, "ben")
    for number in range(1, 6):
        for page in (anna, ben):
            if page is ben and number == 2:
                page.keyboard.type("115")
            page.keyboard.press("Enter")
            expect_done(page, number)
    expect(ben.locator("#list li")).to_have_count(1)
    expect(ben.locator("#list")).to_contain_text("anna")
    expect(ben.locator("#list")).to_contain_text("115")
    assert labels(tmp_path) == ["14662", "129236", "4449410", "8809"]
    ben.get_by_text("Answer again").click()
    expect(ben.locator("#label")).to_have_value("115")
    ben.keyboard.type("114")
    ben.keyboard.press("Enter")
    expect(ben.locator("#end")).to_be_visible(timeout=1000 * DEADLINE_S)
    expect(ben.locator("#disagreements")).to_be_hidden(timeout=1000 * DEADLINE_S)
    assert labels(tmp_path) == ["14662", "114", "129236", "4449410", "8809"]
    anna.context.close()
    ben.context.close()
