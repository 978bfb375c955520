"""A file on the network, declared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """A file on the network.

    Attributes:
        file: its name in the mirror and below data/downloads.
        url: where it is.
        sha256: checksum of the file, or its published first digits; None only where ``members``
            checks what is inside.
        members: name of a list in checksums/ with the sha256 of every file in the archive.
    """

    file: str
    url: str
    sha256: str | None = None
    members: str | None = None
