"""The rules of study 4: maps made to sound, taken away again, encoders taught other tasks.

A sonification goes back through the blocks below its layer: as many operations as a forward pass
through them. One of every layer's most active map is what most rules make of a clip. Which pairs of
classes a corpus's clips have, and pictures, are left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from torch import nn

from costs.run import Run
from costs.shared import (
    ANY_SECONDS,
    CNN12,
    Stage,
    gpu_seconds,
    kernels_started,
    learned_seconds,
    weights_kept,
)
from costs.size import built
from costs.work import FLOAT, NotKnown, Work
from tonotopy.frontends import registry as front_ends
from tonotopy.instances import Instance

TAKEN_AWAY = 3  # what is answered beside the clip itself, for every layer: residual and controls
EXACT = 2  # sonifications that are compared: the product, and the explicit one
FAVOURITES = 3  # clips that a drawn map is pictured with
LABELS = 2  # of a clip: sonifications of targets, and answers without them, for every layer


@dataclass(frozen=True)
class Passes:
    """Operations of a clip through the blocks of CNN12, and back.

    Attributes:
        blocks: of a forward pass, by layer from input to output.
        dense: of what follows the blocks.
    """

    blocks: dict[str, int]
    dense: int

    @property
    def forward(self) -> int:
        """Of a forward pass."""
        return sum(self.blocks.values()) + self.dense

    def below(self, layer: str) -> int:
        """Of the blocks up to a layer: those of a sonification of one of its maps."""
        names = list(self.blocks)
        return sum(self.blocks[name] for name in names[: names.index(layer) + 1])

    def sonified(self, layers: Iterable[str] | None = None) -> int:
        """Of one sonification of each of some layers, None for all."""
        return sum(self.below(layer) for layer in layers or self.blocks)


def passes(run: Run, name: str, seconds: float) -> Passes:
    """Return the operations of a network for clips of this length, from the shapes of its weights.

    Raises:
        NotKnown: it is no CNN12 that is trained here.
    """
    entry = run.config["networks"][name]
    if entry.get("architecture") != "cnn12":
        raise NotKnown(f"network {name}: sonifications are counted through CNN12 alone")
    settings = front_ends.build(entry["front_end"]).settings
    contrast = entry["training"].get("objective") == "simclr"
    classes = 0 if contrast else run.classes(entry["corpus"])
    network = built("cnn12", entry.get("arguments", {}), settings, classes)
    samples, blocks = round(seconds * settings.rate), {}
    for number, block in enumerate(network.features, start=1):
        operations = 0
        for module in block:
            if isinstance(module, nn.Conv2d):
                samples -= module.kernel_size[1] - 1
                operations += 2 * module.weight.numel() * samples
            elif isinstance(module, nn.MaxPool2d):
                samples //= 2
        blocks[f"block{number}"] = operations
    dense = [m.weight.numel() for m in network.modules() if isinstance(m, nn.Linear)]
    return Passes(blocks, 2 * sum(dense))


def _trained(entry: dict) -> list[str]:
    """Return the networks of an entry, kind by kind and run by run."""
    kinds = [[names] if isinstance(names, str) else names for names in entry["networks"].values()]
    return [name for names in kinds for name in names]


def _columns(entry: dict) -> list[str]:
    """Return the same and, for the untrained copy, once more the first."""
    names = _trained(entry)
    return [*names, names[0]]


def _corpus(run: Run, entry: dict, key: str) -> str:
    """Return the corpus that is ``heard`` or ``learned``: the first network's where none is."""
    return entry.get(key) or run.config["networks"][_trained(entry)[0]]["corpus"]


def _layers(entry: dict, chain: Passes) -> list[str]:
    return [name for name in entry.get("layers") or chain.blocks if name in chain.blocks]


def _heard(run: Run, entry: dict) -> tuple[int, float]:
    """Return how many clips are sonified, and their length in seconds."""
    corpus = _corpus(run, entry, "heard")
    clips = run.clips(corpus, "test")
    return min(clips, entry["clips"] or clips), run.seconds(corpus)


def _chains(run: Run, entry: dict, seconds: float) -> Iterator[tuple[Passes, list[str]]]:
    """Yield the operations and the layers of each network, the untrained copy last."""
    for name in _columns(entry):
        chain = passes(run, name, seconds)
        yield chain, _layers(entry, chain)


def _untrained_network(run: Run, instances: list[Instance]) -> Work:
    return weights_kept(run, dict.fromkeys(_trained(one.entry)[0] for one in instances))


def _hear_maps(run: Run, instances: list[Instance]) -> Work:
    """Clips that maps prefer, clips by which those of classes are chosen, own test clips."""
    flops = total = 0
    for entry in (one.entry for one in instances):
        corpora = [(_corpus(run, entry, "heard"), "test", None)]
        corpora.append((_corpus(run, entry, "learned"), "train", entry["selecting"]))
        heard = [(name, clips) for clips in corpora for name in _columns(entry)]
        heard += [(n, (_own(run, n), "test", None)) for n in _trained(entry) if _tells(run, n)]
        for name, (corpus, split, most) in heard:
            clips = run.clips(corpus, split)
            total += min(clips, most or clips)
            flops += min(clips, most or clips) * passes(run, name, run.seconds(corpus)).forward
    return Work(f"{total:,} forward passes", flops=flops, holds_gpu=True)


def _own(run: Run, name: str) -> str:
    return run.config["networks"][name]["corpus"]


def _tells(run: Run, name: str) -> bool:
    """Tell whether a network answers by the classes of its corpus."""
    return run.config["networks"][name]["training"].get("objective") != "simclr"


def _sonify_clips(run: Run, instances: list[Instance]) -> Work:
    """Sonifications of all layers, their spectra, explicit ones, and those of shifted clips."""
    flops = spectra = 0.0
    total = 0
    for entry in (one.entry for one in instances):
        clips, seconds = _heard(run, entry)
        few = min(clips, entry["shifts"]["clips"])
        checked = few * (EXACT + 1 + len(entry["shifts"]["offsets"]))
        for chain, layers in _chains(run, entry, seconds):
            flops += (clips + checked) * (chain.forward + chain.sonified(layers))
            total += (clips + checked) * len(layers)
            spectra += clips * len(layers) * seconds / 10
    cores = spectra * run.rates["coherence_clip_s"]
    return Work(f"{total:,} sonifications", flops=flops, cores=cores, holds_gpu=True)


def _subtract_sonifications(run: Run, instances: list[Instance]) -> Work:
    """Residuals and their controls answered."""
    flops = altered = 0.0
    total = 0
    for entry in (one.entry for one in instances if one.entry.get("residuals")):
        clips, seconds = _heard(run, entry)
        learned = len(entry["transfers"][entry["answers"]]["learn"])
        for chain, layers in _chains(run, entry, seconds):
            answered = clips * learned * (1 + TAKEN_AWAY * len(layers))
            flops += clips * learned * (chain.forward + chain.sonified(layers))
            flops += answered * chain.forward
            altered += clips * learned * len(layers) * seconds / 10
            total += answered
    cores = altered * run.rates["altered_clip_s"]
    return Work(f"{total:,} answers", flops=flops, cores=cores, holds_gpu=True)


def _subtract_classes(run: Run, instances: list[Instance]) -> Work:
    """Classes of the same clip told apart by what each loses."""
    flops, total = 0.0, 0
    for entry in (one.entry for one in instances if one.entry.get("targets")):
        clips, seconds = _heard(run, entry)
        for chain, layers in _chains(run, entry, seconds):
            answered = clips * (1 + LABELS * len(layers))
            flops += clips * (chain.forward + LABELS * chain.sonified(layers))
            flops += answered * chain.forward
            total += answered
    return Work(f"{total:,} answers", flops=flops, holds_gpu=True)


def _match_parts(run: Run, instances: list[Instance]) -> Work:
    if not any(one.entry.get("matches") for one in instances):
        return Work("no instance has parts", holds_gpu=True)
    raise NotKnown("parts are kept of sound that is made here, whose costs are not known")


def _first_of_each_kind(entry: dict) -> list[str]:
    names = [n if isinstance(n, str) else n[0] for n in entry["networks"].values()]
    return [*names, names[0]]


def _alone(chain: Passes, layers: Iterable[str]) -> int:
    """Return the operations of a sonification of each layer, the network run anew for each."""
    return sum(chain.forward + chain.below(layer) for layer in layers)


def _picture_maps(run: Run, instances: list[Instance]) -> Work:
    """Maps that are active, selective or drawn with their favourites, and maps at every epoch."""
    flops = total = 0
    for entry in (one.entry for one in instances):
        seconds = run.seconds(_corpus(run, entry, "heard"))
        shown, evolution = entry["shown"], entry.get("evolution")
        for position, name in enumerate(names := _first_of_each_kind(entry)):
            chain = passes(run, name, seconds)
            views = [(layer, 2) for layer in _layers(entry, chain)]
            views += [(layer, shown["maps"] * FAVOURITES) for layer in shown["layers"]]
            if evolution and position < len(names) - 1:
                times = evolution["maps"] * len(evolution["epochs"])
                views += [(layer, times) for layer in evolution["layers"]]
            flops += sum(times * _alone(chain, [layer]) for layer, times in views)
            total += sum(times for _, times in views)
    return Work(f"{total:,} sonifications", flops=flops, holds_gpu=True)


def _render_sonifications(run: Run, instances: list[Instance]) -> Work:
    """One for every layer, and the deepest layer's at every epoch, in 16 bits."""
    flops = kept = total = 0
    for entry in (one.entry for one in instances):
        corpus, clips = _corpus(run, entry, "heard"), entry["exhibits"]
        epochs = len((entry.get("evolution") or {}).get("epochs", ()))
        for position, name in enumerate(names := _first_of_each_kind(entry)):
            chain = passes(run, name, run.seconds(corpus))
            layers = _layers(entry, chain)
            if position < len(names) - 1:
                layers = [*layers, *epochs * layers[-1:]]
            flops += clips * _alone(chain, layers)
            total += clips * len(layers)
        kept += (total + clips) * run.clip_bytes(corpus)
    return Work(f"{total:,} sonifications", flops=flops, kept=kept, holds_gpu=True)


def _collect_transfers(run: Run, instances: list[Instance]) -> Work:
    return Work("the scores of all networks and tasks")


def _transfer_network(run: Run, instances: list[Instance]) -> Work:
    """Every task taught to every network; classifiers of all layers learn at once."""
    works = [Work("", holds_gpu=True)]
    trainings = 0
    for entry in (one.entry for one in instances):
        for settings in (entry.get("transfers") or {}).values():
            for name in _columns(entry):
                taught = list(_taught(run, settings, name))
                works, trainings = [*works, *taught], trainings + len(taught)
                weights = run.size(name, ANY_SECONDS).parameters
                works.append(Work("", kept=FLOAT * weights * len(settings["learn"])))
    return replace(reduce(add, works), basis=f"{trainings:,} trainings")


def _taught(run: Run, settings: dict, name: str) -> Iterator[Work]:
    """Yield the work of every training of a network for a task."""
    corpus, how = settings["corpus"], settings["training"]
    clips = min(run.clips(corpus, "train"), settings.get("labels") or run.clips(corpus, "train"))
    views, heard_s = learned_seconds(settings, run.seconds(corpus))
    chain, whole = passes(run, name, heard_s), passes(run, name, run.seconds(corpus))
    validation, test = run.clips(corpus, "validation"), run.clips(corpus, "test")
    for _ in range(settings.get("runs", 1)):
        for learn, names in settings["learn"].items():
            layers = list(chain.blocks) if names is None else names
            ends = (
                [chain.forward] if learn == "head" else [*map(chain.below, layers), chain.forward]
            )
            for end in ends:
                back = 0 if learn == "head" else 2 * end
                flops = how["epochs"] * clips * (chain.forward + back)
                flops += (how["epochs"] * validation + test + clips) * whole.forward
                yield _training(run, settings, flops, clips, heard_s * views)


def _training(run: Run, settings: dict, flops: float, clips: int, seconds: float) -> Work:
    how = settings["training"]
    device = gpu_seconds(run.rates, 0, flops, CNN12)
    heard = how["epochs"] * clips * seconds / 10 if settings.get("augmentation") else 0
    return Work(
        "",
        training_flops=flops,
        unaided=heard * run.rates["augmented_clip_s"],
        starting=kernels_started(run, how["epochs"] * clips / how["batch"], device),
    )


def _at_its_rate(stage: Stage) -> Stage:
    """Return a stage whose operations, all of CNN12, a GPU computes at the rate of CNN12."""

    def work(run: Run, instances: list[Instance]) -> Work:
        done = stage(run, instances)
        operations = run.rates, done.flops, done.training_flops
        return replace(done, slower=gpu_seconds(*operations, CNN12) - gpu_seconds(*operations))

    return work


_COUNTED: dict[str, Stage] = {
    "untrained_network": _untrained_network,
    "transfer_network": _transfer_network,
    "collect_transfers": _collect_transfers,
    "hear_maps": _hear_maps,
    "sonify_clips": _sonify_clips,
    "subtract_sonifications": _subtract_sonifications,
    "subtract_classes": _subtract_classes,
    "match_parts": _match_parts,
    "picture_maps": _picture_maps,
    "render_sonifications": _render_sonifications,
}

STAGES = {rule: _at_its_rate(stage) for rule, stage in _COUNTED.items()}
