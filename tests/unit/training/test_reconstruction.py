"""The objective of codecs against its definition, and trainings that go on, share and are kept."""

from dataclasses import replace

import lightning
import numpy as np
import pytest
import torch
from heard_worlds import heard_corpus, learned
from scipy.signal import get_window
from small_batches import clips, noises, rng
from threads import one_thread  # noqa: F401 (used by every test)

from tonotopy.errors import InputError
from tonotopy.networks.bundle import load, untrained
from tonotopy.networks.small_codec import SmallCodec
from tonotopy.training import fit
from tonotopy.training.listening import Batch
from tonotopy.training.loop import EpochLines
from tonotopy.training.objectives import objective
from tonotopy.training.reconstruction import Reconstruct, energies, magnitudes
from tonotopy.training.settings import ReconstructionSettings

SIZES = {"widths": [4, 5, 6], "strides": [2, 4], "latent": 5, "books": 2, "entries": 7}
AIM = Reconstruct(ReconstructionSettings(0.4, 0.25, 0.7, (16, 40)))
CLIPS, SAMPLES = 5, 123
SETTINGS = {
    "architecture": "small_codec",
    "arguments": SIZES,
    "front_end": {"kind": "waveform", "rate": 8000},
    "training": {
        "epochs": 4,
        "batch": 8,
        "learning_rate": 5e-3,
        "objective": "reconstruct",
        "reconstruct": {"unquantised": 0.4, "windows": [64, 128]},
        "cache": True,
        "keep": "last",
    },
    "augmentation": [{"transform": "crop", "seconds": 0.1}],
}


def codec() -> SmallCodec:
    torch.manual_seed(3)
    return SmallCodec(**SIZES).double()


def batch(progress: float, training: bool = True, seed: int = 8) -> Batch:
    """A batch of noise in which what is heard is the clips themselves."""
    given = clips(noises(CLIPS, SAMPLES, seed), torch.zeros(CLIPS, dtype=torch.int64))
    return Batch(given, lambda heard, source: heard, rng(6) if training else None, progress)


def buffers(network: SmallCodec) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.quantiser.state_dict().items()}


def literal_magnitudes(waveform: np.ndarray, window: int) -> np.ndarray:
    """Spectra of a waveform (samples,), shape (frames, frequencies)."""
    shape = get_window("hann", window)
    starts = range(0, len(waveform) - window + 1, window // 4)
    spectra = [np.abs(np.fft.rfft(waveform[s : s + window] * shape)) for s in starts]
    return np.array(spectra) / np.sqrt((shape**2).sum())


def literal_difference(decoded: np.ndarray, sounds: np.ndarray) -> float:
    loss = np.abs(decoded - sounds).mean()
    for window in AIM.settings.windows:
        gaps = [
            np.abs(literal_magnitudes(a, window) - literal_magnitudes(b, window)).mean()
            for a, b in zip(decoded, sounds, strict=True)
        ]
        loss += AIM.settings.spectral * np.mean(gaps) / len(AIM.settings.windows)
    return float(loss)


@pytest.mark.parametrize("window", [16, 40])
def test_magnitudes_are_those_of_a_fourier_transform(window):
    waves = noises(3, SAMPLES)
    found = magnitudes(waves, window)
    for clip in range(3):
        np.testing.assert_allclose(found[clip].T, literal_magnitudes(waves[clip].numpy(), window))


def test_white_noise_has_the_same_magnitudes_at_every_window_length():
    noise = torch.randn(4, 20000, generator=rng(), dtype=torch.float64)
    short, long = (float(magnitudes(noise, window).square().mean()) for window in (64, 512))
    assert short == pytest.approx(1, abs=0.05) and long == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("progress", [0.0, 0.39])
def test_the_first_part_of_the_training_is_not_quantised(progress):
    network = codec()
    before = buffers(network)
    network.quantiser.register_forward_hook(lambda *_: pytest.fail("quantised"))
    given = batch(progress)
    loss, found = AIM.loss(network, given)
    sounds = given.clips.sounds
    decoded = network.decode(network.encode(sounds), SAMPLES).detach()
    expected = literal_difference(decoded.float().double().numpy(), sounds.numpy())
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(found[:, 0], (sounds**2).sum(dim=1))
    np.testing.assert_allclose(found[:, 1], ((sounds - decoded) ** 2).sum(dim=1), rtol=1e-5)
    assert not found.requires_grad
    assert all(torch.equal(before[name], value) for name, value in buffers(network).items())


def test_the_rest_is_quantised_by_books_that_start_at_its_first_batch_and_learn():
    network, given, source = codec(), batch(0.4), rng(6)
    loss, _ = AIM.loss(network, given)
    twin = codec()
    latents = twin.encode(given.clips.sounds)
    twin.quantiser.start(latents.detach(), source)
    quantised = twin.quantiser(latents)
    twin.quantiser.learn(latents.detach(), source)
    decoded = twin.decode(quantised.latents, SAMPLES).detach().float().double()
    expected = literal_difference(decoded.numpy(), given.clips.sounds.numpy())
    expected += AIM.settings.commitment * quantised.commitment.item()
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert all(torch.equal(buffers(twin)[k], v) for k, v in buffers(network).items())
    # a second batch finds them started, and they follow it
    before, further = buffers(network), batch(0.9, seed=9)
    AIM.loss(network, further)
    twin.quantiser.learn(twin.encode(further.clips.sounds).detach(), rng(6))
    assert all(torch.equal(buffers(twin)[k], v) for k, v in buffers(network).items())
    assert not torch.allclose(network.quantiser.entries, before["entries"], atol=1e-6)


def test_commitment_draws_the_encoder_and_has_its_weight():
    def gradient(commitment):
        network = codec()
        aim = Reconstruct(replace(AIM.settings, commitment=commitment))
        aim.loss(network, batch(1.0))[0].backward()
        return network.encoder[-1].weight.grad

    network = codec()
    latents = network.encode(batch(1.0).clips.sounds)
    network.quantiser.start(latents.detach(), rng(6))
    network.quantiser(latents).commitment.backward()
    alone = network.encoder[-1].weight.grad
    torch.testing.assert_close(gradient(0.5) - gradient(0.0), 0.5 * alone, atol=1e-8, rtol=1e-4)
    assert alone.abs().max() > 1e-4


@pytest.mark.parametrize(("progress", "training"), [(0.0, True), (0.5, True), (1.0, False)])
def test_mixed_precision_changes_little(progress, training):
    network, given = codec().float(), batch(progress, training)
    given = replace(given, clips=given.clips._replace(sounds=given.clips.sounds.float()))
    plain, _ = AIM.loss(codec().float(), replace(given, rng=rng(6) if training else None))
    with torch.autocast("cpu", torch.bfloat16):
        loss, found = AIM.loss(network, given)
    loss.backward()
    assert loss.dtype == found.dtype == torch.float32
    torch.testing.assert_close(loss, plain, rtol=0.02, atol=0)
    assert all(p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("progress", [0.1, 1.0])
def test_validation_uses_all_books_and_teaches_none(progress):
    network = codec()
    network.quantiser.start(network.encode(batch(0).clips.sounds).detach(), rng())
    before, given = buffers(network), batch(progress, training=False)
    loss, found = AIM.loss(network, given)
    sounds = given.clips.sounds
    codes = network.quantise(network.encode(sounds), 2)
    decoded = network.decode(network.dequantise(codes), SAMPLES).detach()
    np.testing.assert_allclose(found[:, 1], ((sounds - decoded) ** 2).sum(dim=1), rtol=1e-5)
    assert loss.item() == pytest.approx(
        literal_difference(decoded.numpy(), sounds.numpy()), rel=1e-5
    )
    assert all(torch.equal(before[name], value) for name, value in buffers(network).items())


def test_the_score_is_the_ratio_of_all_energies_in_db():
    sounds = torch.tensor([[3.0, 0.0, -1.0], [1.0, 2.0, 2.0]])
    decoded = torch.tensor([[3.0, 1.0, -1.0], [1.0, 2.0, 1.5]])
    found = energies(sounds, decoded)
    assert found.tolist() == [[10.0, 1.0], [9.0, 0.25]]
    score = AIM.score(np.zeros(2), found.numpy())
    assert score == pytest.approx(10 * np.log10(19 / 1.25))
    worse = AIM.score(np.zeros(2), energies(sounds, 2 * decoded).numpy())
    assert worse < score
    assert (AIM.metric, AIM.whole, AIM.answers_classes) == ("validation_snr", False, False)


def test_clips_shorter_than_a_window_are_refused():
    short = Reconstruct(replace(AIM.settings, windows=(16, 124)))
    told = "training.reconstruct.windows: a window of 124 samples cannot be taken from clips of 123"
    with pytest.raises(InputError, match=told):
        short.loss(codec(), batch(0.0))
    Reconstruct(replace(AIM.settings, windows=(123,))).loss(codec(), batch(0.0))


def test_the_objective_and_its_settings_go_together():
    assert objective("reconstruct", 3, reconstruct=AIM.settings) == AIM
    for name, given in (("reconstruct", None), ("tag", AIM.settings)):
        with pytest.raises(InputError, match="'reconstruct' and its settings go together"):
            objective(name, 3, reconstruct=given)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return heard_corpus(tmp_path_factory.mktemp("corpora") / "tones")


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """History and bundle of a training that nothing stopped."""
    return learned(corpus, tmp_path_factory.mktemp("whole"), SETTINGS)


def noted(monkeypatch) -> list[tuple[bool, float]]:
    """Note of every batch whether it trains, and how far the training is."""
    seen, loss = [], Reconstruct.loss

    def watched(self, network, given):
        seen.append((given.training, given.progress))
        return loss(self, network, given)

    monkeypatch.setattr(Reconstruct, "loss", watched)
    return seen


def test_batches_know_how_much_of_the_training_is_done(corpus, tmp_path, monkeypatch):
    seen = noted(monkeypatch)
    history, folder = learned(corpus, tmp_path, SETTINGS, keep="best", epochs=2)
    per_epoch = 3  # batches of 22 clips
    steps = [progress for training, progress in seen if training]
    assert steps == pytest.approx([i / 6 for i in range(6)])
    judged = [progress for training, progress in seen if not training]
    assert judged == pytest.approx([0.5, 0.5, 1, 1]) and len(steps) == 2 * per_epoch
    assert "validation_snr" in history and np.isfinite(history["validation_snr"]).all()
    best = load(folder).info["best"]
    assert best["validation_snr"] == history["validation_snr"].max()


def test_a_codec_learns_to_give_back_what_it_hears(corpus, tmp_path):
    longer = {**SETTINGS, "arguments": {**SIZES, "entries": 32}}
    _, folder = learned(corpus, tmp_path, longer, epochs=30, learning_rate=1e-2)
    bundle = load(folder)
    sounds = torch.from_numpy(corpus.waveforms(corpus.indices("test")))

    @torch.no_grad()
    def ratio(network):
        codes = network.quantise(network(sounds), 2)
        decoded = network.decode(network.dequantise(codes), sounds.shape[1])
        return AIM.score(None, energies(sounds, decoded).numpy())

    assert bundle.network.quantiser.started and bundle.classes == []
    assert ratio(bundle.network) > 3 > 1 > ratio(untrained(bundle, 1).network)
    again = load(folder).network.state_dict()
    assert all(torch.equal(again[k], v) for k, v in bundle.network.state_dict().items())


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_killed_training_ends_with_the_same_codebooks(
    corpus, whole, tmp_path, monkeypatch, epoch
):
    """Before the codebooks have started, and after."""

    class Killed(BaseException):
        pass

    begin, starts, fit_whole = EpochLines.on_train_epoch_start, [], lightning.Trainer.fit

    def die(self, trainer, module):
        begin(self, trainer, module)
        if trainer.current_epoch == epoch:
            assert bool(module.network.quantiser.started) == (epoch == 3)
            raise Killed

    def remembered(self, *args, **options):
        starts.append(options["ckpt_path"])
        return fit_whole(self, *args, **options)

    monkeypatch.setattr(lightning.Trainer, "fit", remembered)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EpochLines, "on_train_epoch_start", die)
        learned(corpus, tmp_path, SETTINGS)
    history, folder = learned(corpus, tmp_path, SETTINGS)
    assert starts[0] is None and starts[1] is not None
    ours, theirs = (load(path).network.state_dict() for path in (folder, whole[1]))
    assert all(torch.equal(ours[name], value) for name, value in theirs.items())
    assert bool(ours["quantiser.started"]) and history.equals(whole[0])


def test_two_devices_teach_the_codebooks_what_one_does(corpus, whole, tmp_path):
    """Batches of 7 and 8 clips, of which each has 3 or 4."""
    history, folder = learned(corpus, tmp_path, SETTINGS, devices=2)
    ours, theirs = (load(path).network.state_dict() for path in (folder, whole[1]))
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-3, atol=1e-4, msg=name)
    np.testing.assert_allclose(history["train_loss"], whole[0]["train_loss"], rtol=1e-4)


def test_settings_reach_the_objective(corpus, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(module, *_):
        raise Stopped(module.objective)

    monkeypatch.setattr(fit, "_job", stop)
    with pytest.raises(Stopped) as told:
        learned(corpus, tmp_path, SETTINGS, reconstruct={"commitment": 2.0, "windows": [32]})
    assert told.value.args[0].settings == ReconstructionSettings(0.4, 2.0, 1.0, (32,))
