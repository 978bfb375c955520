"""A browser for the session, and the pages that are looked at."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from debian import CannotRun, install
from fronts import write_fronts, write_heard
from made_exhibits import HOSTILE, tracks, write_exhibits
from playwright.sync_api import Browser, sync_playwright
from visits import Visits

from tonotopy.pages.room import write_room

TITLES = {"whales": "Study 8: whales", "sharks": "Study 9: <b>sharks</b>"}


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[[], Browser]]:
    """Return a function that starts a browser."""
    if not os.environ.get("BROWSER_TESTS"):
        pytest.skip("make test-browser runs it: it needs Chromium, a package of Debian")
    try:
        install(("chromium",), ("chromium",))
    except CannotRun as reason:
        pytest.skip(str(reason))
    arguments = ["--mute-audio", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as driver:
        path = shutil.which("chromium")
        yield lambda: driver.chromium.launch(executable_path=path, args=arguments)


@pytest.fixture(scope="session")
def browser(launch) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    """Return a run's folder of results with all pages; one of its studies is hostile."""
    folder = tmp_path_factory.mktemp("browser")
    plain = write_exhibits(folder / "whales")
    hostile = write_exhibits(
        folder / "sharks",
        "sharks",
        "reef",
        titles=HOSTILE,
        own=tracks(HOSTILE),
        classes=HOSTILE[:3],
        networks=HOSTILE[3:6],
    )
    write_room(folder / "results/listen", [plain, hostile], TITLES, "test")
    write_fronts(folder / "results")
    write_heard(folder / "results/heard/own")
    return folder / "results"


@pytest.fixture
def visits(browser, run_folder) -> Iterator[Visits]:
    visits = Visits(browser, run_folder)
    yield visits
    visits.close()
