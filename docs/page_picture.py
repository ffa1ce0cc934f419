"""Draws data/serve.png, the page of `sdnn serve` in Chromium: python docs/page_picture.py."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Route, sync_playwright

PICTURE = Path(__file__).parents[1] / "data" / "serve.png"
SEED = 8
SIZE = {"width": 1180, "height": 860}
WINDOW = {"x": 330, "y": 300}
"""Place of the pointer on the figure, in the second digit."""


def fixed_writer(route: Route) -> None:
    """Asks for the same writer each time."""
    route.continue_(url=re.sub(r"seed=\d+", f"seed={SEED}", route.request.url))


def main() -> None:
    """Writes a number on the page, slides the window over it, and takes the picture."""
    command = [sys.executable, "-m", "sdnn", "serve", "--port", "0", "--jobs", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server, sync_playwright() as playwright:
        assert server.stderr is not None
        found = re.search(r"http://[0-9.:]+/", server.stderr.readline().decode())
        assert found, "the server does not start"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")  # type: ignore[arg-type]
        page.route("**/strokes*", fixed_writer)
        page.goto(found[0])
        page.get_by_text("Write it for me").click()
        page.get_by_text("sure").wait_for()
        page.wait_for_timeout(2000)
        page.locator("#figure").hover(position=WINDOW)  # type: ignore[arg-type]
        page.screenshot(path=PICTURE, full_page=True)
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
