"""axe-core finds nothing serious on the pages, light and dark; `make browser` fetches it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli_runner import SAMPLES
from helpers.live_server import LiveServer, live_server
from helpers.review_files import five_strings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
AXE = Path(__file__).parents[2] / "build" / "axe-core" / "package" / "axe.min.js"


@pytest.fixture
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run make browser")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def review(browser: "Browser", tmp_path: Path) -> Iterator[LiveServer]:
    with live_server("review", five_strings(tmp_path), "--images", SAMPLES) as running:
        yield running


def opened(browser: "Browser", url: str, scheme: Any, width: int) -> "Page":
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    page.goto(url)
    return page


def findings(page: "Page", axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    return [
        f"{each['impact']}: {each['id']}: {node['html'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible(
    browser: "Browser", server: LiveServer, axe: str, scheme: str, width: int
) -> None:
    page = opened(browser, server.url, scheme, width)
    assert findings(page, axe) == []
    page.locator(".sample").first.click()
    page.locator("#nbest li").first.wait_for()
    page.locator("#kind").select_option("length")
    page.fill("#value", "9-2")
    page.locator("#error").wait_for()
    assert findings(page, axe) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_is_accessible(browser: "Browser", review: LiveServer, axe: str, scheme: str) -> None:
    page = opened(browser, review.url, scheme, 1280)
    page.locator("#picture").wait_for()
    assert findings(page, axe) == []
    for number in range(1, 6):
        page.keyboard.press("Enter")
        page.get_by_text(f"{number} of 5 answered").wait_for()
    page.locator("#end").wait_for()
    assert findings(page, axe) == []
    page.context.close()
