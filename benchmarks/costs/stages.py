"""The work of every rule, from what it is given to do and the rates of one core."""

from collections.abc import Callable
from dataclasses import dataclass

from tonotopy.costs.run import Run

FLOAT = 4  # bytes
SEGMENT_ROWS = 2_084_320  # of AudioSet's three csv files, as their headers count
PROBED = 1800  # clips that the rates of the layer probes are for
CURVE_RESAMPLES = 1000  # that the rate of a figure is for


@dataclass(frozen=True)
class Work:
    """What a rule's jobs do together, before it is turned into hours.

    Attributes:
        flops: of networks, in float32.
        training_flops: of networks in training, in bfloat16 where there is a GPU.
        cores: processor seconds beside the networks.
        waiting: seconds for the disk.
        holds_gpu: whether the jobs hold a GPU.
        fetched, kept, basis: see `Cost`.
    """

    basis: str
    flops: float = 0
    training_flops: float = 0
    cores: float = 0
    waiting: float = 0
    holds_gpu: bool = False
    fetched: int = 0
    kept: int = 0


def _fetching(rule: str) -> Callable[[Run], Work]:
    def work(run: Run) -> Work:
        found = run.needs.get(rule, [])
        fetched, kept = sum(n.fetched for n in found), sum(n.kept for n in found)
        basis = f"{fetched / 1e9:.3g} GB checked and unpacked"
        return Work(basis, cores=fetched / run.rates["unpack_bytes_per_s"], fetched=fetched,
                    kept=kept)  # fmt: skip

    return work


def _gather(run: Run) -> Work:
    found = run.needs["gather_audioset"]
    clips = sum(run.clips(n) for n in run.corpora()
                if run.config["corpora"][n]["maker"] == "audioset")  # fmt: skip
    size = sum(n.fetched for n in found)
    return Work(
        f"{clips:,} clips; up to 2.4 TB pass by, as parquet files are read whole",
        cores=clips * run.rates["gathered_clip_s"], fetched=size, kept=size,
    )  # fmt: skip


def _build(run: Run) -> Work:
    names = run.corpora()
    tens = sum(run.clips(name) * run.seconds(name) / 10 for name in names)
    kept = sum(need.kept for need in run.needs.get("build_corpus", []))
    told = f"{sum(map(run.clips, names)):,} clips, {tens / 360:.0f} h of sound"
    return Work(told, cores=tens * run.rates["corpus_clip_s"], kept=kept)


def _copies(run: Run) -> Work:
    networks = [name for study in run.layers for name in study["networks"]]
    networks += [study["network"] for study in run.steering]
    weights = sum(run.size(name, 5.0).parameters for name in networks)
    return Work(f"{weights / 1e6:.0f} M weights", kept=FLOAT * weights)


def _publish(run: Run) -> Work:
    networks = [name for study in run.layers for name in study["networks"]]
    weights = sum(run.size(name, 5.0).parameters for name in networks)
    return Work(f"{weights / 1e6:.0f} M weights", kept=FLOAT * weights)


def _train(run: Run) -> Work:
    flops = cores = kept = 0.0
    for study in run.steering:
        name, size = run.trained_on(study), run.forward(study)
        epochs = run.config["networks"][study["network"]]["training"]["epochs"]
        learned, judged = run.clips(name, "train"), run.clips(name, "validation")
        flops += epochs * (3 * learned + judged) * size.flops
        cores += learned * run.rates["front_end_clip_s"] * run.seconds(name) / 10
        kept += 7 * FLOAT * size.parameters
        told = f"{epochs} epochs of {learned:,} clips, {size.flops / 1e9:.0f} GFLOP a forward pass"
    return Work(told, training_flops=flops, cores=cores, kept=round(kept), holds_gpu=True)


def _predict(run: Run) -> Work:
    flops = clips = 0
    for study in run.steering:
        name = run.trained_on(study)
        heard = run.clips(name, "validation") + run.clips(name, "test")
        heard += run.clips(study["unseen"], "test") if study["unseen"] else 0
        clips, flops = clips + heard, flops + heard * run.forward(study).flops
    return Work(f"{clips:,} clips", flops, holds_gpu=True)


def _capture(run: Run) -> Work:
    flops = clips = kept = 0
    for study in run.steering:
        size = run.forward(study)
        validation = run.clips(run.trained_on(study), "validation")
        heard = 2 * run.clips(study["concepts"]) + validation
        clips, flops = clips + heard, flops + heard * size.flops
        kept += heard * FLOAT * sum(size.dims)
    return Work(f"{clips:,} clips, trained and untrained", flops, kept=kept, holds_gpu=True)


def _fit_probes(run: Run) -> Work:
    fits, clips = 0, 0
    for study in run.steering:
        probes, layers = study["probes"], len(run.forward(study).dims)
        concepts = run.classes(study["concepts"])
        fits += concepts * layers * (probes["seeds"] + 2 * probes["null_seeds"])
        fits += run.classes(run.trained_on(study)) * layers * probes["null_seeds"]
        clips += 2 * layers * concepts * run.smallest_class(study["concepts"], "train")
    cores = fits * run.rates["binary_probe_s"] + clips * run.rates["multiclass_probe_clip_s"]
    return Work(f"{fits:,} binary probes", cores=cores)


def sweep_sizes(run: Run, study: dict) -> dict[str, tuple[int, int, int]]:
    """Return sweep -> (clips, directions, strengths with 0), as `steering.plans` draws them."""
    concepts, layers = run.classes(study["concepts"]), len(run.forward(study).dims)
    near = sum(abs(s) <= study["slope_range"] for s in study["strengths"]) + 1
    every = len(study["strengths"]) + 1
    directions = {"test": concepts, "unseen": concepts, "layers": layers * len(study["pairs"]),
                  "controls": 3 * concepts}  # fmt: skip
    found = {}
    for sweep in study["sweeps"]:
        corpus = study["unseen"] if sweep == "unseen" else run.trained_on(study)
        clips = min(study["clips"][sweep] or 10**9, run.clips(corpus, "test"))
        found[sweep] = clips, directions[sweep], near if sweep == "controls" else every
    return found


def _steer(run: Run) -> Work:
    flops = passes = rows = 0
    for study in run.steering:
        classes = run.classes(run.trained_on(study))
        for clips, directions, strengths in sweep_sizes(run, study).values():
            steered = clips * directions * strengths
            passes, rows = passes + steered, rows + steered * classes
            flops += steered * run.forward(study).flops
    return Work(
        f"{passes:,} steered forward passes", flops, cores=rows * run.rates["sweep_row_s"],
        kept=round(rows * run.rates["sweep_row_bytes"]), holds_gpu=True,
    )  # fmt: skip


def _read_effects(run: Run) -> Work:
    cores, rows = 0.0, 0
    for study in run.steering:
        classes, sweeps = run.classes(run.trained_on(study)), sweep_sizes(run, study)
        near = sum(abs(s) <= study["slope_range"] for s in study["strengths"]) + 1
        rows += sum(clips * many * near * classes for clips, many, _ in sweeps.values())
        clips, concepts, _ = sweeps["test"]
        cores += run.resamples * clips * concepts * classes * run.rates["slope_cell_s"]
    cores += rows * run.rates["slope_row_s"]
    return Work(f"{rows:,} probabilities, {run.resamples:,} resamples", cores=cores)


def _probe_layers(run: Run) -> Work:
    """A network and its copy, whole clips and cut ones; both kinds of folds at once."""
    rates, flops, cores, moved, largest, layers = run.rates, 0.0, 0.0, 0.0, 0.0, 0
    for study in run.layers:
        linear = rates["layer_linear_s"] * (study["inverse_penalty"] is not None)
        shuffled = rates["layer_shuffled_s"] * study["shuffles"] / 10
        neighbours = rates["layer_neighbours_s"]
        for network, (clips, lengths) in _pairs(run, study):
            scale = (clips / PROBED) ** 2
            for place, seconds in enumerate(lengths):
                size = run.size(network, seconds)
                vectors = FLOAT * clips * sum(size.dims)
                flops += 2 * (clips * size.flops + 2 * clips**2 * sum(size.dims))
                probes = 2 * neighbours + (2 * linear + shuffled if place == 0 else 0)
                cores += len(size.dims) * scale * probes
                moved, largest = moved + 2 * vectors, max(largest, vectors)
                layers += 2 * len(size.dims)
    return Work(
        f"{layers:,} layers, {moved / 1e9:,.0f} GB of vectors in passing", flops, cores=cores,
        waiting=2 * moved / rates["disk_bytes_per_s"], kept=round(largest), holds_gpu=True,
    )  # fmt: skip


def _pairs(run: Run, study: dict) -> list[tuple[str, tuple[int, list[float]]]]:
    """Return every network with every task's clips and the lengths that it hears them in."""
    found = []
    for network in study["networks"]:
        for task in study["tasks"].values():
            whole, second = run.seconds(task["corpus"]), study["second"]
            lengths = [whole] if second is None or second >= whole else [whole, second]
            found.append((network, (run.clips(task["corpus"]), lengths)))
    return found


def _probe_controls(run: Run) -> Work:
    cores = clips = 0.0
    for study in run.layers:
        for task in study["tasks"].values():
            many = run.clips(task["corpus"])
            clips += many
            cores += many * run.rates["front_end_clip_s"] * run.seconds(task["corpus"]) / 5
            cores += 2 * (many / PROBED) ** 2 * run.rates["layer_neighbours_s"]
    return Work(f"{clips:,.0f} clips through two networks that are known", cores=cores)


def _score_tagging(run: Run) -> Work:
    flops = 0
    for study in run.layers:
        if study["tagging"] is not None:
            clips, seconds = run.clips(study["tagging"], "test"), run.seconds(study["tagging"])
            flops += sum(2 * clips * run.size(n, seconds).flops for n in study["networks"])
    return Work("the test clips of the corpus of tags", flops)


def _summarise(run: Run) -> Work:
    curves = cells = 0
    for study in run.layers:
        for _, (clips, lengths) in _pairs(run, study):
            both = 2 * len(study["folds"])  # trained and untrained
            linear = both * (study["inverse_penalty"] is not None)
            curves += both * len(lengths) + linear
            cells += (both * len(lengths) + linear) * clips
    cores = cells * run.resamples * run.rates["curve_s"]
    return Work(f"{curves} curves, {run.resamples:,} resamples", cores=cores)


def _judge(run: Run) -> Work:
    cores = run.resamples * run.rates["judge_resample_s"]
    return Work(f"{run.resamples:,} resamples", cores=cores)


def _draw(run: Run) -> Work:
    share = max(1.0, run.resamples / CURVE_RESAMPLES)
    cores = run.jobs["draw_figure"] * run.rates["figure_s"] * share
    return Work(f"{run.resamples:,} resamples", cores=cores)


def _brief(basis: str) -> Callable[[Run], Work]:
    return lambda run: Work(basis)


def _tables(run: Run) -> Work:
    cores = SEGMENT_ROWS * run.rates["segment_row_s"]
    return Work(f"{SEGMENT_ROWS:,} rows of labels", cores=cores)


STAGES: dict[str, Callable[[Run], Work]] = {
    **{rule: _fetching(rule) for rule in ("download_corpus", "download_segments",
                                          "download_weights")},
    "audioset_tables": _tables,
    "gather_audioset": _gather,
    "build_corpus": _build,
    "publish_network": _publish,
    "train_network": _train,
    "untrained_network": _copies,
    "predict": _predict,
    "capture_activations": _capture,
    "fit_probes": _fit_probes,
    "steer": _steer,
    "read_effects": _read_effects,
    "probe_layers": _probe_layers,
    "probe_controls": _probe_controls,
    "score_tagging": _score_tagging,
    "summarise_layers": _summarise,
    "judge_claims": _judge,
    "draw_figure": _draw,
    "build_report": _brief("the figures packed"),
    "check_names": _brief("names compared"),
    "enforce_controls": _brief("the scorecard read"),
}  # fmt: skip
