"""The README is short, begins with what a reader does, and leads to all the rest."""

import re

import pytest
from pages import ROOT, commands

README = (ROOT / "README.md").read_text()
LINES = 200


def test_it_is_short():
    assert len(README.splitlines()) <= LINES


def test_it_begins_with_two_commands():
    first, second = [command.text for command in commands() if command.page == "README.md"][:2]
    assert (first, second) == ("make setup", "make reproduce CORES=2")


def test_it_leads_with_the_marks_and_shows_the_pages_and_a_figure():
    assert re.findall(r"^!\[[^\]]+\]\(([^)]+)\)$", README, flags=re.MULTILINE) == [
        "docs/validity.png",
        "docs/front.png",
        "docs/room.png",
        "docs/steering.png",
    ]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_it_leads_to_every_page(page):
    index = (ROOT / "docs/README.md").read_text()
    linked = f"](docs/{page.name}" in README or f"]({page.name})" in index
    assert linked and "](docs/README.md)" in README
