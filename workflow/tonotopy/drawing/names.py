"""Names that data give (classes, concepts, parts, clips, layers) as figures write them: literally.

Together with ``text.parse_math`` off (`style`), nothing in a name is read as a command.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 24  # letters of a name in a figure
UNWRITABLE = {"Cc", "Cs", "Cn", "Zl", "Zp"}  # categories that an SVG file cannot hold in a line
INSTEAD = "\ufffd"
VISIBLE = "\u200b"  # has no width; legends leave out what begins with an underscore


def literal(name: object, longest: int = LONGEST) -> str:
    """Return a name as a figure writes it: letter by letter, a long one without its middle.

    Args:
        name: of a class, concept, part, clip or layer.
        longest: letters of what is returned, the ellipsis among them.
    """
    text = "".join(INSTEAD if unicodedata.category(c) in UNWRITABLE else c for c in str(name))
    if len(text) > longest:
        front = longest // 2
        text = f"{text[:front]}…{text[front + 1 - longest :]}"
    return VISIBLE + text if text.startswith("_") else text


def literals(names: Iterable[object], longest: int = LONGEST) -> list[str]:
    """Return names as a figure writes them; what would read alike is numbered.

    Args:
        names: that must be told apart, in their order.
        longest: see `literal`; numbers come on top.
    """
    names = list(names)
    short = {name: literal(name, longest) for name in dict.fromkeys(map(str, names))}
    alike, seen = Counter(short.values()), Counter()
    for name, text in short.items():
        if alike[text] > 1:
            seen[text] += 1
            short[name] = f"{text} ({seen[text]})"
    return [short[str(name)] for name in names]


def joined(names: Iterable[object], longest: int = LONGEST) -> str:
    """Return class names as one name: rock-metal."""
    return "-".join(literal(name, longest) for name in names)


def paired(concept: object, target: Iterable[object], word: str = "on") -> str:
    """Return what is steered and what is looked at, in two lines where one is too long.

    Args:
        concept: that is steered.
        target: classes whose probability is looked at.
        word: that stands between the two.
    """
    one, other = literal(concept), f"{word} {joined(target)}"
    return f"{one}{' ' if len(one) + len(other) < LONGEST else chr(10)}{other}"


def room(names: Iterable[str], points: float) -> float:
    """Return the inches that the longest of some names takes in letters of a size.

    Args:
        names: as they are written.
        points: size of the letters.
    """
    return 0.6 * points / 72 * max((len(name) for name in names), default=0)
