"""The rules of study 2: concepts probed, sweeps of steered forward passes, their slopes."""

from costs.run import Run
from costs.shared import Stage, weights_kept
from costs.size import Size
from costs.work import FLOAT, Work
from tonotopy.instances import Instance
from tonotopy.studies.steering import nulls
from tonotopy.studies.steering.study import class_corpus, every_sweep

EVERY_CLIP = 10**9  # more than a corpus has


def _forward(run: Run, entry: dict) -> Size:
    """Return the size of an instance's network for the clips whose classes are steered."""
    return run.size(entry["network"], run.seconds(class_corpus(entry, run.config)))


def _outputs(run: Run, entry: dict) -> int:
    """Return how many probabilities of a clip are kept: of the chosen outputs, or of all."""
    return len(entry.get("outputs") or ()) or run.outputs(entry["network"])


def _near(entry: dict) -> int:
    """Return the number of strengths that slopes are taken over, with 0."""
    return sum(abs(strength) <= entry["slope_range"] for strength in entry["strengths"]) + 1


def _untrained_network(run: Run, instances: list[Instance]) -> Work:
    return weights_kept(run, dict.fromkeys(one.entry["network"] for one in instances))


def _predict(run: Run, instances: list[Instance]) -> Work:
    flops = total = 0
    for entry in (one.entry for one in instances):
        corpus = class_corpus(entry, run.config)
        clips = run.clips(corpus, "validation") + run.clips(corpus, "test")
        clips += run.clips(entry["unseen"], "test") if entry["unseen"] else 0
        total, flops = total + clips, flops + clips * _forward(run, entry).flops
    return Work(f"{total:,} clips", flops=flops, holds_gpu=True)


def _capture_activations(run: Run, instances: list[Instance]) -> Work:
    """Instances that read the same of a network share the jobs."""
    captured = {}
    for entry in (one.entry for one in instances):
        network, view = entry["network"], entry.get("read")
        concepts, classes = entry["concepts"], class_corpus(entry, run.config)
        captured[network, view, concepts, "all"] = 2 * run.clips(concepts)  # with untrained copy
        captured[network, view, classes, "validation"] = run.clips(classes, "validation")
    flops = kept = 0
    for (network, _, corpus, _), clips in captured.items():
        size = run.size(network, run.seconds(corpus))
        flops, kept = flops + clips * size.flops, kept + clips * FLOAT * sum(size.dims)
    basis = f"{sum(captured.values()):,} clips, trained and untrained"
    return Work(basis, flops=flops, kept=kept, holds_gpu=True)


def _fit_probes(run: Run, instances: list[Instance]) -> Work:
    fits, clips = 0, 0
    for entry in (one.entry for one in instances):
        probes, layers = entry["probes"], len(_forward(run, entry).dims)
        concepts = run.classes(entry["concepts"])
        fits += concepts * layers * (probes["seeds"] + 2 * probes["null_seeds"])
        fits += run.classes(class_corpus(entry, run.config)) * layers * probes["null_seeds"]
        clips += 2 * layers * concepts * run.smallest_class(entry["concepts"], "train")
    cores = fits * run.rates["binary_probe_s"] + clips * run.rates["multiclass_probe_clip_s"]
    return Work(f"{fits:,} binary probes", cores=cores)


def sweep_sizes(run: Run, entry: dict) -> dict[str, tuple[int, int, int]]:
    """Return sweep -> (clips, directions, strengths without 0), as `steering.plans` has them."""
    concepts, layers = run.classes(entry["concepts"]), len(_forward(run, entry).dims)
    every = len(entry["strengths"])
    directions = {
        "test": concepts,
        "unseen": concepts,
        "layers": layers * len(entry["pairs"]),
        "controls": 2 * nulls.VECTORS + (entry["probes"]["null_seeds"] + 1) * concepts,
        "unseen_controls": nulls.VECTORS + entry["probes"]["null_seeds"] * concepts,
    }
    sizes = {}
    for sweep in every_sweep(entry):
        heard_unseen = sweep in ("unseen", "unseen_controls")
        corpus = entry["unseen"] if heard_unseen else class_corpus(entry, run.config)
        wanted = entry["clips"]["controls" if sweep == "unseen_controls" else sweep]
        clips = min(wanted or EVERY_CLIP, run.clips(corpus, "test"))
        strengths = nulls.STRENGTHS if sweep in nulls.SWEEPS else every
        sizes[sweep] = clips, directions[sweep], strengths
    return sizes


def _steer(run: Run, instances: list[Instance]) -> Work:
    flops = passes = rows = 0
    for entry in (one.entry for one in instances):
        outputs = _outputs(run, entry)
        for clips, directions, strengths in sweep_sizes(run, entry).values():
            steered = clips * directions * strengths
            passes, rows = passes + steered, rows + steered * outputs
            flops += steered * _forward(run, entry).flops
    return Work(
        f"{passes:,} steered forward passes",
        flops=flops,
        cores=rows * run.rates["sweep_row_s"],
        kept=round(rows * run.rates["sweep_row_bytes"]),
        holds_gpu=True,
    )


def _read_effects(run: Run, instances: list[Instance]) -> Work:
    cores, rows = 0.0, 0
    for entry in (one.entry for one in instances):
        outputs, sweeps = _outputs(run, entry), sweep_sizes(run, entry)
        near = _near(entry)
        rows += sum(clips * many * near * outputs for clips, many, _ in sweeps.values())
        clips, concepts, _ = sweeps["test"]
        cores += run.resamples * clips * concepts * outputs * run.rates["slope_cell_s"]
    cores += rows * run.rates["slope_row_s"]
    return Work(f"{rows:,} probabilities, {run.resamples:,} resamples", cores=cores)


def _render_steering(run: Run, instances: list[Instance]) -> Work:
    """Every pair of a shown clip at every strength; one sound of 16 bits for a clip."""
    flops = kept = total = 0
    for entry in (one.entry for one in instances):
        corpus = class_corpus(entry, run.config)
        clips = min(entry["exhibits"], run.clips(corpus, "test"))
        concepts = {pair["concept"] for pair in entry["pairs"]}
        steered = clips * len(concepts) * (len(entry["strengths"]) + 1)
        total, flops = total + steered, flops + steered * _forward(run, entry).flops
        kept += clips * run.clip_bytes(corpus)
    return Work(f"{total:,} steered forward passes", flops=flops, kept=kept, holds_gpu=True)


STAGES: dict[str, Stage] = {
    "untrained_network": _untrained_network,
    "predict": _predict,
    "capture_activations": _capture_activations,
    "fit_probes": _fit_probes,
    "steer": _steer,
    "read_effects": _read_effects,
    "render_steering": _render_steering,
}
