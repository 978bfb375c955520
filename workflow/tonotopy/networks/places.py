"""Where a user's own module lies; light enough to be read while the workflow is planned."""

from pathlib import Path


def own_file(name: str) -> Path | None:
    """Return the file of ``package.module:Class`` below the working folder, if it is there."""
    place = Path(name.partition(":")[0].replace(".", "/"))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
