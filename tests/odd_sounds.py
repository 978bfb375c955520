"""Sound files as they come: without a length, joined, chained, cut off; made byte by byte."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 44100


def noise(samples: int, seed: int = 0, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, samples).clip(-0.9, 0.9)


def put(root: Path, name: str, samples: np.ndarray, rate: int = 8000, **options) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)
    return path


def hz_at(second: float) -> float:
    """The tone that `melody` has in a second."""
    return 300 + 40 * int(second)


def melody(seconds: int, rate: int = RATE, begin: int = 0) -> np.ndarray:
    """A tone of its own in every second, ever more noise: coders spend ever more bits on it."""
    time = np.arange(rate) / rate
    rng = np.random.default_rng(3)
    sound = [
        0.3 * np.sin(2 * np.pi * hz_at(begin + s) * time)
        + rng.normal(0, 0.0001 + 0.1 * s / seconds, rate)
        for s in range(seconds)
    ]
    return np.concatenate(sound).clip(-0.99, 0.99)


def heard_hz(samples: np.ndarray, rate: int) -> float:
    """The frequency of the strongest tone, to the nearest of a second's bins."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


def mp3(path: Path, samples: np.ndarray, rate: int = RATE, variable: bool = True) -> bytes:
    """Write an mp3 file and return its bytes."""
    mode = "VARIABLE" if variable else "CONSTANT"
    soundfile.write(path, samples, rate, format="MP3", bitrate_mode=mode, compression_level=0.5)
    return path.read_bytes()


def without_announcement(content: bytes) -> bytes:
    """An mp3 file of MPEG 1 without its first frame, which tells the number of frames."""
    start = content.index(b"\xff\xfb")
    assert b"Xing" in content[start : start + 100] or b"Info" in content[start : start + 100]
    kbits = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    bits, rate = content[start + 2] >> 4, (44100, 48000, 32000)[content[start + 2] >> 2 & 3]
    size = 144_000 * kbits[bits] // rate + (content[start + 2] >> 1 & 1)
    assert content[start + size : start + size + 2] == b"\xff\xfb"
    return content[start + size :]


def id3(size: int) -> bytes:
    """A tag of so many bytes that stands before an mp3 stream."""
    held = bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + held + b"\xff\xfb" * (size // 2)


def open_flac(content: bytes) -> bytes:
    """A flac file whose header leaves the number of samples open."""
    assert content[:4] == b"fLaC"
    total = int.from_bytes(content[21:26], "big") >> 36 << 36
    return content[:21] + total.to_bytes(5, "big") + content[26:]


def open_wav(content: bytes, size: int) -> bytes:
    """A wav file whose sizes are those of a recording that was never closed."""
    at = content.index(b"data")
    told = size.to_bytes(4, "little")
    return content[:4] + told + content[8:at] + b"data" + told + content[at + 8 :]


def open_rf64(content: bytes) -> bytes:
    """The same of the kind of wav file that has a chunk with 64 bits for sizes."""
    at = content.index(b"ds64") + 8
    return content[:at] + bytes(24) + content[at + 24 :]


def open_caf(content: bytes) -> bytes:
    """The same of a caf file, and without what comes after the samples."""
    at = content.index(b"data")
    end = at + 12 + int.from_bytes(content[at + 4 : at + 12], "big")
    return content[: at + 4] + b"\xff" * 8 + content[at + 12 : end]


def open_au(content: bytes) -> bytes:
    """The same of an au file."""
    return content[:8] + bytes(4) + content[12:]
