"""The tones of study 3 against the paper's equations, sample by sample, and by measurement."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy.signal import hilbert

from tonotopy.corpora.embedded import tones as module
from tonotopy.corpora.embedded.clip import Clip, Setting
from tonotopy.corpora.embedded.options import Option, chosen_options
from tonotopy.corpora.embedded.tasks import TASKS, build
from tonotopy.corpora.embedded.tones import OBJECTS, tones
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.seeding import generator

RATE = 16000
STEP = 1 / 32768
NAMES = ["object 1", "object 2", "object 3", "object 4"]
KEYS = [(label, name) for label in ("one", "two") for name in NAMES]
# table 4.1: range of the lowest frequency and of the modulation in Hz
TABLE = {
    ("one", "object 1"): ((100, 150), (16, 16)),
    ("one", "object 2"): ((500, 600), (2, 2)),
    ("one", "object 3"): ((800, 1000), (3, 6)),
    ("one", "object 4"): ((3500, 4000), (20, 20)),
    ("two", "object 1"): ((100, 150), (4, 5)),
    ("two", "object 2"): ((500, 600), (2, 2)),
    ("two", "object 3"): ((800, 1000), (16, 16)),
    ("two", "object 4"): ((4000, 4500), (10, 10)),
}
SHIFTS = {("one", "object 3"): 0.75, ("one", "object 4"): 1, ("two", "object 4"): 1}  # beta


# appendix D, written out: k are in Hz, N is the rate, phases are in radians


def phase(rng) -> float:
    return 2 * math.pi * rng.uniform()


def sines(samples, rate, k, phi):
    return [math.sin(2 * math.pi * k * n / rate + phi) for n in range(samples)]


def amplitudes(samples, rate, k, phi, alpha, beta):
    """D.3."""
    return [
        max(0, alpha * math.sin(2 * math.pi * k * n / rate + phi) + beta) / (beta + 1)
        for n in range(samples)
    ]


def product(*signals):
    return [math.prod(values) for values in zip(*signals, strict=True)]


def modulated(samples, rate, rng, frequencies, waves, beta, harmonics=(1,)):
    """D.1, and D.6 where there are two harmonics."""
    f = rng.uniform(*frequencies)
    carriers = [sines(samples, rate, h * f, phase(rng)) for h in harmonics]
    k, phi, alpha = rng.uniform(*waves), phase(rng), rng.uniform(0.5, 1)
    carrier = [sum(values) for values in zip(*carriers, strict=True)]
    return product(carrier, amplitudes(samples, rate, k, phi, alpha, beta))


def gated(samples, rate, rng, key):
    """D.4."""
    phi = phase(rng)
    mask = [1.0 if y > 0 else 0.0 for y in amplitudes(samples, rate, 2, phi, 1, 0)]
    return product(modulated(samples, rate, rng, *TABLE[key], 0), mask)


def saw(samples, rate, rng, key):
    """D.5, and 1 minus it in class two."""
    carrier = sines(samples, rate, rng.uniform(*TABLE[key][0]), phase(rng))
    phi = phase(rng)
    rising = [
        abs(((2 * math.pi * 2 * n / rate + phi) % (2 * math.pi)) / (2 * math.pi))
        for n in range(samples)
    ]
    return product(carrier, rising if key[0] == "one" else [1 - value for value in rising])


def melody(samples, rate, rng, key):
    """Four sines f, f + 200, f + 400, f + 600; wave by wave all but one, or all, are masked."""
    f = rng.uniform(*TABLE[key][0])
    phases = [2 * math.pi * u for u in rng.uniform(size=4)]
    phi = phase(rng)
    first, turn = int(rng.integers(16)), int(rng.integers(6))
    total = [0.0] * samples
    amplitude = amplitudes(samples, rate, 16, phi, rng.uniform(0.5, 1), 0)
    for i in range(4):
        sounds = sines(samples, rate, f + i * 600 / 3, phases[i])
        for n in range(samples):
            wave = (math.floor(16 * n / rate + phi / (2 * math.pi)) + first) % 16
            if wave < 12 and (0, 1, 2, 3, 2, 1)[(wave + turn) % 6] == i:
                total[n] += amplitude[n] * sounds[n]
    return total


def literal(key, samples, rate, rng) -> np.ndarray:
    """One object of the table, in float64."""
    if key == ("one", "object 1"):
        sound = gated(samples, rate, rng, key)
    elif key[1] == "object 2":
        sound = saw(samples, rate, rng, key)
    elif key == ("two", "object 3"):
        sound = melody(samples, rate, rng, key)
    else:
        harmonics = (1, 2) if key == ("one", "object 3") else (1,)
        sound = modulated(samples, rate, rng, *TABLE[key], SHIFTS.get(key, 0), harmonics)
    return np.array(sound)


def random_sound(samples, rate, rng):
    """D.7 and the text around it."""
    f = min(max(rng.exponential(2000), 1), 8000)
    carrier = sines(samples, rate, f, phase(rng))
    k, phi, alpha = rng.uniform(40, 100), phase(rng), rng.uniform(0.5, 1)
    return np.array(product(carrier, amplitudes(samples, rate, k, phi, alpha, 2)))


def literal_clip(setting, split, index, least, most, noise) -> dict[str, np.ndarray]:
    """The parts of a clip (D.2.1), in float64."""
    rng = setting.rng(split, index)
    label = ("one", "two")[index % 2]
    samples, rate = setting.length, setting.rate
    count = int(rng.integers(least, most + 1))
    numbers = sorted(rng.choice(4, count, replace=False) + 1)
    parts = {f"object {i}": literal((label, f"object {i}"), samples, rate, rng) for i in numbers}
    parts["random"] = np.zeros(samples)
    for _ in range(int(rng.integers(3, 6))):
        parts["random"] += random_sound(samples, rate, rng)
    parts["noise"] = noise * rng.standard_normal(samples, dtype=np.float32).astype(np.float64)
    top = np.abs(sum(parts.values())).max()
    return {name: part / top for name, part in parts.items()}


# what is made


def sound_of(key, seed, samples=RATE, rate=RATE) -> np.ndarray:
    label, name = key
    return OBJECTS[label][name](np.arange(samples) / rate, generator(seed, *key))


def make(index, least=2, most=4, noise=0.01, name="tones", seconds=1.0, rate=RATE) -> Clip:
    return tones(Setting(name, 0, rate, seconds), "train", index, least, most, noise)


@pytest.mark.parametrize("key", KEYS, ids=" ".join)
@pytest.mark.parametrize(("samples", "rate"), [(16000, 16000), (11300, 22050)])
def test_objects_are_what_is_written_out(key, samples, rate):
    for seed in range(3):
        sound = sound_of(key, seed, samples, rate)
        expected = literal(key, samples, rate, generator(seed, *key))
        assert sound.dtype == np.float32 and np.abs(expected).max() > 0.2
        np.testing.assert_allclose(sound, expected, atol=3e-6)


@pytest.mark.parametrize(("least", "most", "noise"), [(2, 4, 0.01), (1, 3, 0.1), (4, 4, 0)])
def test_clips_are_what_is_written_out(least, most, noise):
    for index in (4, 7):
        clip = make(index, least, most, noise, seconds=0.6, rate=17000)
        expected = literal_clip(Setting("tones", 0, 17000, 0.6), "train", index, least, most, noise)
        parts = clip.mixture.parts()
        assert list(parts) == list(expected) and clip.label == ("one", "two")[index % 2]
        for name, part in parts.items():
            np.testing.assert_allclose(part, expected[name], atol=3e-6, err_msg=name)
        np.testing.assert_allclose(clip.samples, sum(expected.values()), atol=1e-5)
        assert np.abs(clip.samples).max() == 1 and clip.group is None


# measured, whatever was drawn


def strongest(sound: np.ndarray, above: float = 0, below: float = 8000) -> float:
    """Frequency of the strongest spectral line between two bounds, in Hz."""
    size = 2**17
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    return frequencies[
        np.where((frequencies > above) & (frequencies < below), spectrum, 0).argmax()
    ]


def envelope(sound: np.ndarray) -> np.ndarray:
    return np.abs(hilbert(sound))


@pytest.mark.parametrize("key", KEYS, ids=" ".join)
def test_frequencies_and_modulations_are_the_tables(key):
    (low, high), (slow, fast) = TABLE[key]
    if key == ("two", "object 3"):  # of the four, those that sound twice as often
        low, high = low + 200, high + 400
    pitches, rates = [], []
    for seed in range(40):
        sound = sound_of(key, seed)
        pitches.append(strongest(sound, below=1.3 * high))
        beats = envelope(sound)
        rates.append(strongest(beats - beats.mean(), above=max(1.3, slow - 4), below=30))
    assert low - 1 < min(pitches) and max(pitches) < high + 1
    assert max(pitches) - min(pitches) > 0.6 * (high - low)
    assert slow - 0.4 < min(rates) and max(rates) < fast + 0.4
    assert max(rates) - min(rates) >= 0.7 * (fast - slow)


@pytest.mark.parametrize(("label", "sign"), [("one", 1), ("two", -1)])
def test_saws_rise_in_class_one_and_fall_in_class_two(label, sign):
    for seed in range(6):
        beats = envelope(sound_of((label, "object 2"), seed))[800:-800]
        slopes = np.diff(beats[::80]) * sign / 80 * RATE
        assert np.median(slopes) == pytest.approx(2, abs=0.1)  # two teeth of height 1 a second
        assert 1 <= np.count_nonzero(slopes < -20) <= 6
        assert np.quantile(beats, 0.99) == pytest.approx(0.99, abs=0.03)


def test_the_bass_of_class_one_is_heard_half_of_the_time():
    for seed in range(8):
        audible = np.abs(sound_of(("one", "object 1"), seed)) > 1e-4
        assert audible.mean() == pytest.approx(0.25, abs=0.02)  # half waves, half of them gated
        halves = [audible[i : i + RATE // 4].mean() for i in range(0, RATE * 3 // 4 + 1, 200)]
        assert min(halves) < 0.02 and max(halves) > 0.4
        assert (np.abs(sound_of(("two", "object 1"), seed)) > 1e-4).mean() > 0.4


def test_the_third_object_of_class_one_has_one_harmonic():
    for seed in range(8):
        sound = sound_of(("one", "object 3"), seed)
        base, harmonic = strongest(sound, 700, 1100), strongest(sound, 1500, 2100)
        assert harmonic == pytest.approx(2 * base, abs=1)
        power = np.abs(np.fft.rfft(sound)) ** 2
        lines = [power[round(f) - 20 : round(f) + 21].sum() for f in (base, harmonic)]
        assert lines[0] == pytest.approx(lines[1], rel=0.05)
        assert sum(lines) > 0.99 * power.sum()


def test_the_melody_has_twelve_sounds_of_four_frequencies_up_and_down():
    shapes = set()
    for seed in range(12):
        sound = sound_of(("two", "object 3"), seed)
        silent = np.abs(sound) < 1e-3
        quiet = np.convolve(silent, np.ones(400), "valid").argmax() + 200  # between two sounds
        sound, silent = np.roll(sound, -quiet), np.roll(silent, -quiet)
        loud = np.convolve(~silent, np.ones(100), "same") > 0
        edges = np.flatnonzero(np.diff(loud.astype(int)))
        assert len(edges) == 2 * 12
        pitches = [
            strongest(sound[begin:end], 700, 1700)
            for begin, end in zip(edges[::2], edges[1::2], strict=True)
        ]
        assert 780 < min(pitches) < 1020
        steps = np.round((np.array(pitches) - min(pitches)) / 200)
        np.testing.assert_allclose(np.array(pitches) - min(pitches), 200 * steps, atol=40)
        turned = next(i for i in range(12) if np.roll(steps, -i).tolist() == [0, 1, 2, 3, 2, 1] * 2)
        shapes.add(turned)
    assert len(shapes) > 2


def test_amplitudes_reach_no_further_than_their_depth():
    tops = {key: [np.abs(sound_of(key, seed)).max() for seed in range(60)] for key in KEYS}
    for key, top in tops.items():
        beta = SHIFTS.get(key, 0)
        lowest, highest = (0.5 + beta) / (1 + beta), 1
        if key[1] == "object 2":
            lowest = 0.98
        if key == ("one", "object 3"):
            lowest, highest = 1.5 * lowest, 2
        assert 0.95 * lowest < min(top) and max(top) <= highest + 1e-6
        assert max(top) > 0.95 * highest


def test_random_sounds_reach_from_1_to_8000_hz_about_2000():
    """One spectral line each: medians and tails of the exponential distribution, clamped."""
    counts, pitches = [], []
    for index in range(90):
        sound = make(index, noise=0).mixture.parts()["random"]
        power = np.abs(np.fft.rfft(sound * np.hanning(RATE))) ** 2
        # carriers: local maxima that stand above both their sidebands, 40 to 100 Hz away
        found = [
            f
            for f in range(2, RATE // 2 - 2)
            if power[f] == power[max(0, f - 30) : f + 31].max() and power[f] > 0.1 * power.max()
        ]
        counts.append(len(found))
        pitches.extend(found)
    assert 3 <= np.mean(counts) <= 5 and np.median(counts) == 4
    assert np.median(pitches) == pytest.approx(2000 * np.log(2), rel=0.15)
    assert max(pitches) > 6000


@pytest.mark.parametrize(("scale", "pitch"), [(1e9, 8000), (1e-9, 1)])
def test_random_sounds_are_kept_between_1_and_8000_hz(scale, pitch, monkeypatch):
    monkeypatch.setattr(module, "RANDOM_SCALE", scale)
    sound = make(3, seconds=4.0).mixture.parts()["random"]
    assert strongest(sound, above=0.5, below=8001) == pytest.approx(pitch, abs=0.2)


# clips


@pytest.mark.parametrize(("least", "most"), [(2, 4), (1, 2), (3, 3), (4, 4), (1, 4)])
def test_clips_hold_least_to_most_objects_each_as_often(least, most):
    counts, objects, labels = Counter(), Counter(), Counter()
    size = 240
    for index in range(size):
        clip = make(index, least, most, seconds=0.5)
        names = [name for name in clip.mixture.parts() if name in NAMES]
        assert list(clip.mixture.parts()) == [*names, "random", "noise"] and names == sorted(names)
        counts[len(names)] += 1
        labels[clip.label] += 1
        objects.update((clip.label, name) for name in names)
    assert labels == {"one": size // 2, "two": size // 2}
    assert set(counts) == set(range(least, most + 1))
    share = 1 / len(counts)
    assert all(abs(n - share * size) <= 4 * math.sqrt(size * share) for n in counts.values())
    mean = (least + most) / 8 * size / 2
    assert set(objects) == set(KEYS)
    assert all(abs(n - mean) <= 4 * math.sqrt(size / 2 * 0.25) for n in objects.values())


def test_noise_is_a_standard_deviation_beside_objects_of_peak_1():
    faint, strong, none = (make(9, 4, 4, noise).mixture.parts() for noise in (0.01, 0.1, 0.0))
    for parts, level in ((faint, 0.01), (strong, 0.1), (none, 0)):
        ratio = parts["noise"].std() / np.abs(parts["object 2"]).max()
        assert ratio == pytest.approx(level, rel=0.05)
        assert abs(parts["noise"].mean()) <= 0.1 * parts["noise"].std()
    spectrum = np.abs(np.fft.rfft(strong["noise"])[1:]) ** 2
    bands = spectrum.reshape(8, -1).mean(1)
    assert bands.max() < 1.3 * bands.min()  # white


def test_parts_sum_to_the_clip_on_disk_at_16_bits(tmp_path):
    clips = {"train": 5, "test": 6}
    build(tmp_path / "c", "tones", clips, 1.0, parts=True, least=4, noise=0.03)
    corpus = Corpus(tmp_path / "c")
    assert corpus.faults() == [] and corpus.rate == RATE and corpus.classes == ["one", "two"]
    assert corpus.part_names == [*NAMES, "random", "noise"]
    assert corpus.info["options"] == {"least": 4, "most": 4, "noise": 0.03}
    assert corpus.info["licence"] == "MIT"
    assert len(set(corpus.groups)) == len(corpus) == 11
    everything = slice(None)
    for parts, wave in zip(corpus.parts(everything), corpus.waveforms(everything), strict=True):
        assert list(parts) == corpus.part_names
        rounding = sum(np.abs(part).max() / 65534 for part in parts.values())
        assert np.abs(sum(parts.values()) - wave).max() <= STEP + rounding + 1e-6
        assert np.abs(wave).max() >= 1 - STEP


def test_options_that_are_not_given_are_those_of_the_paper(tmp_path):
    build(tmp_path / "c", "tones", {"test": 2}, 0.5)
    info = Corpus(tmp_path / "c").info
    assert info["options"] == {"least": 2, "most": 4, "noise": 0.01}
    assert info["rate"] == 16000


# options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"least": 0}, "'least' is 0, expected a whole number from 1 to 4"),
        ({"least": 2.0}, "'least' is 2.0, expected a whole number from 1 to 4"),
        ({"most": 5}, "'most' is 5, expected a whole number from 1 to 4"),
        ({"most": True}, "'most' is True, expected a whole number from 1 to 4"),
        ({"most": 1}, "'most' is 1, expected at least 'least', which is 2"),
        ({"least": 4, "most": 3}, "'most' is 3, expected at least 'least', which is 4"),
        ({"noise": -0.001}, "'noise' is -0.001, expected a number from 0 to 1"),
        ({"noise": 1.001}, "'noise' is 1.001, expected a number from 0 to 1"),
        ({"noise": math.nan}, "'noise' is nan, expected a number from 0 to 1"),
        ({"noise": "0.1"}, "'noise' is 0.1, expected a number from 0 to 1"),
        ({"noise": False}, "'noise' is False, expected a number from 0 to 1"),
        ({"nose": 0.1}, "task tones has no option 'nose'.*'noise'"),
    ],
)
def test_wrong_options_are_refused(given, message, tmp_path):
    with pytest.raises(InputError, match=message):
        build(tmp_path / "x", "tones", {"train": 1}, 1.0, **given)
    assert not (tmp_path / "x").exists()


def test_options_at_their_bounds_are_taken():
    known = TASKS["tones"].options
    for given in ({"least": 1, "most": 1}, {"least": 4, "most": 4}, {"noise": 0}, {"noise": 1}):
        values = chosen_options("tones", known, given)
        assert values == {"least": 2, "most": 4, "noise": 0.01} | given
        assert [type(value) for value in values.values()] == [int, int, float]


def test_an_option_without_a_greatest_value():
    known = {"excerpts": Option(5, 1)}
    assert chosen_options("t", known, {"excerpts": 10**6}) == {"excerpts": 10**6}
    with pytest.raises(InputError, match="'excerpts' is 0, expected a whole number from 1$"):
        chosen_options("t", known, {"excerpts": 0})
