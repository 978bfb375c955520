"""Files whose header tells no length, a wrong one, or that of a part: all of them is read."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import soundfile
from odd_sounds import (
    RATE,
    heard_hz,
    hz_at,
    id3,
    melody,
    mp3,
    noise,
    open_au,
    open_caf,
    open_flac,
    open_rf64,
    open_wav,
    put,
    without_announcement,
)

from tonotopy.corpora.audio import read_audio, read_beginning, read_clip, read_slices
from tonotopy.corpora.recordings import Recording
from tonotopy.corpora.streams import pieces_of
from tonotopy.errors import InputError


def middle_hz(path, rate=RATE) -> float:
    return heard_hz(read_clip(path, rate, round(0.8 * rate)).samples, rate)


def seconds(path) -> float:
    return Recording(path).frames / Recording(path).rate


# --- mp3


@pytest.fixture(scope="module")
def long_mp3(tmp_path_factory) -> bytes:
    """41 s of which the first are small and the last are large: 11 s by its first frames."""
    return mp3(tmp_path_factory.mktemp("long") / "x.mp3", melody(41))


def test_an_mp3_without_a_frame_count_is_read_to_its_end(tmp_path, long_mp3):
    path = tmp_path / "x.mp3"
    path.write_bytes(without_announcement(long_mp3))
    assert abs(soundfile.info(path).duration - 41) > 5  # what its decoder believes
    assert seconds(path) == pytest.approx(41, abs=0.1)
    assert middle_hz(path) == pytest.approx(hz_at(20), abs=2)
    slices = read_slices(path, RATE, RATE // 2, 41, range(41))
    found = [heard_hz(clip.samples, RATE) for clip in slices[:40]]
    assert found == pytest.approx([hz_at(s + 0.2) for s in range(40)], abs=3)


def test_a_frame_count_that_is_too_small_is_not_believed(tmp_path, long_mp3):
    at = max(long_mp3.find(b"Xing"), long_mp3.find(b"Info"))
    few = long_mp3[: at + 8] + (300).to_bytes(4, "big") + long_mp3[at + 12 :]
    path = tmp_path / "x.mp3"
    path.write_bytes(few)
    assert seconds(path) == pytest.approx(41, abs=0.1)
    assert middle_hz(path) == pytest.approx(hz_at(20), abs=2)


@pytest.mark.parametrize("variable", [True, False])
@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("tagged", [True, False])
def test_joined_mp3s_are_one_recording(tmp_path, variable, announced, tagged):
    parts = [mp3(tmp_path / f"{n}.mp3", melody(6, begin=6 * n), RATE, variable) for n in range(3)]
    if not announced:
        parts = [without_announcement(part) for part in parts]
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join((id3(700) if tagged else b"") + part for part in parts))
    assert seconds(path) == pytest.approx(18, abs=0.3)
    if announced:  # what the encoder has put before and after each is left out
        assert Recording(path).frames == 18 * RATE
    assert middle_hz(path) == pytest.approx(hz_at(9), abs=45)
    sound = read_audio(path, RATE)
    late = heard_hz(sound[round(16.4 * RATE) : round(17.0 * RATE)], RATE)
    assert late == pytest.approx(hz_at(16), abs=2)


def test_an_mp3_that_announces_its_length_is_decoded_as_it_is(tmp_path, long_mp3):
    for name, content in (("plain.mp3", long_mp3), ("tagged.mp3", id3(5000) + long_mp3)):
        (tmp_path / name).write_bytes(content)
        expected, _ = soundfile.read(tmp_path / name, dtype="float32")
        np.testing.assert_array_equal(read_audio(tmp_path / name, RATE), expected)
        assert len(expected) == 41 * RATE


def test_an_mp3_that_was_cut_off_gives_the_middle_of_what_is_there(tmp_path, long_mp3):
    path = tmp_path / "x.mp3"
    path.write_bytes(long_mp3[: len(long_mp3) * 2 // 3])
    length = seconds(path)
    assert 20 < length < 38
    assert middle_hz(path) == pytest.approx(hz_at(length / 2), abs=42)


def test_streams_of_other_rates_are_told_and_not_mixed(tmp_path):
    low = mp3(tmp_path / "a.mp3", melody(3, 32000), 32000)
    path = tmp_path / "x.mp3"
    path.write_bytes(low + mp3(tmp_path / "b.mp3", melody(3)))
    told = r"x.mp3: a further stream with 44100 Hz and 1 channel\(s\) begins at 3(\.\d+)? s"
    with pytest.raises(InputError, match=told):
        read_clip(path, 16000, 16000)


# --- ogg


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("links", [2, 3])
def test_chained_ogg_files_are_one_recording(tmp_path, subtype, links):
    rate, whole = 48000, b""
    for n in range(links):
        sound = melody(6, rate, 6 * n)
        whole += put(tmp_path, f"{n}.ogg", sound, rate, subtype=subtype).read_bytes()
    path = tmp_path / "chained.ogg"
    path.write_bytes(whole)
    assert abs(soundfile.info(path).duration - 6 * links) > 1  # what its decoder believes
    assert seconds(path) == pytest.approx(6 * links, abs=0.1)
    late = 6 * links - 0.6
    found = read_audio(path, rate)[round((late - 0.3) * rate) : round((late + 0.3) * rate)]
    assert heard_hz(found, rate) == pytest.approx(hz_at(late), abs=3)
    clip = read_clip(path, rate, round(0.5 * rate) * 2 * links).samples
    assert heard_hz(clip[: rate // 2], rate) == pytest.approx(hz_at(3 * links - links / 2), abs=45)


def test_links_of_other_channels_are_told(tmp_path):
    both = [noise(8000), np.stack([noise(8000)] * 2, axis=1)]
    links = [put(tmp_path, f"{n}.ogg", x).read_bytes() for n, x in enumerate(both)]
    (tmp_path / "x.ogg").write_bytes(b"".join(links))
    with pytest.raises(InputError, match=r"x.ogg: a further stream with 8000 Hz and 2 channel\(s"):
        read_clip(tmp_path / "x.ogg", 8000, 4000)


def test_a_link_that_cannot_be_decoded_is_told_with_its_place(tmp_path):
    first, second = (put(tmp_path, f"{n}.ogg", noise(8000, n)).read_bytes() for n in range(2))
    second = second[:40] + bytes(200) + second[240:]
    (tmp_path / "x.ogg").write_bytes(first + second)
    told = rf"x.ogg: cannot be read as audio \(Error opening '.*x.ogg' from byte {len(first)}: "
    with pytest.raises(InputError, match=told):
        read_clip(tmp_path / "x.ogg", 8000, 4000)


def test_streams_that_lie_beside_each_other_are_no_chain(tmp_path):
    """As in a video: all of them begin before any goes on. The decoder takes one."""
    both = [put(tmp_path, f"{n}.ogg", noise(8000, n)).read_bytes() for n in range(2)]
    cuts = [content.index(b"OggS", 4) for content in both]
    begins, rests = zip(*((c[:at], c[at:]) for c, at in zip(both, cuts, strict=True)), strict=True)
    (tmp_path / "x.ogg").write_bytes(b"".join((*begins, *rests)))
    assert pieces_of(tmp_path / "x.ogg") == []
    (tmp_path / "x.ogg").write_bytes(b"".join(both))
    assert [(p.begin, p.end) for p in pieces_of(tmp_path / "x.ogg")] == [
        (0, len(both[0])),
        (len(both[0]), len(both[0]) + len(both[1])),
    ]


# --- lengths that are left open


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_a_flac_of_unknown_length_is_read_to_its_end(tmp_path, channels, subtype):
    sound = np.stack([melody(7, 16000)] * channels, axis=1)
    path = put(tmp_path, "x.flac", sound, 16000, subtype=subtype)
    expected = read_audio(path, 16000)
    path.write_bytes(open_flac(path.read_bytes()))
    np.testing.assert_array_equal(read_audio(path, 16000), expected)
    assert len(expected) == 7 * 16000
    assert middle_hz(path, 16000) == pytest.approx(hz_at(3), abs=2)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
@pytest.mark.parametrize(("subtype", "channels"), [("PCM_16", 1), ("PCM_24", 2), ("FLOAT", 1)])
def test_a_wav_that_was_never_closed_is_read_to_its_end(tmp_path, size, subtype, channels):
    sound = np.stack([melody(5, 16000)] * channels, axis=1)
    path = put(tmp_path, "x.wav", sound, 16000, subtype=subtype)
    expected = read_audio(path, 16000)
    content = path.read_bytes()
    if subtype == "FLOAT":  # a chunk after the samples would be read as sound
        content = content[: content.index(b"data") + 8 + 4 * 5 * 16000]
    path.write_bytes(open_wav(content, size))
    np.testing.assert_array_equal(read_audio(path, 16000)[: len(expected)], expected)
    assert middle_hz(path, 16000) == pytest.approx(hz_at(2), abs=2)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize(
    ("kind", "unclosed"), [("RF64", open_rf64), ("CAF", open_caf), ("AU", open_au)]
)
def test_other_files_that_were_never_closed_are_read_to_their_end(
    tmp_path, subtype, kind, unclosed
):
    path = put(tmp_path, "x", melody(5, 16000), 16000, format=kind, subtype=subtype)
    expected = read_audio(path, 16000)
    path.write_bytes(unclosed(path.read_bytes()))
    found = read_audio(path, 16000)
    assert 0 <= len(found) - len(expected) < 1000  # the PEAK chunk after the samples is heard too
    np.testing.assert_array_equal(found[: len(expected)], expected)
    assert middle_hz(path, 16000) == pytest.approx(hz_at(2), abs=2)


def test_a_wav_without_samples_is_no_recording_of_unknown_length(tmp_path):
    path = put(tmp_path, "x.wav", np.zeros(0))
    extra = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    for content in (path.read_bytes(), path.read_bytes() + extra):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"x.wav: has no samples"):
            read_clip(path, 8000, 100)


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.aiff"])
def test_a_file_that_was_cut_off_gives_the_middle_of_what_is_there_or_a_reason(tmp_path, name):
    path = put(tmp_path, name, melody(9, 16000), 16000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    try:
        length = seconds(path)
        found = middle_hz(path, 16000)
    except InputError as error:
        assert name in str(error)
    except soundfile.LibsndfileError:
        assert name == "x.flac"
    else:
        assert length < 8.5
        assert found == pytest.approx(hz_at(length / 2), abs=42)


# --- long files


@pytest.mark.parametrize("name", ["x.ogg", "x.mp3", "x.opus"])
@pytest.mark.parametrize("rate", [48000, 16000])
def test_a_long_file_gives_what_a_short_one_gives(tmp_path, monkeypatch, name, rate):
    """Long ones are decoded twice: once for their length, once for the parts."""
    sound = np.stack([melody(9, 48000), melody(9, 48000, 3)], axis=1)
    path = put(tmp_path, name, sound, 48000, **({"format": "OGG"} if "opus" in name else {}))
    kept = read_clip(path, rate, rate).samples, read_slices(path, rate, rate, 4, (3, 0))
    monkeypatch.setattr("tonotopy.corpora.recordings.KEPT", 48000)
    again = read_clip(path, rate, rate).samples, read_slices(path, rate, rate, 4, (3, 0))
    np.testing.assert_allclose(again[0], kept[0], atol=2e-4)
    for one, other in zip(again[1], kept[1], strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=2e-4)
    recording = Recording(path)
    assert recording.frames == pytest.approx(9 * 48000, abs=3000) and recording.kept is None


MEASURED = """
import resource, sys
from tonotopy.corpora.audio import read_clip, read_slices

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

path, = sys.argv[1:]
read_clip(path + ".short", 16000, 16000)
before = peak()
read_clip(path, 16000, 16000)
read_slices(path, 16000, 16000, 9, (8, 2))
print(peak() - before)
"""


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_memory_stays_flat_for_ten_minutes(tmp_path, suffix):
    """Ten minutes in stereo are 212 MB of samples."""
    path = tmp_path / f"x.{suffix}"
    block = np.stack([melody(5), melody(5, begin=9)], axis=1)
    kind = {"ogg": "OGG", "mp3": "MP3"}[suffix]
    soundfile.write(f"{path}.short", block, RATE, format=kind)
    with soundfile.SoundFile(path, "w", RATE, 2, format=kind) as file:
        for _ in range(120):
            file.write(block)
    if suffix == "mp3":
        path.write_bytes(without_announcement(path.read_bytes()))
    command = [sys.executable, "-c", textwrap.dedent(MEASURED), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 90


def test_the_beginning_of_a_file_is_read_whatever_its_length(tmp_path, long_mp3):
    (tmp_path / "x.mp3").write_bytes(without_announcement(long_mp3))
    sound, rate = read_beginning(tmp_path / "x.mp3", 2.5)
    assert (len(sound), rate) == (round(2.5 * RATE), RATE)
    assert heard_hz(sound[-RATE // 3 :], RATE) == pytest.approx(hz_at(2), abs=4)
