"""The rules of study 5: maps compared with hand-made features, probes for them, exhibits.

Layers are taken to be no finer than the input, and every clip to be a group of its own. What phases
are drawn from, known answers on hand-made layers and decompositions on a GPU are left out.
"""

from typing import NamedTuple

from costs.run import Run
from costs.shared import Stage
from costs.work import FLOAT, NotKnown, Work
from tonotopy.entries import trainings
from tonotopy.instances import Instance
from tonotopy.similarity.features import CHROMA, CURVES, SEPARATED, SPECTRA
from tonotopy.similarity.probes import ALPHAS, MOST_ROWS
from tonotopy.studies.similarity.study import heard_corpus, unheard

CLASSES = 12  # of pitch
FEATURES = len((*SPECTRA, *CHROMA, *CURVES))
OUTPUTS = (CLASSES, 1, 1)  # of probes whose rows are columns: chroma, loudness, onsets
SCALARS = 2  # probes whose rows are clips


class Grid(NamedTuple):
    """A layer's maps.

    Attributes:
        maps: their number.
        rows: of a map.
        columns: of a map.
    """

    maps: int
    rows: int
    columns: int

    @property
    def kinds(self) -> tuple[tuple[int, int], ...]:
        """Number of features and cells of each kind: spectra, chroma, curves."""
        return (
            (len(SPECTRA), self.rows * self.columns),
            (len(CHROMA), CLASSES * self.columns),
            (len(CURVES), self.columns),
        )


class Heard(NamedTuple):
    """The clips of an instance.

    Attributes:
        corpus: they are of.
        seconds: their length.
        probed: clips that are probed.
        clips: those of them that are compared.
        calibrated: clips that batch norm is estimated on.
    """

    corpus: str
    seconds: float
    probed: int
    clips: int
    calibrated: int


def heard_of(run: Run, entry: dict) -> Heard:
    """Return the clips of an instance."""
    corpus = heard_corpus(entry, run.config)
    probed = _most(run.clips(corpus, "test"), entry["probed"])
    learned = run.clips(corpus, "train") or run.clips(corpus, "test")
    calibrated = _most(learned, entry["calibrated"])
    clips = _most(probed, entry["clips"])
    return Heard(corpus, run.seconds(corpus), probed, clips, calibrated)


def _most(there: int, wanted: int | None) -> int:
    return there if wanted is None else min(there, wanted)


def grids_of(run: Run, entry: dict, name: str, seconds: float) -> list[Grid]:
    """Return the maps of a network's layers, from the shapes of what they give.

    Axes are taken to be in the order of the input's.

    Raises:
        NotKnown: the network is a module of the user's own or hears waveforms, or how tokens lie is
            nowhere said.
    """
    made, named = run.unheard(name, seconds), entry.get("grids") or {}
    if not hasattr(made.settings, "mels"):
        raise NotKnown(f"network {name}: hears waveforms, when its layers do is found in a run")
    first = made.heard.shape[-2] == made.settings.mels
    found = []
    for layer, (chunks, *shape) in made.shapes().items():
        if len(shape) == 1 or layer not in (entry.get("layers") or made.layers):
            continue
        if len(shape) == 3:
            maps, (rows, columns) = shape[0], shape[1:] if first else shape[:0:-1]
        else:
            known = named.get(layer) or getattr(made.network, "grid", None)
            if known is None:
                raise NotKnown(f"network {name}: how tokens of layer {layer} lie")
            maps = shape[0] if made.layers[layer].read == "channels" else shape[1]
            rows, columns = known
        found.append(Grid(maps, rows, chunks * columns))
    return found


def products(grids: list[Grid], clips: int) -> int:
    """Return the operations of maps times features: of the same clip twice, and of all pairs."""
    return sum(
        2 * grid.maps * number * cells * clips * (clips + 2)
        for grid in grids
        for number, cells in grid.kinds
    )


def ridge_flops(rows: int, width: int, outputs: int, folds: int) -> int:
    """Return the operations of a held-out ridge probe.

    Sums of squares once; for every fold a decomposition for each penalty and for the chosen one,
    their solutions, and what they predict: of two folds with each penalty, of one with the chosen.
    """
    solved = (len(ALPHAS) + 1) * folds * (width**3 / 3 + 2 * width**2 * outputs)
    predicted = (2 * len(ALPHAS) + 1) * 2 * rows * width * outputs
    return round(2 * rows * width * (width + outputs) + solved + predicted)


def probes(grid: Grid, clips: int, folds: int) -> int:
    """Return the operations of all probes of a layer."""
    rows = clips * min(grid.columns, max(1, MOST_ROWS // clips))
    widths = (grid.rows * grid.maps, grid.maps, grid.maps)
    total = SCALARS * ridge_flops(clips, grid.maps, 1, folds)
    for width, outputs in zip(widths, OUTPUTS, strict=True):
        total += ridge_flops(rows, width, outputs, folds)
    return total


def _copies(entry: dict, kind: str, run_number: int) -> int:
    """Return how many networks stand beside a trained one: those of the first of its kind."""
    return 0 if run_number else entry["random"] + (kind in unheard(entry))


def _front_ends(run: Run, entry: dict) -> int:
    """Return how many time axes features are taken on: one for each way of hearing."""
    networks = run.config["networks"]
    return len({str(networks[name].get("front_end") or name) for _, _, name in trainings(entry)})


def _compare_maps(run: Run, instances: list[Instance]) -> Work:
    """Trained networks on sound and on random phases, copies, the input; what they answer."""
    flops = cores = fronts = kept = maps = total = 0
    for entry in (one.entry for one in instances):
        heard = heard_of(run, entry)
        clips, tens = heard.clips, heard.seconds / 10
        cores += _front_ends(run, entry) * clips * tens * run.rates["features_clip_s"]
        for kind, number, name in trainings(entry):
            grids, copies = grids_of(run, entry, name, heard.seconds), _copies(entry, kind, number)
            passes = (2 + copies) * clips + copies * heard.calibrated
            if run.config["networks"][name].get("corpus") == heard.corpus:
                passes += run.clips(heard.corpus, "test")
            passes += 0 if number else len(grids) * FEATURES * entry["shown"]  # pictures
            fronts += ((2 + len(SEPARATED)) * clips + copies * heard.calibrated) * tens
            flops += passes * run.size(name, heard.seconds).flops
            flops += (2 + copies) * products(grids, clips)
            own = [grid._replace(maps=1) for grid in grids]
            flops += products(own, clips)
            rows = FEATURES * sum((2 + copies) * grid.maps + 1 for grid in grids)
            cells = {grid[1:]: sum(n * c for n, c in grid.kinds) for grid in grids}
            cores += clips * sum(cells.values()) * run.rates["residual_cell_s"]
            cores += rows * clips**2 * run.rates["null_pair_s"]
            kept, total = kept + 2 * FLOAT * rows * clips, total + passes
            maps += sum(grid.maps for grid in grids)
        flops += sum(_answered(run, name) for name in unheard(entry).values())
    basis = f"{maps:,} maps beside {FEATURES} features, {total:,} forward passes"
    unaided = fronts * run.rates["front_end_clip_s"]
    return Work(basis, flops=flops, cores=cores, unaided=unaided, kept=kept, holds_gpu=True)


def _answered(run: Run, name: str) -> int:
    """Return the operations of a network's answers to the test split that it learned beside."""
    corpus = run.config["networks"][name].get("corpus")
    if corpus is None:
        return 0
    return run.clips(corpus, "test") * run.size(name, run.seconds(corpus)).flops


def _probe_features(run: Run, instances: list[Instance]) -> Work:
    """Probes of every layer of trained networks and copies, and of the input on its grid."""
    flops = cores = solved = fronts = total = 0
    for entry in (one.entry for one in instances):
        heard, folds = heard_of(run, entry), entry["folds"]
        clips, tens = heard.probed, heard.seconds / 10
        cores += _front_ends(run, entry) * clips * tens * run.rates["probed_features_clip_s"]
        for kind, number, name in trainings(entry):
            grids, copies = grids_of(run, entry, name, heard.seconds), _copies(entry, kind, number)
            passes = (1 + copies) * clips + copies * heard.calibrated
            fronts += (clips + copies * heard.calibrated) * tens
            flops += passes * run.size(name, heard.seconds).flops
            for grid in grids:
                solved += (1 + copies) * probes(grid, clips, folds)
                solved += probes(grid._replace(maps=1), clips, folds)
                total += (2 + copies) * (len(OUTPUTS) + SCALARS)
    unaided = solved / run.rates["ridge_flops_per_s"] + fronts * run.rates["front_end_clip_s"]
    return Work(f"{total:,} probes", flops=flops, cores=cores, unaided=unaided, holds_gpu=True)


def _render_matches(run: Run, instances: list[Instance]) -> Work:
    """A clip, and at most a part of its sound, for every map that can be heard."""
    flops = cores = kept = total = 0
    for entry in (one.entry for one in instances):
        heard = heard_of(run, entry)
        names = [name for _, number, name in trainings(entry) if not number]
        shown = entry["exhibits"]
        flops += sum(2 * shown * run.size(name, heard.seconds).flops for name in names)
        total += shown * len(names)
        cores += shown * len(names) * heard.seconds / 10 * run.rates["features_clip_s"]
        kept += 2 * shown * len(names) * run.clip_bytes(heard.corpus)
    return Work(f"{total:,} maps", flops=flops, cores=cores, kept=kept, holds_gpu=True)


STAGES: dict[str, Stage] = {
    "compare_maps": _compare_maps,
    "probe_features": _probe_features,
    "render_matches": _render_matches,
}
