"""Layers, frames, sweeps and natural sound of small networks, against plain loops."""

import numpy as np
import pytest
import torch
from partials_worlds import BANK, HEARD, NOTES, write_bank

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.errors import InputError
from tonotopy.partials import steps
from tonotopy.partials.natural import (
    SHORTEST,
    band_levels,
    context_correlations,
    energies,
    pooled,
)
from tonotopy.partials.stimuli import COMPLEXES, levels, midi, partials
from tonotopy.studies.partials.following import Natural, natural_answers
from tonotopy.studies.partials.framing import frame_positions, training_frames
from tonotopy.studies.partials.hearing import (
    activations,
    clip_contexts,
    decodes,
    even_clips,
    is_codec,
    listeners,
    silence,
    within,
)
from tonotopy.studies.partials.measuring import filter_table, limit_table
from tonotopy.studies.partials.sweeping import (
    F0,
    direction_table,
    fitted_directions,
    found_answers,
    known_centres,
    sound_levels,
    stimuli,
    sweep_tables,
)

TONES = {"low": 48, "high": 97, "seconds": 0.4}
SETTINGS = {
    "tones": TONES,
    "fitted": 50,
    "contexts": {"by": "program"},
    "clips": None,
}
KINDS = ["unit", "pca", "random"]
SEED = 5


def ear_of(world, name, layers=None):
    (ear,) = listeners([[name, 0, str(world.folder / name)]], layers, "cpu")
    return ear


@pytest.fixture(scope="module")
def tables(world):
    """The tables of a bank and of a tagger."""
    corpora = {"heard": world.phrases, "contexts": world.notes}
    return {
        name: dict(
            sweep_tables(
                ear_of(world, name), corpora, SETTINGS, {"role": role, "kinds": kinds}, SEED
            )
        )
        for name, role, kinds in (("bank", "positive", ["unit"]), ("tagger", "studied", KINDS))
    }


# --- layers


def test_the_last_layer_with_maps_is_looked_at_unless_another_is_named(world):
    assert list(ear_of(world, "tagger").layers) == ["embedding"]
    assert list(ear_of(world, "codec").layers) == ["latents"]
    assert list(ear_of(world, "tagger", {"tagger": "block2", "codec": "conv1"}).layers) == [
        "block2"
    ]
    assert list(ear_of(world, "tagger", [["codec", "conv1"], ["tagger", "block3"]]).layers) == [
        "block3"
    ]
    told = "^network 'tagger': layers: the network has no layer 'blok2'"
    with pytest.raises(InputError, match=told):
        ear_of(world, "tagger", {"tagger": "blok2"})
    assert is_codec(ear_of(world, "codec").bundle.network)
    assert decodes(ear_of(world, "codec").bundle.network)
    assert not is_codec(ear_of(world, "tagger").bundle.network)


def test_frames_of_layers(world):
    ear = ear_of(world, "codec")
    sounds = torch.from_numpy(waveforms_at(world.notes, np.arange(2), HEARD))
    with torch.no_grad():
        wanted = ear.bundle.network.encode(sounds).transpose(1, 2)
    assert torch.allclose(activations(ear, sounds), wanted)
    hop, by = frame_positions(ear, world.notes, 300)  # 4800 samples at 8 kHz
    assert hop == 16 and by == 13  # 26 ms
    assert frame_positions(ear, world.notes, 300, 0.01)[1] == 5
    assert frame_positions(ear, world.notes, 3) == (1600, 1)
    assert frame_positions(ear, world.notes, 300, 5.0)[1] == 300


def test_training_frames_are_of_training_clips(world):
    ear = ear_of(world, "bank")
    found = training_frames(ear, world.phrases, 60, SEED, SHORTEST)
    assert found.shape == (60, BANK["filters"])
    clips = world.phrases.indices("train")
    sounds = torch.from_numpy(waveforms_at(world.phrases, clips, HEARD))
    every = pooled(activations(ear, sounds).numpy(), 3)  # 10 ms a position
    owners = [
        np.flatnonzero(np.isclose(every, row, atol=1e-6).all(axis=2).any(axis=1)) for row in found
    ]
    assert all(len(own) for own in owners)
    assert len({own[0] for own in owners}) == len(clips)  # evenly drawn
    assert len(np.unique(found.round(7), axis=0)) == 60
    assert np.array_equal(found, training_frames(ear, world.phrases, 60, SEED, SHORTEST))
    assert not np.array_equal(found, training_frames(ear, world.phrases, 60, SEED + 1, SHORTEST))
    everything = training_frames(ear, world.phrases, 10**6, SEED, SHORTEST)
    assert len(everything) == every.shape[0] * every.shape[1]
    singly = training_frames(ear, world.phrases, 10**6, SEED)  # position by position
    wanted = activations(ear, sounds).numpy().reshape(-1, BANK["filters"])
    assert np.allclose(np.sort(singly, axis=0), np.sort(wanted, axis=0))


def test_silence_is_the_mean_over_positions(world):
    ear = ear_of(world, "codec")
    given = activations(ear, torch.zeros(1, 3200))[0].numpy().astype(float)
    assert given.shape == (200, 5) and np.ptp(given, axis=0).max() > 0
    for cut, ends in ((0.0, 0), (0.1, 20)):
        wanted = [sum(given[ends : 200 - ends, k]) / (200 - 2 * ends) for k in range(5)]
        assert np.allclose(silence(ear, 3200, cut), wanted)
    vectors = torch.arange(24.0).reshape(1, 12, 2)
    assert within(vectors, 0.1)[0, :, 0].tolist() == list(range(2, 22, 2))


def test_networks_that_give_no_numbers_in_silence_are_refused(world, monkeypatch):
    ear = ear_of(world, "tagger")
    told = "^network 'tagger' gives no numbers in silence, .*: let it divide by more than 0 there"
    monkeypatch.setattr(
        "tonotopy.studies.partials.hearing.activations", lambda ear, sounds: sounds[:, :, None] / 0
    )
    with pytest.raises(InputError, match=told):
        silence(ear, 40)


# --- contexts


def test_contexts_are_columns_of_words_or_groups(world):
    assert sorted(set(clip_contexts(world.notes, "program"))) == sorted(NOTES)
    assert np.array_equal(clip_contexts(world.phrases, "group"), world.phrases.groups)
    told = "contexts.by: corpus notes has no column 'programm': choose one of program, group$"
    with pytest.raises(InputError, match=told):
        clip_contexts(world.notes, "programm")


def test_clips_are_drawn_evenly_over_contexts():
    contexts = np.array(["a"] * 9 + ["b"] * 2 + ["c"] * 6, dtype=object)
    found = even_clips(contexts, 11, 0)
    names, counts = np.unique(contexts[found], return_counts=True)
    assert dict(zip(names, counts, strict=True)) in (
        {"a": 5, "b": 2, "c": 4},
        {"a": 4, "b": 2, "c": 5},
    )
    assert (np.diff(found) > 0).all() and np.array_equal(found, even_clips(contexts, 11, 0))
    assert not np.array_equal(found, even_clips(contexts, 11, 1))
    for number in (None, 17, 100):
        assert np.array_equal(even_clips(contexts, number, 0), np.arange(17))


# --- the sweep


def test_stimuli_are_made_for_a_rate():
    heard = stimuli(TONES, HEARD, SEED)
    assert heard.semitones.tolist() == list(range(48, 98))
    assert heard.sounds["tone"].shape == (50, 3200)
    assert F0.tolist() == list(range(36, 85))
    for kind in COMPLEXES:
        assert heard.sounds[kind].shape == (49, 3200)
        about = partials(kind, F0, HEARD)
        assert np.allclose(heard.levels[kind], levels(about, heard.semitones))
    assert stimuli(TONES, 4800, SEED).semitones[-1] == 96  # 2093 Hz


@pytest.mark.parametrize(("name", "positions"), [("codec", 200), ("bank", 40)])
def test_responses_are_levels_over_the_middle(world, name, positions):
    """A sound, a direction, a position at a time."""
    ear = ear_of(world, name)
    heard = stimuli(TONES, HEARD, SEED).sounds["flat"]
    still = silence(ear, 3200, 0.1)
    vectors = np.random.default_rng(0).normal(size=(3, len(still)))
    found = sound_levels(ear, heard, still, vectors)
    assert found.shape == (3, 49) and found.dtype == np.float64
    ends = positions // 10
    for sound in (0, 20, 48):
        given = activations(ear, torch.from_numpy(heard[sound : sound + 1]))[0].numpy()
        assert len(given) == positions
        for direction, vector in enumerate(vectors):
            squares = [
                sum(vector * (given[place] - still)) ** 2 for place in range(ends, positions - ends)
            ]
            wanted = (sum(squares) / len(squares)) ** 0.5
            assert found[direction, sound] == pytest.approx(wanted, rel=1e-4)


def test_a_linear_bank_is_heard_by_its_levels_and_not_by_its_means(world, tmp_path):
    path = tmp_path / "linear"
    write_bank(path, "gammatone", envelope=False, hop=16)
    (ear,) = listeners([["linear", 0, str(path)]], None, "cpu")
    corpora = {"heard": world.phrases, "contexts": world.notes}
    known = {"role": "positive", "kinds": ["unit"]}
    table = dict(sweep_tables(ear, corpora, SETTINGS, known, SEED))["directions"]
    assert table["narrow"].all() and table["kept"].all() and (table["natural"] > 0.3).all()
    assert (table["semitone"] - table["centre"]).abs().max() <= 1
    heard = stimuli(TONES, HEARD, SEED)
    means = {}
    for kind, sounds in heard.sounds.items():
        middle = within(activations(ear, torch.from_numpy(sounds)), 0.1)
        means[kind] = middle.mean(dim=1).double().numpy().T
    peaks = steps.sweep(means["tone"]).peak
    followed = [
        steps.rank_correlations(means[kind], heard.levels[kind][:, peaks].T) for kind in COMPLEXES
    ]
    assert (steps.least(np.array(followed)) > 0.3).mean() < 0.5


def test_layers_are_told(tables):
    bank, tagger = (tables[name]["layers"].iloc[0].to_dict() for name in ("bank", "tagger"))
    wanted = {"network": "bank", "run": 0, "role": "positive", "layer": "bank", "rate": HEARD}
    assert bank == {**wanted, "hop": 80.0, "width": 7, "frame": 0.03}
    assert tagger["layer"] == "embedding" and tagger["width"] == 9
    assert tagger["frame"] == pytest.approx(4 * tagger["hop"] / HEARD, rel=0.6)


def test_every_response_is_told(world, tables):
    table = tables["tagger"]["responses"]
    directions = tables["tagger"]["directions"]
    assert (table["response"] >= 0).all()
    assert len(table) == len(directions) * (50 + 4 * 49)
    assert set(table["stimulus"]) == {"tone", *COMPLEXES} and set(table["kind"]) == set(KINDS)
    ear, heard = ear_of(world, "tagger"), stimuli(TONES, HEARD, SEED).sounds["odd"]
    answers = sound_levels(ear, heard, silence(ear, heard.shape[1], 0.1), np.eye(9))
    own = table[(table["kind"] == "unit") & (table["stimulus"] == "odd")]
    for unit in range(9):
        rows = own[own["direction"] == unit]
        assert rows["semitone"].tolist() == F0.tolist()
        assert np.allclose(rows["response"], answers[unit])


def test_a_bank_peaks_at_its_centres_and_passes(world, tables):
    table = tables["bank"]["directions"]
    centres = midi(known_centres(ear_of(world, "bank").bundle.network))
    assert np.allclose(table["centre"], centres)
    assert (table["semitone"] - table["centre"]).abs().max() <= 1
    assert table["narrow"].all() and table["kept"].all()
    assert (table["follows"] != "pitch").all()
    assert (table["follows"] == "none").tolist() == (table["semitone"] > 84).tolist()
    assert known_centres(ear_of(world, "noise").bundle.network) is None
    assert tables["tagger"]["directions"]["centre"].isna().all()


def test_directions_are_those_of_the_plain_loop(tables):
    """From the table of responses alone: every column, one direction after the other."""
    for name in ("bank", "tagger"):
        table, responses = tables[name]["directions"], tables[name]["responses"]
        semitones = np.arange(48, 98)
        for _, row in table.iterrows():
            same = responses["direction"] == row["direction"]
            own = responses[(responses["kind"] == row["kind"]) & same]
            by = {kind: rows["response"].to_numpy() for kind, rows in own.groupby("stimulus")}
            swept = steps.sweep(by["tone"][None])
            peak = semitones[swept.peak[0]]
            assert row["semitone"] == peak and row["share"] == pytest.approx(swept.share[0])
            found = []
            for kind in COMPLEXES:
                level = levels(partials(kind, F0, HEARD), np.array([peak]))[:, 0]
                wanted = steps.rank_correlations(by[kind][None], level[None])[0]
                assert row[kind] == pytest.approx(wanted, nan_ok=True)
                found += [] if np.isnan(wanted) else [wanted]
            assert row["least"] == pytest.approx(min(found))
            assert row["kept"] == (row["narrow"] and min(found) > 0.3)
            assert row["stable"] == (row["kept"] and row["natural"] > 0.3)
            if 36 <= peak <= 84:
                height = by["tone"].max() - np.median(by["tone"])
                over = by["missing"][peak - 36] - np.median(by["tone"])
                ratio = over / height if height else np.nan
                assert row["missing_ratio"] == pytest.approx(ratio, nan_ok=True)
                answer = "pitch" if ratio > 0.5 else "partial"
                assert row["follows"] == (answer if row["narrow"] else "none")
            else:
                assert np.isnan(row["missing_ratio"]) and row["follows"] == "none"


def test_natural_sound_is_heard_context_by_context(world, tables):
    ear = ear_of(world, "bank")
    table, directions = tables["bank"]["natural"], tables["bank"]["directions"]
    positions = np.arange(len(world.notes))
    sounds = waveforms_at(world.notes, positions, HEARD)
    given = activations(ear, torch.from_numpy(sounds)).numpy()
    peaks = directions["semitone"].to_numpy()
    still = activations(ear, torch.zeros(1, sounds.shape[1])).numpy().mean(axis=1)[0]
    values = pooled((given - still) ** 2, 3) ** 0.5
    energy = energies(sounds, 60, 3)
    loud = np.stack([band_levels(sounds, np.array([p]), HEARD, 60, 3)[..., 0] for p in peaks], 2)
    contexts = clip_contexts(world.notes, "program")
    names, wanted, frames = context_correlations(values, loud, np.arange(7), energy, contexts)
    assert names.tolist() == sorted(NOTES)
    for number, name in enumerate(names):
        rows = table[table["context"] == name].sort_values("direction")
        assert np.allclose(rows["correlation"], wanted[number], atol=1e-3, equal_nan=True)
        assert set(rows["frames"]) == {frames[number]} == {20 * NOTES[name]}
    assert np.allclose(directions["natural"], np.nanmedian(wanted, axis=0), atol=1e-3)


@pytest.mark.parametrize("contexts", [0, 1, 2, 3, 6])
def test_medians_over_contexts_that_say_something(contexts):
    rng = np.random.default_rng(contexts)
    values = rng.normal(size=(contexts, 4))
    values[rng.random(values.shape) < 0.4] = np.nan
    found = Natural(np.array([]), values, np.array([]), 1, 1).medians
    for column in range(4):
        known = [v for v in values[:, column] if not np.isnan(v)]
        assert found[column] == pytest.approx(np.median(known) if known else np.nan, nan_ok=True)


def test_fewer_clips_of_natural_sound(world):
    ear = ear_of(world, "bank")
    about = {"by": "program", "clips": 7}
    found = natural_answers(ear, world.notes, about, np.eye(7)[:2], np.array([60, 70]), SEED)
    assert found.frames.sum() == 7 * 20 and found.correlations.shape == (3, 2)


def test_tones_that_a_network_cannot_hear_are_refused(world):
    settings = {**SETTINGS, "tones": {**TONES, "seconds": 0.005}}
    corpora = {"heard": world.phrases, "contexts": world.notes}
    told = "^network 'tagger' cannot hear tones of 0.005 s .*: set tones.seconds to what it takes$"
    with pytest.raises(InputError, match=told):
        dict(
            sweep_tables(
                ear_of(world, "tagger"), corpora, settings, {"role": "studied", "kinds": KINDS}, 0
            )
        )


def test_what_is_kept_is_above_three_tenths(monkeypatch):
    heard = stimuli(TONES, HEARD, SEED)
    tones = np.eye(50)[[10, 20, 30, 25]] + 0.1
    answers = {"tone": tones, **{kind: np.ones((4, 49)) for kind in COMPLEXES}}
    found = found_answers(fitted_directions(["unit"], np.zeros((1, 4)), SEED), answers)
    assert found.sweep.narrow.all()
    monkeypatch.setattr(steps, "rank_correlations", lambda *_: np.array([0.31, 0.3, 0.45, 0.4]))
    natural = Natural(np.array(["a"]), np.array([[0.31, 0.9, 0.3, 0.9]]), np.array([9]), 1, 1)
    table = direction_table(found, heard, natural, None, {})
    assert table["kept"].tolist() == [True, False, True, True]
    assert table["stable"].tolist() == [True, False, False, True]


# --- filters


def test_filters_of_a_network_beside_random_ones(world):
    table = filter_table(ear_of(world, "tagger"), {"role": "studied"}, SEED)
    assert table.groupby("copy").size().to_dict() == {"own": 4, "random": 64}
    assert set(table["taps"]) == {3} and set(table["rate"]) == {HEARD}
    assert (table["concentration"] <= table["limit"] + 1e-9).all()
    weights = ear_of(world, "tagger").bundle.network.blocks[0][0].weight.detach().numpy()
    frequencies = np.fft.rfftfreq(1 << 14, 1 / HEARD)
    for number, filter_ in enumerate(weights[:, 0, 0]):
        row = table[(table["copy"] == "own") & (table["filter"] == number)].iloc[0]
        powers = np.abs(np.fft.rfft(filter_, 1 << 14)) ** 2
        edges = row["centre_hz"] / 2 ** (1 / 6), min(row["centre_hz"] * 2 ** (1 / 6), HEARD / 2)
        inside = (frequencies >= edges[0]) & (frequencies < edges[1])
        assert row["concentration"] == pytest.approx(powers[inside].sum() / powers.sum(), abs=2e-3)
    other = filter_table(ear_of(world, "tagger"), {"role": "studied"}, SEED + 1)
    assert other["concentration"].tolist()[:4] == table["concentration"].tolist()[:4]
    assert other["concentration"].tolist()[4:] != table["concentration"].tolist()[4:]


def test_networks_without_filters_are_noted(world, capsys):
    ear = ear_of(world, "tagger")
    ear.bundle.network.blocks[0][0].in_channels = 2
    assert filter_table(ear, {"role": "studied"}, SEED).empty
    assert "note: tagger (SampleCNN) has no convolution over one channel" in capsys.readouterr().out
    ear.bundle.network.blocks[0][0].in_channels = 1


def test_limits_of_asked_lengths_at_all_rates_and_of_networks_at_their_own(world):
    table = filter_table(ear_of(world, "noise"), {"role": "negative"}, SEED)
    found = limit_table(table, [3, 7], {HEARD, 11000})
    pairs = set(zip(found["taps"], found["rate"], strict=True))
    assert pairs == {(3, HEARD), (7, HEARD), (3, 11000), (7, 11000), (33, HEARD)}
    own = found[(found["taps"] == 33)].set_index("centre_hz")["limit"]
    assert np.allclose(table["limit"], own.loc[table["centre_hz"]])
    assert len(limit_table(table.iloc[:0], [5], {HEARD})) == len(own)
