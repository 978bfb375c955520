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


def null_of(s, groups):
    """Mean, standard deviation and z of similarities S between clips, over groups of them."""
    names = sorted(set(groups))
    means = np.array([[s[np.ix_(groups == g, groups == h)].mean() for h in names] for g in names])
    n, d = len(names), means - means.mean(0) - means.mean(1)[:, None] + means.mean()
    sd = np.sqrt((d**2).sum() / ((n - 1) * n**2))
    return means.mean(), sd, (np.trace(means) / n - means.mean()) / sd


def over_cells(values, first, step, cells):
    """Values (rows, columns) at times of columns (first, step) averaged over cells (the same)."""
    found = np.zeros((len(values), cells[2]))
    for cell in range(cells[2]):
        middle, total = cells[0] + cell * cells[1], 0.0
        for column in range(values.shape[1]):
            at = first + column * step
            ends = min(at + step / 2, middle + cells[1] / 2)
            share = ends - max(at - step / 2, middle - cells[1] / 2)
            if share > 0:
                found[:, cell] += share * values[:, column]
                total += share
        found[:, cell] /= total
    return found


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
