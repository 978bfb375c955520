"""Pages from templates: all text is escaped, styles stand inside, nothing is fetched."""

from pathlib import Path

import jinja2

from tonotopy.evidence.numbers import number
from tonotopy.files import replacing

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values) -> str:
    """Return a page as HTML; all text among the values is escaped.

    Args:
        template: file in ``templates``, which extends ``base.html.j2``.
        values: that it names; one that is missing is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template(template).render(**values)


def write(path: str | Path, text: str) -> None:
    """Write a page whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
