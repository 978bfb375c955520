"""The sound font's recordings, and the pieces that embedded sounds are put together from."""

import numpy as np
import pytest

from tonotopy.corpora.embedded.font import recording
from tonotopy.corpora.embedded.sound import at, noise, trim
from tonotopy.errors import InputError
from tonotopy.seeding import generator

RATE = 16000


def test_recordings_of_the_sound_font_play_at_the_speed_and_length_asked_for():
    bird = recording("Bird")
    assert bird.rate == 11025 and bird.samples.shape == (13718,) and bird.loop == (6859, 13717)
    assert len(bird.play(RATE, speed=2.0)) == pytest.approx(len(bird.play(RATE)) / 2, abs=2)
    assert len(bird.play(RATE, 0.7, seconds=5.0)) == pytest.approx(5 * RATE, abs=2)
    sine = recording("Sine Wave")  # one period of 139 samples or a whole number of them
    for speed in (1.0, 2.0):
        tone = sine.play(RATE, speed, seconds=1.0)
        top = np.abs(np.fft.rfft(tone * np.hanning(len(tone)))).argmax()
        period = (sine.loop[1] - sine.loop[0]) / sine.rate
        assert (top * period / speed) == pytest.approx(round(top * period / speed), abs=0.01)
    with pytest.raises(InputError, match="no sound 'Brid'.*'Bird'"):
        recording("Brid")


def test_sounds_are_placed_cut_and_trimmed():
    sound = np.array([1.0, 2.0, 3.0])
    assert at(sound, 2, 6).tolist() == [0, 0, 1, 2, 3, 0]
    assert at(sound, 4, 6).tolist() == [0, 0, 0, 0, 1, 2]
    assert at(sound, -1, 4).tolist() == [2, 3, 0, 0]
    assert at(sound, 9, 4).tolist() == [0, 0, 0, 0]
    assert trim(np.array([0, 0.001, 1, 0, -0.5, 0])).tolist() == [1, 0, -0.5]
    with pytest.raises(ValueError, match="nothing sounds"):
        trim(np.zeros(4))


@pytest.mark.parametrize("tilt", [0.0, 1.0, 2.0])
def test_noise_has_unit_rms_and_the_tilt_asked_for(tilt):
    power = np.mean(
        [np.abs(np.fft.rfft(noise(8192, generator(i), tilt))) ** 2 for i in range(40)], axis=0
    )
    bins = np.arange(10, 4000)
    slope = np.polyfit(np.log(bins), np.log(power[bins]), 1)[0]
    assert slope == pytest.approx(-tilt, abs=0.1)
    assert np.mean(noise(8192, generator(0), tilt) ** 2) == pytest.approx(1)
