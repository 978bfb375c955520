"""Compare a user's own copy of a public corpus with what was published."""

from pathlib import Path

from tonotopy.corpora.archives import member_sums
from tonotopy.corpora.download import sha256_of


def compare_members(folder: Path, members: str) -> str:
    """Return how many files of a folder equal the published ones, as a sentence.

    Args:
        folder: the user's folder; with or without the list's top folder.
        members: name of a list in checksums/ of lines ``sha256  path``.
    """
    published, equal, differing = member_sums(members), 0, []
    for name, sha256 in published.items():
        inner = Path(*Path(name).parts[1:])
        file = next((p for p in (folder / name, folder / inner) if p.is_file()), None)
        if file is not None and sha256_of(file) == sha256:
            equal += 1
        elif file is not None:
            differing.append(name)
    sentence = f"{equal} of {len(published)} files equal the published ones"
    return (
        f"{sentence}; {len(differing)} differ: {', '.join(differing[:5])}"
        if differing
        else sentence
    )
