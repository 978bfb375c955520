"""Streams of MPEG audio, Layer III (mp3): where they lie in a file and how long they really are.

A decoder guesses the length of a stream that does not announce its number of frames, and takes
joined streams for one. Here the frames are counted by their headers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tonotopy.corpora.pieces import Bytes, Piece

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version
MPEG_1 = 3
LAYER_III = 1
MONO = 3
KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # of MPEG 1
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
TAGS = (b"ID3", b"TAG", b"APETAGEX")


class Header(NamedTuple):
    """What the header of a frame tells.

    Attributes:
        word: its 32 bits.
        size: of the frame in bytes.
        side: bytes of side information after the header.
        kind: what does not change in a stream: version, rate in Hz, whether it is mono.
    """

    word: int
    size: int
    side: int
    kind: tuple[int, int, bool]


@dataclass
class Stream:
    """Frames that belong together.

    Attributes:
        begin: where it begins in the file.
        declared: number of frames that it announces, None where it announces none.
        kind: see `Header`.
        first: where its first frame with sound lies; None where there is none.
        frames: number of frames with sound.
        end: where it ends.
    """

    begin: int
    declared: int | None
    kind: tuple[int, int, bool]
    first: int | None = None
    frames: int = 0
    end: int = 0

    @property
    def told(self) -> bool:
        """Whether a decoder knows at least its whole length."""
        return self.declared is not None and self.declared >= self.frames


def mpeg_pieces(data: Bytes) -> list[Piece]:
    """Return the streams of a file, each with its number of frames; none if it is read as it is."""
    streams = [stream for stream in _streams(data) if stream.first is not None]
    if len(streams) == 1 and streams[0].told:
        return []
    return [
        Piece(b"", stream.begin, stream.end)
        if stream.told
        else Piece(_announcing(data, stream), stream.first, stream.end)
        for stream in streams
    ]


def header_at(data: Bytes, at: int) -> Header | None:
    """Return the header of a frame of Layer III, None where there is none (or one without rate)."""
    word = int.from_bytes(data[at : at + 4], "big")
    version, layer = word >> 19 & 3, word >> 17 & 3
    bits, rate = word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version not in RATES or layer != LAYER_III:
        return None
    if bits in (0, 15) or rate == 3:
        return None
    return _header(word, version, bits, RATES[version][rate])


def _header(word: int, version: int, bits: int, rate: int) -> Header:
    first, mono = version == MPEG_1, word >> 6 & 3 == MONO
    size = (144_000 if first else 72_000) * KBITS[first][bits - 1] // rate + (word >> 9 & 1)
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return Header(word, size, side, (version, rate, mono))


def _streams(data: Bytes) -> list[Stream]:
    streams: list[Stream] = []
    for at, header, after_tag in _frames(data):
        declared = _declared(data, at, header)
        if not streams or after_tag or declared is not None or header.kind != streams[-1].kind:
            streams.append(Stream(at, declared, header.kind))
        stream = streams[-1]
        if declared is None:
            stream.first = at if stream.first is None else stream.first
            stream.frames += 1
        stream.end = at + header.size
    return streams


def _frames(data: Bytes) -> Iterator[tuple[int, Header, bool]]:
    """Yield the whole frames of a file: place, header and whether it comes right after a tag."""
    at, after_tag = 0, False
    while 0 <= at < len(data):
        header = header_at(data, at)
        if header and _followed(data, at + header.size):
            yield at, header, after_tag
            at, after_tag = at + header.size, False
        elif tag := _tag(data, at):
            at, after_tag = at + tag, True
        else:
            at = _next(data, at + 1)


def _next(data: Bytes, at: int) -> int:
    """Where a frame or a tag may begin; -1 where nothing comes any more."""
    frame = data.find(b"\xff", at)
    tags = [data.find(tag, at, len(data) if frame < 0 else frame) for tag in TAGS]
    return min((place for place in (*tags, frame) if place >= 0), default=-1)


def _followed(data: Bytes, end: int) -> bool:
    """Whether a frame ends where something else begins, so that its header was no accident."""
    return end == len(data) or header_at(data, end) is not None or _tag(data, end) > 0


def _tag(data: Bytes, at: int) -> int:
    """Length of the tag that lies here, 0 if none does."""
    start = data[at : at + 16]
    if start.startswith(b"ID3") and len(start) > 10:
        size = sum(
            (byte & 127) << shift for byte, shift in zip(start[6:10], (21, 14, 7, 0), strict=True)
        )
        return 10 + size + (10 if start[5] & 16 else 0)
    if start.startswith(b"APETAGEX") and len(start) == 16:
        return 32 + int.from_bytes(start[12:16], "little")
    return 128 if start.startswith(b"TAG") and at + 128 <= len(data) else 0


def _declared(data: Bytes, at: int, header: Header) -> int | None:
    """Number of frames that a frame announces instead of holding sound; 0 where it does not say."""
    frame = data[at : at + header.size]
    for place in (4 + header.side, 6 + header.side):  # with a checksum after the header
        if frame[place : place + 4] in (b"Xing", b"Info"):
            given = frame[place + 7 : place + 8] and frame[place + 7] & 1
            return int.from_bytes(frame[place + 8 : place + 12], "big") if given else 0
    return int.from_bytes(frame[50:54], "big") if frame[36:40] == b"VBRI" else None


def _announcing(data: Bytes, stream: Stream) -> bytes:
    """Return a frame without sound that announces how many frames a stream has."""
    word = int.from_bytes(data[stream.first : stream.first + 4], "big")
    version, rate, _ = stream.kind
    for bits in range(1, 15):
        bare = word & ~(15 << 12 | 1 << 9) | bits << 12 | 1 << 16  # no padding, no checksum
        header = _header(bare, version, bits, rate)
        if header.size >= 4 + header.side + 12:
            break
    told = b"Xing" + (1).to_bytes(4, "big") + stream.frames.to_bytes(4, "big")
    return (bare.to_bytes(4, "big") + bytes(header.side) + told).ljust(header.size, b"\0")
