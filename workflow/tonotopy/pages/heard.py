"""The page of a user's own files: what the networks take each of them for."""

from collections.abc import Mapping, Sequence

from tonotopy.pages.html import render


def index_page(title: str, summary: str, files: Sequence[dict], links: Mapping[str, str]) -> str:
    """Return the page as HTML; all text is escaped.

    Args:
        title: heading of the page.
        summary: how many files there are, and how many of them are bad.
        files: name, page (href), seconds, fault (None where there is none) and tops: network ->
            label and probability.
        links: href -> text of the line of links.
    """
    networks = list(dict.fromkeys(name for file in files for name in file["tops"]))
    return render(
        "heard.html.j2",
        title=title,
        summary=summary,
        files=files,
        networks=networks,
        links=links,
        here="index.html",
    )
