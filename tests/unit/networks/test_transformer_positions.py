"""Hidden states of transformers' networks lie where they are said to: sounds at known times."""

import math

import numpy as np
import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from tiny_transformers import CHECKPOINTS

from tonotopy.frontends.bands import band_centres
from tonotopy.networks.tracing import trace
from tonotopy.networks.transformer import Transformer
from tonotopy.similarity.grids import Layout
from tonotopy.similarity.placing import placed_layouts
from tonotopy.similarity.seeing import seen_front_end

RATE, SAMPLES = 8000, 6000  # 0.75 s
FRAMES = 0.4  # s, that a tiny AST hears
SPOKEN = [name for name, (kind, *_) in CHECKPOINTS.items() if kind.endswith(("Model", "Encoder"))]
SPOKEN = [name for name in SPOKEN if not name.startswith(("ast", "clap"))]
PATCHED = ["ast", "classifier", "clap", "clap, fused"]
LEVEL = 0.05  # root mean square of noise and tones
EARLY = "hidden_0"  # before attention, which spreads what is heard over all positions


def noise(samples: int = SAMPLES) -> torch.Tensor:
    """Four takes of noise."""
    return LEVEL * torch.randn(4, samples, generator=torch.Generator().manual_seed(0))


def told(bundle, layer: str, samples: int):
    """Positions of a layer as the network says, and a function from sounds to its values there."""
    layers = {layer: bundle.layers[layer]}

    def values(sounds):
        with torch.no_grad():
            return trace(bundle.network, layers, sounds)[0][layer]

    number = values(noise(samples)).shape[1]
    positions = bundle.network.positions(layers[layer].path, number, samples)
    rows = positions.bands.number if positions.bands else 1
    extra = number // positions.chunks - rows * positions.columns
    grid = (rows, positions.columns)
    layout = Layout(layers[layer], positions.chunks, grid, True, extra, 1)
    return positions, lambda sounds: layout.maps_of(values(sounds))


def moved(values, sounds, changed) -> np.ndarray:
    """How far changes of sounds move every place, (rows, columns)."""
    far = values(changed).double() - values(sounds).double()
    return far.square().sum(dim=(0, 1)).numpy()


def middle(weights: np.ndarray) -> float:
    """Middle of what moves at least half as far as what moves most."""
    strong = np.where(weights >= 0.5 * weights.max(), weights, 0)
    return float(strong @ np.arange(len(strong)) / strong.sum())


def burst(sounds, at: float, width: float) -> torch.Tensor:
    """Noise in which, around a sample, tones sound instead that are as loud."""
    size, changed = round(width), sounds.clone()
    begin = round(at - size / 2)
    for sound, hertz in zip(changed, (300.0, 900.0, 1700.0, 2600.0), strict=True):
        tone = torch.sin(2 * math.pi * hertz * torch.arange(size) / RATE)
        sound[begin : begin + size] = LEVEL * math.sqrt(2) * tone
    return changed


def errors(positions, values, samples: int, shares, heard: int) -> np.ndarray:
    """How far, in positions, bursts are heard from where they sound, at shares of what is heard."""
    first, step, number = positions.times
    found = []
    for share in shares:
        changed = burst(noise(samples), share * heard, 2 * max(step, 80))
        far = moved(values, noise(samples), changed).sum(axis=0)[:number]
        found.append((first + middle(far) * step - share * heard) / max(step, 80))
    return np.array(found)


@pytest.mark.parametrize("name", SPOKEN)
def test_a_burst_moves_the_position_of_its_time(name, adopted):
    positions, values = told(adopted(name)[0], EARLY, SAMPLES)
    assert positions.bands is None and positions.chunks == 1
    off = errors(positions, values, SAMPLES, np.linspace(0.1, 0.9, 12), SAMPLES)
    if name == "mimi":  # hears the past of a position, over several steps
        off -= 28 / 80
    assert np.abs(off).max() < 0.75 and abs(off.mean()) < 0.3


@pytest.mark.parametrize("name", SPOKEN)
def test_positions_cover_the_clip(name, adopted):
    times = told(adopted(name)[0], EARLY, SAMPLES)[0].times
    assert 0 <= times.first < 2 * times.step
    last = times.first + (times.number - 1) * times.step
    assert SAMPLES - 3 * times.step < last < SAMPLES


def test_speech_is_heard_through_windows_without_padding(adopted):
    positions, _ = told(adopted("hubert")[0], EARLY, SAMPLES)
    assert positions.times == (35.5, 32, (SAMPLES - 72) // 32 + 1)  # two layers: 16 of 8, 8 of 4


@pytest.mark.parametrize("name", ["hubert", "whisper", "mimi", "wavlm, stable"])
@pytest.mark.parametrize("layer", ["hidden_1", "hidden_2"])
def test_deeper_states_have_the_times_of_the_first(name, layer, adopted):
    bundle = adopted(name)[0]
    assert told(bundle, layer, SAMPLES)[0] == told(bundle, EARLY, SAMPLES)[0]


@pytest.mark.parametrize("name", PATCHED)
@pytest.mark.parametrize("seconds", [0.4, 0.75])
def test_a_burst_moves_the_column_of_its_time(name, seconds, adopted):
    samples = round(seconds * RATE)
    heard = min(samples, round(FRAMES * RATE)) if "clap" not in name else samples
    positions, values = told(adopted(name)[0], EARLY, samples)
    off = errors(positions, values, samples, np.linspace(0.2, 0.8, 12), heard)
    assert np.abs(off).max() < 1 and abs(off.mean()) < 0.2


@pytest.mark.parametrize("name", PATCHED)
def test_columns_beyond_the_clip_are_none_of_its_times(name, adopted):
    bundle = adopted(name)[0]
    for samples in (1600, 2400):
        times = told(bundle, EARLY, samples)[0].times
        last = times.first + (times.number - 1) * times.step
        assert last < samples <= last + 1.5 * times.step + times.first


def test_what_a_tiny_ast_hears_ends_before_the_clip(adopted):
    positions, _ = told(adopted("ast")[0], EARLY, SAMPLES)
    # windows of 200 samples every 80; patches of 8 frames, side by side
    assert positions.times == (99.5 + 280, 640, 5) and positions.columns == 5
    assert positions.bands == (3.5, 8, 2)


@pytest.mark.parametrize("name", PATCHED)
def test_a_tone_moves_the_row_of_its_band(name, adopted):
    """Of a tone at the frequency of a band the row moves whose bands it is among."""
    bundle = adopted(name)[0]
    positions, values = told(bundle, EARLY, SAMPLES)
    centres = band_centres(seen_front_end(bundle, None, SAMPLES))
    bands, columns = positions.bands, positions.times.number
    assert len(centres) == 16
    for row in range(bands.number):
        band = bands.first + row * bands.step
        hertz = np.interp(band, np.arange(16), centres)
        tone = 0.3 * torch.sin(2 * math.pi * hertz * torch.arange(SAMPLES) / RATE)[None]
        far = moved(values, 0.1 * noise(), 0.1 * noise() + tone)[:, :columns]
        assert far.sum(axis=1).argmax() == row


@pytest.mark.parametrize("layer", ["hidden_1", "hidden_2"])
def test_stages_of_clap_are_coarser_grids_of_the_same_stretch(layer, adopted):
    first, later = (told(adopted("clap")[0], name, SAMPLES)[0] for name in (EARLY, layer))
    assert first.bands.number == 4 and later.bands.number == 2 and later.chunks == 4
    assert later.columns == first.columns / 2
    assert later.times.step == pytest.approx(2 * first.times.step)
    edges = [p.times.first - p.times.step / 2 for p in (first, later)]
    assert edges[0] == pytest.approx(edges[1])


def test_rows_that_mix_times_have_no_place(adopted):
    network = adopted("clap")[0].network
    assert network.positions("hidden.2", 4, SAMPLES) is None  # 2 x 2 of 4 chunks
    assert network.positions("hidden.2", 63, SAMPLES) is None  # no square
    assert network.positions("model.audio_encoder", 256, SAMPLES) is None
    assert adopted("hubert")[0].network.seen_through is None


@pytest.mark.parametrize("name", ["hubert", "wavlm", "whisper", "wav2vec2, stable"])
def test_times_that_are_measured_are_those_that_are_told(name, adopted, monkeypatch):
    """Attention and positional convolutions included: the two ways know nothing of each other."""
    bundle = adopted(name)[0]
    told = placed_layouts(bundle, bundle.layers, noise()[:1], 16)
    monkeypatch.setattr(Transformer, "positions", lambda *about: None)
    measured = placed_layouts(bundle, bundle.layers, noise()[:1], 16)
    assert list(told) == list(measured) == list(bundle.layers)
    for layer, layout in told.items():
        own, other = layout.times, measured[layer].times
        assert own.number == other.number
        last = own.number - 1
        for at in (0, last):
            off = own.first + at * own.step - other.first - at * other.step
            assert abs(off) < 0.75 * own.step
