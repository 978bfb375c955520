"""The rules of study 3: subspaces fitted, heatmaps split by them, patches flipped, folds trained.

Relevance that goes back through a layer takes the operations of a forward pass through it, for
every map; the rule gamma takes them once more for its denominators. What a batch of clips shares,
tables, pictures and decompositions of small matrices is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from math import isqrt
from operator import add

import torch
from torch import nn

from costs.run import Run
from costs.shared import Stage, gpu_seconds, kernels_started, training, weights_kept
from costs.work import FLOAT, NotKnown, Work
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.instances import Instance
from tonotopy.networks.registry import build
from tonotopy.relevance.chain import numbered, unrolled
from tonotopy.relevance.composites import Composite, parse
from tonotopy.relevance.subspaces import Ascent
from tonotopy.studies.relevance.planting import ASCENT, COMPONENTS, PAIRS, WIDTHS
from tonotopy.studies.relevance.study import explained_corpus, learned_corpus

# operations of an objective and its gradient, over width^2 x pairs x starts: products of all pairs
DRSA, DSA, PCA = 8, 4, 2
STANDARD_FLIPS = 4  # of a standard heatmap: two fills, two orders
GAMMAS = {"conv1": "w2", "conv": {"gamma": 1.0}, "dense": {"epsilon": 1e-7}}


@dataclass(frozen=True)
class Passes:
    """Operations of a clip through a chain of layers, and back.

    Attributes:
        layers: of a forward pass, by layer from input to output.
        widths: channels of each convolution.
        positions: of each convolution's map.
        gammas: layers with the rule gamma.
        cells: mels and frames of the input.
    """

    layers: dict[str, int]
    widths: dict[str, int]
    positions: dict[str, int]
    gammas: tuple[str, ...]
    cells: tuple[int, int]

    @property
    def forward(self) -> int:
        """Of a forward pass."""
        return sum(self.layers.values())

    @property
    def explained(self) -> int:
        """Of a forward pass with all denominators."""
        return self.forward + sum(self.layers[name] for name in self.gammas)

    @property
    def standard(self) -> int:
        """Of a standard heatmap."""
        return self.explained + self.forward

    def contexts(self, layers: Iterable[str]) -> int:
        """Return those of contexts, as far down as the lowest of some layers."""
        names = list(self.layers)
        lowest = min(names.index(layer) for layer in layers)
        return self.explained + sum(self.layers[name] for name in names[lowest + 1 :])

    def split(self, keys: Iterable[tuple[str, int]]) -> int:
        """Return those of component heatmaps, for pairs of a layer and a number of components."""
        keys, names = list(keys), list(self.layers)
        total = self.contexts(layer for layer, _ in keys)
        for layer, components in keys:
            below = names[: names.index(layer) + 1]
            total += 4 * self.widths[layer] ** 2 * self.positions[layer]  # projected by U_k U_k'
            total += components * sum(self.layers[name] for name in below)
        return total

    def flipped(self, patch: int) -> int:
        """Return those of the curve of one heatmap: a forward pass for every step."""
        patches = (self.cells[0] // patch) * (self.cells[1] // patch)
        return (isqrt(patches - 1) + 2) * self.forward


def passes(run: Run, entry: dict) -> Passes:
    """Return the operations of an instance's network.

    Raises:
        NotKnown: it is not a chain of layers that is trained here.
    """
    name = entry["network"]
    declared = run.config["networks"][name]
    if "architecture" not in declared or entry.get("engine") == "zennit":
        raise NotKnown(f"network {name}: relevance is counted through chains trained here alone")
    settings = front_ends.build(declared["front_end"]).settings
    classes = run.classes(declared["corpus"])
    arguments = declared.get("arguments", {})
    with torch.device("meta"):
        network = build(declared["architecture"], arguments, settings, classes)
    try:
        modules = unrolled(network)
    except InputError:
        raise NotKnown(f"network {name}: relevance is counted through chains alone") from None
    return _counted(modules, parse(entry["composite"]), network.input_shape)


def _counted(modules: list[nn.Module], composite: Composite, cells: tuple[int, int]) -> Passes:
    """Count convolutions that keep the size of their input, pools that halve it, dense layers."""
    weighted = [m for m in modules if isinstance(m, nn.Conv2d | nn.Linear)]
    kinds = ["conv" if isinstance(m, nn.Conv2d) else "dense" for m in weighted]
    names = iter(zip(numbered(kinds), kinds, strict=True))
    layers, widths, positions, gammas = {}, {}, {}, []
    height, width = cells
    for module in modules:
        if isinstance(module, nn.MaxPool2d):
            height, width = height // 2, width // 2
        elif module in weighted:
            name, kind = next(names)
            places = height * width if kind == "conv" else 1
            layers[name] = 2 * module.weight.numel() * places
            if kind == "conv":
                widths[name], positions[name] = module.out_channels, places
            if composite.rule([name], kind).name == "gamma":
                gammas.append(name)
    return Passes(layers, widths, positions, tuple(gammas), cells)


def _fitted(entry: dict, chain: Passes) -> list[tuple[str, int]]:
    """Return the layers and numbers of components that have subspaces."""
    layers = entry.get("layers") or list(chain.widths)
    return [(n, k) for k in entry["components"] for n in layers if chain.widths[n] % k == 0]


def _shown(entry: dict) -> tuple[str, int]:
    return entry["shown"]["layer"], entry["shown"]["components"]


def _clips(run: Run, corpus: str, split: str, per_class: int) -> int:
    """Return how many clips a draw of so many of each class gives."""
    return run.classes(corpus) * min(per_class, run.smallest_class(corpus, split))


def _explained(run: Run, entry: dict, per_class: int) -> int:
    return _clips(run, explained_corpus(entry, run.config), "test", per_class)


def _untrained_network(run: Run, instances: list[Instance]) -> Work:
    return weights_kept(run, dict.fromkeys(one.entry["network"] for one in instances))


def _classify_clips(run: Run, instances: list[Instance]) -> Work:
    flops = total = 0
    for entry in (one.entry for one in instances):
        corpora = {learned_corpus(entry, run.config), explained_corpus(entry, run.config)}
        clips = sum(run.clips(corpus, "test") for corpus in corpora)
        total, flops = total + clips, flops + clips * passes(run, entry).forward
    return Work(f"{total:,} clips", flops=flops, holds_gpu=True)


def _fit_subspaces(run: Run, instances: list[Instance]) -> Work:
    """Vectors of two networks; DRSA, and at the shown number all methods and the untrained copy."""
    flops = numbers = steps = 0
    for entry in (one.entry for one in instances):
        chain, ascent, vectors = passes(run, entry), Ascent(**entry["ascent"]), entry["vectors"]
        corpus = learned_corpus(entry, run.config)
        clips, fitted = _clips(run, corpus, "train", vectors["clips"]), _fitted(entry, chain)
        flops += 2 * clips * chain.contexts(layer for layer, _ in fitted)
        classes, climbed = run.classes(corpus), ascent.starts * (ascent.steps + 1)
        for layer, components in fitted:
            compared = components == _shown(entry)[1]
            products = chain.widths[layer] ** 2 * clips * vectors["locations"]
            flops += ((2 * DRSA + DSA) * climbed + PCA if compared else DRSA * climbed) * products
            bases = (4 + entry["random"] if compared else 1) * chain.widths[layer] ** 2
            fits = 3 if compared else 1
            numbers += classes * (bases + fits * climbed)  # with their curves
            steps += fits * ascent.steps  # all classes and starts climb together
    device = gpu_seconds(run.rates, flops)
    starting = kernels_started(run, steps, device)
    basis = f"{steps:,} steps at most, of all classes and starts together"
    return Work(basis, flops=flops, starting=starting, kept=FLOAT * numbers, holds_gpu=True)


def _explain_clips(run: Run, instances: list[Instance]) -> Work:
    """Conservation with and without biases, sums of all components, the histogram."""
    flops = total = 0
    for entry in (one.entry for one in instances):
        chain, clips = passes(run, entry), _explained(run, entry, entry["clips"])
        fitted = _fitted(entry, chain)
        each = 3 * chain.standard + chain.split(fitted) + chain.split([_shown(entry)])
        total, flops = total + clips * (4 + sum(k for _, k in fitted)), flops + clips * each
    return Work(f"{total:,} heatmaps", flops=flops, holds_gpu=True)


def _localise_relevance(run: Run, instances: list[Instance]) -> Work:
    raise NotKnown("parts are kept of sound that is made here, whose costs are not known")


def _flip_patches(run: Run, instances: list[Instance]) -> Work:
    """All methods at the number of components that is shown, at others DRSA alone."""
    flops = curves = 0
    for entry in (one.entry for one in instances):
        chain, flipping = passes(run, entry), entry["flipping"]
        clips, shown = _explained(run, entry, flipping["clips"]), _shown(entry)[1]
        methods, keys = 3 + entry["random"], []
        for key in _fitted(entry, chain):
            keys += [key] * (methods if key[1] == shown else 1)
        each, flipped = STANDARD_FLIPS + len(keys), chain.flipped(flipping["patch"])
        flops += clips * (chain.standard + chain.split(keys) + each * flipped)
        curves += clips * each
    return Work(f"{curves:,} curves of patches flipped", flops=flops, holds_gpu=True)


def _exchange_subspaces(run: Run, instances: list[Instance]) -> Work:
    flops = curves = 0
    for entry in (one.entry for one in instances if one.entry.get("exchanged")):
        chain, flipping = passes(run, entry), entry["flipping"]
        corpus, classes = explained_corpus(entry, run.config), len(entry["exchanged"])
        clips = classes * min(flipping["clips"], run.smallest_class(corpus, "test"))
        flips = (1 + classes) * chain.flipped(flipping["patch"])
        flops += clips * (chain.standard + classes * chain.split([_shown(entry)]) + flips)
        curves += clips * (1 + classes)
    return Work(f"{curves:,} curves of patches flipped", flops=flops, holds_gpu=True)


def _randomise_weights(run: Run, instances: list[Instance]) -> Work:
    flops = heatmaps = 0
    for entry in (one.entry for one in instances):
        chain = passes(run, entry)
        count = _explained(run, entry, entry["randomised"]) * (1 + len(chain.layers))
        heatmaps, flops = heatmaps + count, flops + count * chain.standard
    return Work(f"{heatmaps:,} heatmaps", flops=flops, holds_gpu=True)


def _plant_subspaces(run: Run, instances: list[Instance]) -> Work:
    draws = sum(one.entry["planted"] for one in instances)
    climbed = (DRSA + DSA) * ASCENT.starts * (ASCENT.steps + 1)
    flops = draws * (climbed + PCA) * sum(width**2 for width in WIDTHS) * PAIRS
    return Work(f"{draws} times {COMPONENTS} known subspaces", flops=flops)


def _render_exhibits(run: Run, instances: list[Instance]) -> Work:
    flops = kept = total = 0
    for entry in (one.entry for one in instances):
        chain, shown = passes(run, entry), _shown(entry)
        clips = _explained(run, entry, entry["exhibits"])
        total, sounds = total + clips, clips * (2 + shown[1])  # the clip, its heatmap, components
        flops += clips * (chain.forward + chain.standard + chain.split([shown]))
        kept += sounds * run.clip_bytes(explained_corpus(entry, run.config))
    return Work(f"{total:,} clips", flops=flops, kept=kept, holds_gpu=True)


def _compare_gammas(run: Run, instances: list[Instance]) -> Work:
    """Uniform and decreasing gammas, and patches in random order."""
    flops = curves = 0
    for entry in (one.entry for one in instances if one.entry.get("gammas")):
        chain, flipping = passes(run, {**entry, "composite": GAMMAS}), entry["flipping"]
        clips, composites = _explained(run, entry, flipping["clips"]), 2 * len(entry["gammas"])
        flips = (composites + 1) * chain.flipped(flipping["patch"])
        flops += clips * (composites * chain.standard + flips)
        curves += clips * (composites + 1)
    return Work(f"{curves:,} curves of patches flipped", flops=flops, holds_gpu=True)


def _cross_validate(run: Run, instances: list[Instance]) -> Work:
    """A fold is tested, one chooses the epoch; each job copies the corpus with its own splits."""
    works, trainings = [Work("", holds_gpu=True)], 0
    for entry in (one.entry for one in instances if one.entry.get("folds")):
        name, number = entry["network"], entry["folds"]["number"]
        jobs, corpus = number * len(entry["folds"]["by"]), run.config["networks"][name]["corpus"]
        clips = run.clips(corpus)
        fold = training(run, name, clips * (number - 2) / number, clips / number)
        copying = clips * run.seconds(corpus) / 10 * run.rates["corpus_clip_s"]
        work = Work(
            "",
            flops=jobs * clips / number * passes(run, entry).forward,
            training_flops=jobs * fold.training_flops,
            cores=jobs * (fold.cores + copying),
            unaided=jobs * fold.unaided,
            starting=jobs * fold.starting,
            kept=clips * run.clip_bytes(corpus) + fold.kept,
        )
        works, trainings = [*works, work], trainings + jobs
    largest = max(work.kept for work in works)
    basis = f"{trainings} networks trained, each on a copy of its corpus"
    return replace(reduce(add, works), basis=basis, kept=largest)


def _collect_folds(run: Run, instances: list[Instance]) -> Work:
    return Work("the predictions of all folds")


STAGES: dict[str, Stage] = {
    "untrained_network": _untrained_network,
    "classify_clips": _classify_clips,
    "fit_subspaces": _fit_subspaces,
    "explain_clips": _explain_clips,
    "localise_relevance": _localise_relevance,
    "flip_patches": _flip_patches,
    "exchange_subspaces": _exchange_subspaces,
    "randomise_weights": _randomise_weights,
    "plant_subspaces": _plant_subspaces,
    "render_exhibits": _render_exhibits,
    "compare_gammas": _compare_gammas,
    "cross_validate": _cross_validate,
    "collect_folds": _collect_folds,
}
