"""Codes, the strongest partial beside them, and what each code tells."""

import numpy as np
import pytest

from tonotopy.partials.codes import (
    assigned,
    clusters,
    information_of_codes,
    strongest_semitones,
)
from tonotopy.partials.stimuli import hertz

RATE = 8000


def test_the_strongest_partial_is_found_frame_by_frame():
    time = np.arange(RATE) / RATE
    weak = 0.1 * np.sin(2 * np.pi * hertz(90) * time)
    first = 0.5 * np.sin(2 * np.pi * hertz(50.3) * time)
    second = 0.5 * np.sin(2 * np.pi * hertz(74.6) * time)
    sound = weak + np.where(time < 0.5, first, second)
    found = strongest_semitones(np.array([sound, weak]), RATE, 25, 2)
    assert found.shape == (2, 12)
    assert found[0, 1:5].tolist() == [50] * 4 and found[0, 7:11].tolist() == [75] * 4
    assert found[1, 1:11].tolist() == [90] * 10


def test_pitches_are_found_over_the_whole_range_and_no_further():
    time = np.arange(RATE // 2) / RATE
    semitones = np.array([36, 43, 60, 77, 95, 104])
    sounds = np.sin(2 * np.pi * hertz(semitones)[:, None] * time)
    found = strongest_semitones(sounds, RATE, 10, 1)[:, 4]
    assert found.tolist() == semitones.tolist()
    mixed = 0.05 * sounds[2] + np.sin(2 * np.pi * 30 * time) + np.sin(2 * np.pi * 3900 * time)
    assert strongest_semitones(mixed[None], RATE, 10, 1)[0, 4] == 60


def test_quiet_frames_have_no_pitch():
    time = np.arange(RATE) / RATE
    sound = np.sin(2 * np.pi * 440 * time) * np.where(time < 0.5, 1, 0.005)
    found = strongest_semitones(
        np.array([sound, 1e-4 * np.sin(2 * np.pi * 440 * time)]), RATE, 20, 1
    )
    assert (found[0, :9] == 69).all() and np.isnan(found[0, 13:]).all()
    assert (found[1] == 69).all()  # the whole clip is as quiet


def test_clusters_are_the_nearest_means():
    rng = np.random.default_rng(0)
    middles = np.array([[0, 0, 0], [5, 0, 0], [0, 6, 1.0]])
    planted = rng.integers(3, size=300)
    vectors = middles[planted] + 0.2 * rng.normal(size=(300, 3))
    means = clusters(vectors, 3, 7, "some")
    found = assigned(means, vectors.reshape(20, 15, 3).astype(np.float32))
    assert found.shape == (20, 15)
    for code in range(3):
        assert len(set(planted[found.ravel() == code])) == 1
    for row, vector in enumerate(vectors[:40]):
        distances = [((vector - centre) ** 2).sum() for centre in means.cluster_centers_]
        assert found.ravel()[row] == int(np.argmin(distances))
    assert clusters(vectors[:4], 9, 0, "few").n_clusters == 4


def mutual_information(codes, semitones):
    """Bits, by a double loop over codes and semitones."""
    total, bits = len(codes), {}
    for code in set(codes):
        bits[code] = 0.0
        for semitone in set(semitones):
            both = sum(c == code and s == semitone for c, s in zip(codes, semitones, strict=True))
            if both:
                alone = codes.count(code) * semitones.count(semitone) / total**2
                bits[code] += both / total * np.log2(both / total / alone)
    return bits


def test_what_codes_tell_adds_up_to_the_mutual_information():
    rng = np.random.default_rng(1)
    semitones = rng.integers(50, 56, 200).astype(float)
    codes = np.where(rng.random(200) < 0.6, semitones % 4, rng.integers(0, 5, 200)).astype(int)
    codes[codes == 3] = 17
    quiet = rng.random(200) < 0.2
    heard = np.where(quiet, np.nan, semitones)
    found = information_of_codes(codes, heard)
    wanted = mutual_information(codes[~quiet].tolist(), semitones[~quiet].tolist())
    assert found.keys() == wanted.keys()
    for code, bits in wanted.items():
        assert found[code] == pytest.approx(bits)


def test_known_answers_of_information():
    semitones = np.repeat([60.0, 62, 64, 65], 25)
    assert sum(information_of_codes(semitones.astype(int), semitones).values()) == pytest.approx(2)
    assert sum(information_of_codes(np.zeros(100, int), semitones).values()) == pytest.approx(0)
    assert information_of_codes(np.zeros(3, int), np.full(3, np.nan)) == {}
