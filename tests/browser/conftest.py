"""Tests of the pages in the system's Chromium; skipped where there is none."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from helpers.deadlines import DEADLINE_S
from helpers.live_server import LiveServer, live_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""Names of the program."""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no browser: run make browser, or install chromium")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # its sandbox refuses root
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=sandbox)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(browser: "Browser") -> Iterator[LiveServer]:
    with live_server("serve", "--jobs", "1") as running:
        yield running


@pytest.fixture
def page(browser: "Browser", server: LiveServer) -> Iterator["Page"]:
    """The page, which must not log an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(1000 * DEADLINE_S)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(server.url)
    yield opened
    context.close()
    assert errors == []
