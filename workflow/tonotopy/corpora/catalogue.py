"""The public corpora by name; light enough to be read while the workflow is planned."""

import hashlib
from pathlib import Path

from tonotopy.corpora.free_spoken_digits import FREE_SPOKEN_DIGITS

PUBLIC = {corpus.name: corpus for corpus in (FREE_SPOKEN_DIGITS,)}


def listing(path: str) -> str:
    """Return a hash over names and sizes of the files below a folder, or "" if it is missing."""
    root = Path(path)
    files = sorted(p for p in root.rglob("*") if p.is_file())
    rows = [f"{p.relative_to(root).as_posix()} {p.stat().st_size}" for p in files]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] if rows else ""
