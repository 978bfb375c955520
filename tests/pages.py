"""The documentation as tests need it: pages, their blocks, commands and configurations."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
PLANNED = "only planned by the tests"
NOT_RUN = "not run by the tests"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        page: path of the page from the project's folder.
        kind: its language.
        text: what it holds.
    """

    page: str
    kind: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that the block's first line says it is, None if it says none."""
        match = re.match(r"# (\S+\.(?:py|smk|ya?ml))\n", self.text)
        return match[1] if match else None


@dataclass(frozen=True)
class Command:
    """A line of a block of commands, and the remark behind it."""

    page: str
    text: str
    remark: str


def blocks(kind: str) -> list[Block]:
    """Return the fenced blocks of one language, page by page."""
    pattern = rf"^```{kind}\n(.*?)^```$"
    return [
        Block(str(page.relative_to(ROOT)), kind, text)
        for page in PAGES
        for text in re.findall(pattern, page.read_text(), flags=re.DOTALL | re.MULTILINE)
    ]


def commands() -> list[Command]:
    """Return all commands of all pages."""
    found = []
    for block in blocks("sh"):
        for line in filter(None, block.text.splitlines()):
            text, _, remark = line.partition(" # ")
            found.append(Command(block.page, text.strip(), remark.strip()))
    return found


def configurations() -> list[Block]:
    """Return the configurations on the pages, but for those of the sketched study."""
    return [block for block in blocks("yaml") if block.page != "CONTRIBUTING.md"]
