"""Visits to pages in a browser: what they log, what they ask for, what axe says of them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

AXE = Path(__file__).parent / "axe/axe.min.js"
WIDTHS = (1200, 400)
# written down as they happen: [event, file, position in s]
RECORD = """
window.events = [];
for (const name of ["play", "playing", "pause"])
  document.addEventListener(name, (event) => window.events.push(
    [name, event.target.src.split("/").pop(), event.target.currentTime]), true);
"""


@dataclass
class Visits:
    """Pages opened in one browser; each must log no error and ask for nothing outside its folder.

    Attributes:
        browser: that is used.
        root: the folder that pages may ask for.
        requests: addresses that were asked for.
        errors: of scripts, and of the console.
        dialogs: messages of scripts that should never run.
    """

    browser: Browser
    root: Path
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, path: Path, width: int = 1200, script: bool = True, **options) -> Page:
        """Open a page by its file:// address."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, **options
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._note(message))
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.add_init_script(RECORD)
        page.goto(path.as_uri())
        return page

    def _note(self, message) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _failed(self, request) -> None:
        # a sound whose loading is broken off, because another position is wanted, is no fault
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"{request.url}: {request.failure}")

    def close(self) -> None:
        """Close all pages, and judge them."""
        for context in self.contexts:
            context.close()
        outside = [
            url for url in self.requests if not url.startswith(("data:", self.root.as_uri() + "/"))
        ]
        assert (self.errors, outside, self.dialogs) == ([], [], [])


def faults(page: Page) -> list[str]:
    """Return what axe finds serious or critical, in all parts of the page.

    Parts that are out of sight are laid out first: axe takes their places before that for real.
    """
    page.add_style_tag(content="* { content-visibility: visible !important; }")
    page.evaluate(AXE.read_text())
    violations = json.loads(page.evaluate("axe.run().then((r) => JSON.stringify(r.violations))"))
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in violations
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def first_paint(page: Page) -> float:
    """Return the time from the start of the navigation to the first content, in ms."""
    script = "performance.getEntriesByName('first-contentful-paint').map((e) => e.startTime)"
    page.wait_for_function(f"() => {script}.length")
    return page.evaluate(script)[0]
