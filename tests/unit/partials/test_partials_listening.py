"""Units that an excerpt excites most: beyond equally loud noise, at the moment they answer."""

import numpy as np
import pandas as pd
import pytest
import torch
from partials_worlds import HEARD

from tonotopy.excerpts import Excerpt, Known
from tonotopy.networks.bundle import load
from tonotopy.partials.stimuli import audible, hertz
from tonotopy.studies.partials.hearing import listener
from tonotopy.studies.partials.listening import COLUMNS, UNITS, moment, prepare

TONES = {"low": 50, "high": 90}


@pytest.fixture(scope="module")
def centres(world):
    """Semitone that each filter of the bank is tuned to, measured by tones."""
    ear = listener(load(world.folder / "bank"), "bank", 0, None)
    time, levels = np.arange(HEARD) / HEARD, []
    for semitone in range(TONES["low"], TONES["high"] + 1):
        sound = 0.5 * np.sin(2 * np.pi * hertz(semitone) * time)
        with torch.no_grad():
            answer = ear.bundle.network(torch.from_numpy(np.float32(sound))[None])
        levels.append(torch.as_tensor(answer).flatten(2).mean(dim=2)[0].numpy())
    return np.argmax(levels, axis=0) + TONES["low"]


@pytest.fixture(scope="module")
def show(world, centres, tmp_path_factory):
    numbers = np.arange(len(centres))
    rows = pd.DataFrame({"direction": numbers, "semitone": centres, "narrow": numbers % 2 == 0})
    table = pd.concat(
        [
            rows.assign(network="bank", run=0, kind="unit"),
            rows.assign(network="bank", run=0, kind="pca", semitone=-1),
            rows.assign(network="other", run=0, kind="unit", semitone=-1),
        ]
    )
    path = tmp_path_factory.mktemp("units") / "directions.parquet"
    table.to_parquet(path)
    settings = {"layers": None, "tones": TONES}
    known = Known("bank", 0, {"directions": str(path)}, settings, 0)
    return prepare(load(world.folder / "bank"), known)


def beep(semitone, begin, seconds=2.0, length=0.4):
    """Silence with a tone in it."""
    time = np.arange(round(seconds * HEARD)) / HEARD
    gate = (time >= begin) & (time < begin + length)
    return torch.from_numpy(np.float32(0.5 * gate * np.sin(2 * np.pi * hertz(semitone) * time)))


@pytest.mark.parametrize("unit", [1, -2])
def test_a_tone_excites_the_filter_that_is_tuned_to_it(unit, show, centres):
    unit %= len(centres)
    shown = show(Excerpt(beep(centres[unit], 1.2), ""))
    assert 2 <= len(shown.tracks) <= 1 + UNITS
    first = shown.tracks[1].facts
    assert first["unit"] == unit and first["isolates a band"] == (unit % 2 == 0)
    assert first["peak in Hz"] == pytest.approx(hertz(centres[unit]))
    assert 1.2 <= first["second"] <= 1.6
    levels = [track.facts["level"] for track in shown.tracks[1:]]
    noise = [track.facts["level in equally loud noise"] for track in shown.tracks[1:]]
    beyond = np.subtract(levels, noise)
    assert (beyond > 0).all() and (np.diff(beyond) <= 0).all()


def test_the_moment_is_kept_and_its_levels_lie_at_the_band(show, centres):
    sound = beep(centres[1], 1.2)
    track = show(Excerpt(sound, "")).tracks[1]
    bands = audible(TONES["low"], TONES["high"], HEARD)
    heatmap = track.heatmap.numpy()
    assert heatmap.shape == (len(bands), COLUMNS)
    rows = np.flatnonzero(heatmap.any(axis=1))
    assert set(bands[rows]) == {b for b in bands if abs(b - centres[1]) <= 1}
    loud = heatmap[rows[0]] > heatmap.max() / 2
    assert 0.58 < np.flatnonzero(loud).min() / COLUMNS < 0.66
    assert 0.74 < np.flatnonzero(loud).max() / COLUMNS < 0.82
    assert len(track.sound) == len(sound)


def test_silence_excites_nothing(show):
    shown = show(Excerpt(torch.zeros(HEARD), ""))
    assert len(shown.tracks) == 1


def test_all_but_a_moment_is_faded_away():
    kept = moment(torch.ones(2000), 1.0, 1000)
    assert (kept[750:1251] == 1).all() and (kept[:730] == 0).all() and (kept[1271:] == 0).all()
    assert (kept[730:750].diff() > 0).all()
