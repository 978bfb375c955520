"""A file on the network, declared."""

import hashlib
import re
import string
from dataclasses import dataclass
from pathlib import PurePosixPath

from tonotopy.errors import InputError, nearest

DIGITS = {name: 2 * hashlib.new(name).digest_size for name in ("sha256", "sha1", "md5")}
UNPACKED = ("no", "zip", "tar", "parts")


@dataclass(frozen=True)
class Remote:
    """A file on the network.

    Attributes:
        file: its name in the mirror and below data/downloads; may hold a sub-folder
            (``audioset/x.csv``).
        urls: where it is, tried in turn: the next one when one gives up.
        checksum: ``sha256:HEX``, ``md5:HEX`` or ``sha1:HEX``, whole or its published first digits;
            None only where nothing was ever published or where ``members`` checks what is inside.
        bytes: size of a complete file in bytes; checked when known.
        approximate_bytes: size in bytes for planning only, where the exact one is not known.
        members: name of a list in checksums/ with the sha256 of every file wanted from a zip.
        unpack: ``no`` (a plain file), ``zip``, ``tar`` (however it is compressed) or ``parts``: one
            volume of a split zip. Its last volume is ``NAME.zip``, the others are separate
            remotes ``NAME.z01``, ``NAME.z02``, ... in the same sub-folder.

    Raises:
        InputError: a declaration that cannot be meant, for example an unknown checksum algorithm.
    """

    file: str
    urls: tuple[str, ...]
    checksum: str | None = None
    bytes: int | None = None
    approximate_bytes: int | None = None
    members: str | None = None
    unpack: str = "no"

    def __post_init__(self):
        path = PurePosixPath(self.file)
        if not path.name or path.is_absolute() or ".." in path.parts:
            raise InputError(f"remote '{self.file}': the name must be a relative path to a file")
        if isinstance(self.urls, str) or not self.urls:
            raise InputError(f"{self.file}: 'urls' must be a tuple of at least one address")
        if self.unpack not in UNPACKED:
            hint = nearest(self.unpack, UNPACKED)
            raise InputError(f"{self.file}: cannot unpack by '{self.unpack}'{hint}")
        if self.unpack == "parts" and not re.fullmatch(r"\.(zip|z\d\d+)", path.suffix):
            raise InputError(
                f"{self.file}: a volume of a split zip ends in .zip or .z01, .z02, ..."
            )
        if self.members and self.unpack != "zip":
            raise InputError(f"{self.file}: a list of members needs unpack='zip'")
        if self.checksum:
            self._check_checksum()

    def _check_checksum(self) -> None:
        algorithm, _, digits = self.checksum.partition(":")
        if algorithm not in DIGITS:
            hint = nearest(algorithm, DIGITS)
            raise InputError(f"{self.file}: unknown checksum '{self.checksum}'{hint}")
        if not 8 <= len(digits) <= DIGITS[algorithm] or set(digits) - set(string.hexdigits.lower()):
            raise InputError(
                f"{self.file}: checksum '{self.checksum}' must be {algorithm}: and 8 to "
                f"{DIGITS[algorithm]} hexadecimal digits in lower case"
            )

    @property
    def name(self) -> str:
        """Its name without the sub-folder."""
        return PurePosixPath(self.file).name
