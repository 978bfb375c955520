"""Heatmaps to sound, four components of a clip of 3 s, against librosa's inverse mel filters."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import librosa
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from timing import compare, seconds

from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.rendering import Renderer, mel_pseudo_inverse
from tonotopy.relevance.rendering import render

RATE, WINDOW, HOP, MELS, FRAMES, SAMPLES = 16_000, 800, 360, 128, 128, 48_000  # music of study 3
COMPONENTS, CLIPS, GOAL = 4, 8, 0.05


def rendered_by_librosa(heatmap: np.ndarray, waveform: np.ndarray) -> np.ndarray:
    """Return one component's sound, shape (samples,), as librosa's functions make it."""
    window = {"n_fft": WINDOW, "hop_length": HOP, "window": "hamming"}
    spectrum = librosa.stft(waveform, **window)[:, :FRAMES]
    scale = {"sr": RATE, "n_fft": WINDOW, "htk": True, "norm": None}
    mel = librosa.feature.melspectrogram(S=np.abs(spectrum), n_mels=MELS, **scale)
    positive = np.maximum(heatmap, 0)
    kept = np.where(positive >= np.percentile(positive, 90), positive, 0)
    mask = gaussian_filter(kept, 1.0, radius=2, mode="mirror")
    magnitudes = librosa.feature.inverse.mel_to_stft(mask * mel, power=1.0, **scale)
    rows = magnitudes * np.exp(1j * np.angle(spectrum))
    sound = librosa.istft(rows, hop_length=HOP, window="hamming", length=SAMPLES)
    sound *= np.sqrt(np.mean(waveform**2) / np.mean(sound**2))
    peak = np.abs(waveform).max()
    return np.clip(sound, -peak, peak)


def main() -> None:
    """Print the time for all components of one clip, of several, and of the peer."""
    renderer = Renderer(Log10Mel(Log10MelSettings()))  # the music of study 3
    filters = renderer.front_end.filters.T.numpy()
    rng = torch.Generator().manual_seed(0)
    heatmaps = torch.randn(CLIPS, COMPONENTS, MELS, FRAMES, generator=rng)
    waveforms = 0.1 * torch.randn(CLIPS, SAMPLES, generator=rng)
    one = [np.ascontiguousarray(heatmap) for heatmap in heatmaps[0].numpy()]

    def ours():
        return render(heatmaps[:1], waveforms[:1], renderer)

    def theirs():
        return [rendered_by_librosa(heatmap, waveforms[0].numpy()) for heatmap in one]

    print(f"front end's pseudo-inverse, once: {seconds(lambda: mel_pseudo_inverse(filters)):.2f} s")
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours()[0].numpy(), theirs(), strict=True)]
    print(f"correlation with the peer's sounds: {min(alike):.3f} at least")
    compare(f"audio of {COMPONENTS} components", ours, theirs, repeats=5, goal=20)
    alone = sorted(seconds(ours) for _ in range(9))[4]
    batch = sorted(seconds(lambda: render(heatmaps, waveforms, renderer)) for _ in range(5))[2]
    print(
        f"per clip: {alone:.4f} s alone, {batch / CLIPS:.4f} s among {CLIPS} "
        f"(goal: at most {GOAL} s)"
    )


if __name__ == "__main__":
    main()
