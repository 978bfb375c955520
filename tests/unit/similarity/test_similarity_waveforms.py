"""Networks that hear waveforms in study 5: one map, feature, position and clip at a time."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from own_modules import HEARING, write_module
from similar_loops import JOB, SEED, SETTINGS, left_of, null_of, over_cells, standard
from similar_worlds import write_tones
from tiny_transformers import adopted

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.ears import Ear
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import Bundle, load, save
from tonotopy.networks.layers import Layer, describe
from tonotopy.networks.own import imported
from tonotopy.similarity.features import BY_ROWS, KINDS, Columns, separated
from tonotopy.similarity.features import describe as features_of
from tonotopy.similarity.placing import placed_layouts
from tonotopy.similarity.seeing import seen_cells, seen_front_end
from tonotopy.studies.similarity.assembling import compared_tables, probed_table
from tonotopy.studies.similarity.copies import studied
from tonotopy.studies.similarity.hearing import compared_clips, hear, phases_of, sounds_of

RATE, SAMPLES = 8000, 6400
SEEN = {"kind": "log_mel", "rate": RATE, "n_fft": 512, "window_ms": 25.0, "hop_ms": 10.0,
        "mels": 64, "frames": 81}  # fmt: skip
STEPS = {"fine": (9.5, 20), "middle": (99.5, 100), "deep": (249.5, 300)}  # middles, samples


def save_own(path, module: str, network, layers: dict[str, Layer]) -> None:
    info = {"architecture": "own", "arguments": {"module": module}, "classes": []}
    front_end = front_ends.build({"kind": "waveform", "rate": RATE})
    save(path, network, front_end, {**info, "layers": describe(layers)})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A corpus and two networks: one of convolutions, one whose maps follow what it hears."""
    folder = tmp_path_factory.mktemp("hearing")
    with pytest.MonkeyPatch.context() as patch:
        name = write_module(folder, patch, HEARING)
        torch.manual_seed(4)
        waves, follower = (imported(f"{name}:{kind}")() for kind in ("Waves", "Follower"))
        save_own(folder / "waves", f"{name}:Waves", waves,
                 {layer: Layer(layer, "channels") for layer in STEPS})  # fmt: skip
        save_own(folder / "follower", f"{name}:Follower", follower.follow(),
                 {"mix": Layer("mix", "channels")})  # fmt: skip
        yield SimpleNamespace(folder=folder, corpus=write_tones(folder / "tones"))


@pytest.fixture(scope="module")
def columns(world):
    return [["waves", 0, str(world.folder / "waves")]]


@pytest.fixture(scope="module")
def tables(world, columns):
    return compared_tables(columns, [], world.corpus, [], SETTINGS, JOB)


@pytest.fixture(scope="module")
def chosen(world):
    return compared_clips(world.corpus, 14, 9, SEED)


def places(tables) -> dict:
    """Layer -> time of its first column and of a step in samples, and number, as the table says."""
    rows = tables["layers"].set_index("layer")
    return {
        layer: (row["first_s"] * RATE, row["step_s"] * RATE, int(row["columns"]))
        for layer, row in rows.iterrows()
    }


def test_layers_lie_where_their_windows_are(tables):
    rows = tables["layers"].set_index("layer")
    assert rows[["maps", "rows", "input_rows"]].to_numpy().tolist() == [
        [maps, 1, 64] for maps in (3, 4, 6)
    ]
    for layer, (first, step, number) in places(tables).items():
        middle, wide = STEPS[layer]
        assert number == (320, 63, 20)[list(STEPS).index(layer)]
        for at in (0, number - 1):
            assert abs(first + at * step - middle - at * wide) < 0.4 * wide


def front_end():
    return front_ends.build(SEEN)


def seen(sound: np.ndarray) -> np.ndarray:
    return front_end()(torch.from_numpy(sound)[None])[0].double().numpy()


def maps_of(bundle: Bundle, sound: np.ndarray, layer: str) -> np.ndarray:
    kept = []
    hook = getattr(bundle.network, layer).register_forward_hook(lambda m, a, o: kept.append(o))
    with torch.no_grad():
        bundle.network(torch.from_numpy(sound)[None])
    hook.remove()
    return kept[0][0].double().numpy()


def met(place) -> tuple:
    """The cells that maps meet the input on: those of the map, or of the input if wider."""
    first, step, number = place
    if step >= 80:
        return place
    low, high = first - step / 2, first + (number - 0.5) * step
    inside = [
        80 * k for k in range(81) if min(80 * k + 40, high) - max(80 * k - 40, low) >= 40 - 1e-6
    ]
    return inside[0], 80, len(inside)


@pytest.mark.parametrize("copy", ["trained", "phase"])
@pytest.mark.parametrize("layer, map", [("fine", 2), ("middle", 1), ("deep", 4)])
def test_what_is_compared_one_cell_at_a_time(tables, world, columns, chosen, copy, layer, map):
    bundle, place = load(columns[0][2]), places(tables)[layer]
    cells = met(place)
    sounds = sounds_of(world.corpus, chosen, RATE)
    heard = phases_of(world.corpus, chosen, RATE, SEED) if copy == "phase" else sounds
    compared = {"percussive": [], "rms": [], "onsets": []}
    for sound, given in zip(sounds, heard, strict=True):
        own = over_cells(maps_of(bundle, given, layer)[[map]], *place[:2], cells)
        x = over_cells(seen(sound), 0, 80, cells).mean(axis=0)[None]
        part = seen(separated(sound, 512)[1].astype(np.float32))
        told = features_of(sound, Columns(RATE, 80, 81, 512), ("rms", "onsets"))
        values = {"percussive": over_cells(part, 0, 80, cells).mean(axis=0)[None]}
        values |= {name: over_cells(told[name].astype(float), 0, 80, cells) for name in told
                   if name in compared}  # fmt: skip
        for name, rows in compared.items():
            left = standard(left_of(values[name], x)).ravel()
            raw = float(standard(own).ravel() @ standard(values[name]).ravel())
            rows.append((standard(own).ravel(), left, raw))
    rows = tables["similarities"]
    rows = rows[(rows["copy"] == copy) & (rows["layer"] == layer) & (rows["map"] == map)]
    for name, parts in compared.items():
        (found,) = [row for _, row in rows[rows["feature"] == name].iterrows()]
        s = np.array([[float(a @ other[1]) for other in parts] for a, _, _ in parts])
        np.testing.assert_allclose(found["r"], np.diag(s), atol=5e-4)
        np.testing.assert_allclose(found["raw"], [raw for *_, raw in parts], atol=5e-4)
        mean, sd, z = null_of(s, world.corpus.groups[chosen])
        assert found["null_mean"] == pytest.approx(mean, abs=3e-4)
        assert found["null_sd"] == pytest.approx(sd, rel=1e-2, abs=1e-4)
        assert found["z"] == pytest.approx(z, abs=0.05)


def test_features_that_tell_rows_apart_are_not_compared_with_one_row(tables):
    rows = tables["similarities"]
    assert set(rows["feature"]) == set(KINDS) - set(BY_ROWS)
    assert set(rows["copy"]) == {"trained", "phase", "random", "input"}
    assert rows["r"].map(len).eq(9).all() and np.isfinite(np.stack(list(rows["r"]))).all()
    sizes = rows[rows["copy"] == "random"].groupby(["run", "layer"]).size()
    assert sizes.loc[0].to_dict() == {"fine": 15, "middle": 20, "deep": 30}
    own = rows[rows["copy"] == "input"]
    assert np.abs(np.stack(list(own["r"]))).max() < 1e-3  # nothing beyond itself
    assert np.stack(list(own[own["feature"] == "percussive"]["raw"])).mean() > 0.5


def test_known_answers_and_pictures_are_of_what_is_seen(tables, columns, world, chosen):
    known = tables["known"].groupby(["layer", "feature"])["r"].mean().unstack()
    assert known.loc["difference", "harmonic"] - known.loc["difference", "percussive"] > 0.2
    assert abs(known.loc["white_noise", "harmonic"]) < 0.1
    pictures = tables["pictures"]
    assert set(pictures["feature"]) == set(KINDS) - set(BY_ROWS)
    assert pictures["bands"].eq(1).all()
    one = pictures[(pictures["layer"] == "deep") & (pictures["feature"] == "harmonic")]
    one = one[one["rank"] == 1].set_index("panel")
    assert one["frames"].eq(20).all()
    r = (standard(one.loc["map", "values"]) * standard(one.loc["residual", "values"])).sum()
    assert r == pytest.approx(one.loc["map", "r"], abs=1e-3)


def test_probes_stand_beside_all_rows_of_the_input(world, columns):
    probes = probed_table(columns, [], world.corpus, SETTINGS, JOB)
    assert set(probes["copy"]) == {"trained", "random", "input"}
    assert set(probes["target"]) == {"chroma", "loudness", "onsets", "onset_rate", "level"}
    values = probes[probes["layer"] == "deep"].groupby("target")["values"].unique().map(list)
    assert values.to_dict() == {
        "chroma": [12 * 20], "loudness": [20], "onsets": [20], "onset_rate": [1], "level": [1]
    }  # fmt: skip
    ear, found = next(studied(columns, world.corpus, SETTINGS, "cpu"))
    sounds = sounds_of(world.corpus, world.corpus.indices("test")[:2], RATE)
    heard = hear(ear, sounds, ("rms",), 1)
    rows = heard.input_rows(found["deep"].place)
    assert rows.shape == (2, 64, 20)
    expected = over_cells(seen(sounds[1]), 0, 80, found["deep"].times)
    np.testing.assert_allclose(rows[1], expected, atol=1e-3)


def eventful(rng: np.random.Generator) -> np.ndarray:
    """Noise and a tone that swell and fade by chance, with bursts at chance times."""
    time = np.arange(SAMPLES) / RATE
    swell = np.interp(time, np.linspace(0, time[-1], 9), rng.uniform(-40, -10, 9))
    wave = rng.normal(0, 0.3, SAMPLES) + np.sin(2 * np.pi * rng.uniform(300, 2000) * time)
    wave *= 10 ** (swell / 20)
    for begin in rng.integers(0, SAMPLES - 400, 4):
        wave[begin : begin + 400] += rng.uniform(0.05, 0.5) * rng.normal(size=400)
    return np.clip(wave, -1, 1)


@pytest.fixture(scope="module")
def followed(world):
    rng = np.random.default_rng(2)
    with CorpusWriter(world.folder / "events", ["one"], RATE, SAMPLES) as writer:
        for number in range(30):
            split = "train" if number < 6 else "test"
            writer.add(f"clip{number}", eventful(rng), "one", split)
    settings = {**SETTINGS, "clips": 24, "probed": 24, "random": 20, "known": None}
    columns = [["follower", 0, str(world.folder / "follower")]]
    events = Corpus(world.folder / "events")
    rows = compared_tables(columns, [], events, [], settings, JOB)["similarities"]
    return rows.assign(mean=[float(np.mean(r)) for r in rows["r"]])


def of(rows: pd.DataFrame, copy: str, feature: str) -> pd.DataFrame:
    return rows[(rows["copy"] == copy) & (rows["feature"] == feature)].set_index("map")


@pytest.mark.parametrize("map, feature", [(0, "rms"), (0, "loudness"), (1, "onsets")])
def test_maps_that_follow_what_is_heard_beat_every_null(followed, map, feature):
    own = of(followed, "trained", feature).loc[map]
    assert own["mean"] > 0.3 and own["p"] < 1e-5
    assert own["mean"] > 2 * np.quantile(of(followed, "random", feature)["mean"], 0.95)
    if feature == "loudness":  # which a clip with random phases keeps, over windows of 0.4 s
        return
    gain = np.asarray(own["r"]) - np.asarray(of(followed, "phase", feature).loc[map, "r"])
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))


@pytest.mark.parametrize("map", [2, 3])
@pytest.mark.parametrize("feature", ["harmonic", "percussive", "rms", "loudness", "onsets"])
def test_maps_of_noise_do_not(followed, map, feature):
    own = of(followed, "trained", feature).loc[map]
    assert abs(own["mean"]) < 0.1 and own["p"] > 1e-3
    assert own["mean"] < np.quantile(of(followed, "random", feature)["mean"], 0.95)


def test_a_click_is_seen_and_heard_at_its_time(world):
    """The map of level and the feature have a click in the same column."""
    columns = [["follower", 0, str(world.folder / "follower")]]
    ear, found = next(studied(columns, world.corpus, SETTINGS, "cpu"))
    for at in (1300, 3170, 5000):
        sound = 0.001 * np.random.default_rng(0).normal(size=(1, SAMPLES)).astype(np.float32)
        sound[0, at - 40 : at + 40] += 0.5
        heard = hear(ear, sound, ("rms", "sounds"), 1)
        place = found["mix"].place
        with torch.no_grad():
            maps = found["mix"].maps_of(ear.bundle.network(heard.inputs).transpose(1, 2))
        times = found["mix"].times
        level = heard.laid(maps, "curve", place)[0, 0, 0].numpy()
        input = heard.laid_input(heard.x, "curve", place)[0, 0].numpy()
        for values in (level, input, heard.feature_on("percussive", place)[0].mean(0).numpy()):
            weights = np.where(values > (values.max() + values.min()) / 2, 1.0, 0.0)
            middle = times.first + times.step * (weights @ np.arange(len(values)) / weights.sum())
            assert abs(middle - at) < times.step


def test_the_spectrogram_that_an_input_is_seen_through():
    network = torch.nn.Conv1d(1, 2, 3)
    samples = Bundle(network, front_ends.build({"kind": "waveform", "rate": RATE}), {})
    found = seen_front_end(samples, None, SAMPLES)
    assert front_ends.describe(found) == front_ends.describe(front_ends.build(SEEN))
    picture = Bundle(network, front_ends.build(SEEN), {})
    assert seen_front_end(picture, None, SAMPLES) is None
    kaldi = seen_front_end(samples, {"kind": "kaldi", "mels": 30}, SAMPLES)
    assert kaldi.settings.frames == (SAMPLES - 200) // 80 + 1
    cells = seen_cells(kaldi, 30, 78)
    assert cells.times == (99.5, 80, 78) and cells.features == (0.0, 80, 78)
    panns = seen_front_end(samples, {"kind": "panns", "high_hz": 3900.0, "hop": 100}, SAMPLES)
    assert panns.settings.rate == RATE and seen_cells(panns, 64, 65).times == (0.0, 100, 65)
    with pytest.raises(InputError, match="front end 'panns' .* do not fit below half the rate"):
        seen_front_end(samples, {"kind": "panns"}, SAMPLES)
    samples.network.seen_through = {"kind": "kaldi"}
    with pytest.raises(InputError, match="seen_through: the network makes a spectrogram of its ow"):
        seen_front_end(samples, {"kind": "log_mel"}, SAMPLES)


def test_another_front_end_is_what_the_input_is_seen_through(world, columns):
    settings = {**SETTINGS, "seen_through": {"waves": {"kind": "log_mel", "mels": 20}}}
    ear, _ = next(studied(columns, world.corpus, settings, "cpu"))
    assert ear.seen.settings.mels == 20 and ear.eye is ear.seen and ear.rate == RATE


def test_clips_too_short_to_compare_are_refused(world, columns):
    clips = 0.1 * np.random.default_rng(0).normal(size=(4, 2000))
    with CorpusWriter(world.folder / "short", ["one"], RATE, 2000) as writer:
        for number, clip in enumerate(clips):
            writer.add(f"clip{number}", clip, "one", "test")
    settings = {**SETTINGS, "layers": ["deep"], "known": None}
    with pytest.raises(InputError, match="network 'waves': the maps of all .* fewer than 10 cells"):
        compared_tables(columns, [], Corpus(world.folder / "short"), [], settings, JOB)


@pytest.mark.parametrize("name", ["ast", "clap", "clap, fused", "whisper"])
def test_a_burst_is_seen_in_the_column_in_which_it_is_heard(name, tmp_path):
    """Input and features of networks that hear through a spectrogram of their own, at its times."""
    bundle, *_ = adopted(name, tmp_path)
    samples = 3200
    eye = seen_front_end(bundle, None, samples)
    noise = 0.01 * torch.randn(1, samples, generator=torch.Generator().manual_seed(1))
    found = placed_layouts(bundle, bundle.layers, noise, eye.settings.mels)
    ear = Ear("x", 0, bundle, bundle.layers, eye)
    first, step, number = found["hidden_0"].times
    for column in range(1, number - 1):
        middle, half = round(first + column * step), round(step / 4)
        sound = noise.clone()
        sound[:, middle - half : middle + half] *= 30
        heard = hear(ear, sound.numpy(), ("sounds",), 1)
        seen = heard.laid_input(heard.x, "curve", found["hidden_0"].place)
        part = heard.feature_on("percussive", found["hidden_0"].place)
        assert seen.shape == (1, 1, number) and part.shape[2] == number
        assert seen[0, 0].argmax() == part[0].mean(dim=0).argmax() == column
