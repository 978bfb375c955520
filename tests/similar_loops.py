"""Study 5 in plain loops: networks clip by clip, similarities by hand."""

import librosa
import numpy as np
import torch

from tonotopy.studies.similarity.assembling import Job

SEED = 5
SETTINGS = {
    "layers": None,
    "grids": {},
    "random": 2,
    "clips": 9,
    "probed": 14,
    "calibrated": 7,
    "known": {"sets": 2, "clips": 3},
    "shown": 2,
    "folds": 3,
}
JOB = Job(SEED, "cpu", 1)


def standard(values):
    centred = values - values.mean()
    norm = np.sqrt((centred**2).sum())
    return centred / norm if norm > 1e-9 else 0 * centred


def left_of(feature, x):
    own = x.ravel()
    design = [np.ones_like(own), own]
    number = min(max(len(own) // 5 - 2, 0), 6)
    assert number != 1  # whose knot is in the middle
    places = np.linspace(0.1, 0.9, number)
    design += [np.maximum(own - np.quantile(own, q), 0) for q in places]
    design = np.stack(design, axis=1)
    weights, *_ = np.linalg.lstsq(design, feature.ravel(), rcond=None)
    rest = feature.ravel() - design @ weights
    spread = np.linalg.norm(feature - feature.mean())
    return rest.reshape(feature.shape) * (np.linalg.norm(rest) > 1e-6 * spread)


def shrunk(values, rows, columns):
    tensor = torch.from_numpy(np.ascontiguousarray(values))[None, None]
    return torch.nn.functional.adaptive_avg_pool2d(tensor, (rows, columns))[0, 0].numpy()


class Plain:
    """A network heard clip by clip."""

    def __init__(self, bundle, sounds):
        self.bundle, self.sounds = bundle, sounds

    def inputs(self, sound):
        with torch.no_grad():
            return self.bundle.front_end(torch.from_numpy(sound)[None])

    def padded(self, sound):
        """38 columns as the network pads them: one before, one after."""
        x = self.inputs(sound)[0].double().numpy()
        return np.pad(x, ((0, 0), (1, 1)), mode="edge")

    def maps(self, sound, layer):
        kept = []
        module = self.bundle.network.get_submodule(self.bundle.layers[layer].path)
        hook = module.register_forward_hook(lambda m, a, output: kept.append(output))
        with torch.no_grad():
            self.bundle.network(self.inputs(sound))
        hook.remove()
        return kept[0][0].double().numpy()

    def part(self, sound, which):
        parts = librosa.effects.hpss(sound, n_fft=256, hop_length=128)
        return self.padded(parts[which].astype(np.float32))
