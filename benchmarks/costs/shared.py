"""Rules that belong to no study: corpora, networks, evidence and the report."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from operator import add

from costs.run import Run
from costs.work import FLOAT, Work
from tonotopy.corpora.audioset.labels import ROWS, TAGS
from tonotopy.instances import Instance
from tonotopy.networks.inputs import starting
from tonotopy.planning import AVAILABLE

Stage = Callable[[Run, list[Instance]], Work]

SEGMENT_ROWS = sum(ROWS.values())  # of AudioSet's three csv files, as their headers count
FIGURE_RESAMPLES = 1000  # that the rate of a figure is for
CNN12 = "cnn12"  # the architecture with a rate of its own
ANY_SECONDS = 5.0  # the number of weights does not depend on the length of a clip


def weights_kept(run: Run, networks: Iterable[str]) -> Work:
    """Return the work of writing so many networks to the disk."""
    weights = sum(run.size(name, ANY_SECONDS).parameters for name in networks)
    return Work(f"{weights / 1e6:.3g} M weights", kept=FLOAT * weights)


def _downloading(rule: str) -> Stage:
    def work(run: Run, instances: list[Instance]) -> Work:
        items = run.storage.get(rule, [])
        fetched, kept = sum(item.fetched for item in items), sum(item.kept for item in items)
        return Work(
            f"{fetched / 1e9:.3g} GB checked and unpacked",
            cores=fetched / run.rates["unpack_bytes_per_s"],
            fetched=fetched,
            kept=kept,
        )

    return work


def _audioset_tables(run: Run, instances: list[Instance]) -> Work:
    cores = SEGMENT_ROWS * run.rates["segment_row_s"]
    return Work(f"{SEGMENT_ROWS:,} rows of labels", cores=cores)


def _gather_audioset(run: Run, instances: list[Instance]) -> Work:
    corpora = run.config["corpora"]
    names = [name for name in run.corpora if corpora[name]["maker"] == "audioset"]
    tags = [name for name in names if corpora[name]["task"] == TAGS]
    # the clips of all other corpora are among those with all labels
    clips = round(AVAILABLE * SEGMENT_ROWS) if tags else sum(run.clips(name) for name in names)
    size = sum(item.fetched for item in run.storage["gather_audioset"])
    return Work(
        f"{clips:,} clips; up to 2.4 TB pass by, as parquet files are read whole",
        cores=clips * run.rates["gathered_clip_s"],
        fetched=size,
        kept=size,
    )


def _build_corpus(run: Run, instances: list[Instance]) -> Work:
    clips = sum(run.clips(name) for name in run.corpora)
    tens = sum(run.clips(name) * run.seconds(name) / 10 for name in run.corpora)
    return Work(
        f"{clips:,} clips, {tens / 360:.0f} h of sound",
        cores=tens * run.rates["corpus_clip_s"],
        kept=sum(item.kept for item in run.storage.get("build_corpus", [])),
    )


def training(run: Run, network: str, train: float, validation: float) -> Work:
    """Return the work of training a network on so many clips, and its checkpoints on the disk."""
    entry = run.config["networks"][network]
    settings, seconds = entry["training"], run.seconds(entry["corpus"])
    epochs, size = settings["epochs"], run.size(network, seconds)
    views, learned_s = learned_seconds(entry, seconds)
    learned = views * run.size(network, learned_s).flops
    validated = learned if settings.get("contrast") else size.flops
    flops = epochs * (3 * train * learned + validation * validated)
    device = gpu_seconds(run.rates, 0, flops, entry["architecture"])
    anew = entry.get("augmentation") and not settings.get("cache")
    heard = epochs * train * views * learned_s / 10 if anew else 0
    fitted = 0 if entry["front_end"].get("kind") == "waveform" else train * seconds / 10
    return Work(
        f"{epochs} epochs of {train:,.0f} clips, {learned / 1e9:.3g} GFLOP a forward pass",
        training_flops=flops,
        cores=fitted * run.rates["front_end_clip_s"],
        unaided=heard * run.rates["augmented_clip_s"],
        starting=kernels_started(run, epochs * train / settings["batch"], device),
        kept=7 * FLOAT * size.parameters,
        slower=device - gpu_seconds(run.rates, 0, flops),
    )


def gpu_seconds(
    rates: dict[str, float], flops: float, training_flops: float = 0, architecture: str = "ast"
) -> float:
    """Return for how long a GPU computes, at the rate of CNN12, or of the AST for all others.

    Args:
        rates: name -> value.
        flops: of networks that listen.
        training_flops: of networks in training.
        architecture: of the networks.
    """
    if architecture == CNN12:
        listening = flops / rates["cnn12_listening_flops_per_s"]
        return listening + training_flops / rates["cnn12_training_flops_per_s"]
    listening = flops / rates["ast_listening_flops_per_s"]
    return listening + training_flops / rates["ast_training_flops_per_s"]


def learned_seconds(entry: dict, seconds: float) -> tuple[int, float]:
    """Return how many views of a clip a step of training hears, and how long each is.

    Args:
        entry: training and, if wanted, augmentation.
        seconds: length of the corpus's clips.
    """
    if contrast := entry["training"].get("contrast"):
        return 2, min(seconds, contrast["seconds"])
    crops = [s["seconds"] for s in entry.get("augmentation") or () if s["transform"] == "crop"]
    return 1, min(seconds, *crops) if crops else seconds


def kernels_started(run: Run, steps: float, seconds: float) -> float:
    """Return for how long a GPU waits for the kernels of steps, beyond the time it computes."""
    return max(0.0, steps * run.rates["gpu_step_s"] - seconds)


def _train_network(run: Run, instances: list[Instance]) -> Work:
    entries = run.config["networks"]
    works = [Work("", holds_gpu=True)]
    for network in (name for name in run.networks if "architecture" in entries[name]):
        corpus = entries[network]["corpus"]
        parts = (run.clips(corpus, split) for split in ("train", "validation"))
        works.append(training(run, network, *parts))
    counts = Counter(work.basis for work in works[1:])
    times = {basis: f"{number} times " if number > 1 else "" for basis, number in counts.items()}
    basis = "; ".join(f"{number}{text}" for text, number in times.items())
    return replace(reduce(add, works), basis=basis)


def _publish_network(run: Run, instances: list[Instance]) -> Work:
    entries = run.config["networks"]
    return weights_kept(run, [name for name in run.networks if "published" in entries[name]])


def _adopt_network(run: Run, instances: list[Instance]) -> Work:
    entries = run.config["networks"]
    return weights_kept(run, [name for name in run.networks if "module" in entries[name]])


def _start_network(run: Run, instances: list[Instance]) -> Work:
    return weights_kept(run, [name for name in run.networks if name in starting(run.config)])


def _judge_claims(run: Run, instances: list[Instance]) -> Work:
    cores = run.resamples * run.rates["judge_resample_s"]
    return Work(f"{run.resamples:,} resamples", cores=cores)


def _draw_figure(run: Run, instances: list[Instance]) -> Work:
    share = max(1.0, run.resamples / FIGURE_RESAMPLES)
    cores = run.jobs["draw_figure"] * run.rates["figure_s"] * share
    return Work(f"{run.resamples:,} resamples", cores=cores)


def brief(basis: str) -> Stage:
    """Return a stage of jobs that do little more than start."""
    return lambda run, instances: Work(basis)


STAGES: dict[str, Stage] = {
    "download_corpus": _downloading("download_corpus"),
    "download_segments": _downloading("download_segments"),
    "download_weights": _downloading("download_weights"),
    "audioset_tables": _audioset_tables,
    "audioset_tags": _audioset_tables,
    "gather_audioset": _gather_audioset,
    "build_corpus": _build_corpus,
    "train_network": _train_network,
    "publish_network": _publish_network,
    "adopt_network": _adopt_network,
    "start_network": _start_network,
    "download_recording": brief("one recording"),
    "recognise_recordings": brief("three recordings"),
    "check_names": brief("names compared"),
    "judge_claims": _judge_claims,
    "draw_figure": _draw_figure,
    "build_front_page": brief("the scorecard read"),
    "build_room": brief("the exhibits copied"),
    "build_report": brief("the figures packed"),
    "enforce_controls": brief("the scorecard read"),
}
