"""Measure what one core does in a second, stage by stage, for `benchmarks/costs`.

Each rate is processor time of one thread, so that a busy machine changes it little. What is printed
goes into `throughputs.yaml` below `measured`.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

import importlib

import numpy as np
import pandas as pd
import rates_of_maps
import soundfile
import torch
import yaml
from costs.size import size_of
from study_tables import table_paths
from tables_of_hierarchy import HIERARCHY, hierarchy_tables
from tables_of_steering import SETTINGS, steering_tables
from threadpoolctl import threadpool_limits
from timing import core_seconds
from torch.nn.functional import cross_entropy

from tonotopy.config import read_schema
from tonotopy.corpora.audioset.segments import Reading, read
from tonotopy.corpora.folder import build
from tonotopy.corpora.settings import FolderSettings
from tonotopy.drawing.style import read_source
from tonotopy.evidence.claims import read_claims
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.registry import build as build_front_end
from tonotopy.networks.ast import AST
from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds
from tonotopy.probes.linear import fit_linear
from tonotopy.similarity.features import PROBED
from tonotopy.sonification.residuals import filtered_like
from tonotopy.sonification.spectra import (
    flatness,
    high_share,
    mean_top_coherence,
    power_spectrum,
)
from tonotopy.studies.hierarchy import statistics as of_hierarchy
from tonotopy.studies.hierarchy.probing import ProbeSettings, probe_layer
from tonotopy.studies.hierarchy.summaries import centres, profiles
from tonotopy.studies.similarity.assembling import COMPARED
from tonotopy.studies.steering import plans
from tonotopy.studies.steering import statistics as of_steering
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix
from tonotopy.studies.steering.probing import ProbeData, ProbeOptions, fit_binary
from tonotopy.studies.steering.study import STUDY as STEERING
from tonotopy.surrogates import phase_randomised
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.clips import Clips
from tonotopy.training.listening import hear
from tonotopy.training.shares import Share

CLIPS, CLASSES, KS = 1800, 12, (*range(1, 10), 20, 50, 100)  # of the largest task of study 1
RESAMPLES = 1000
BOOTSTRAP = Bootstrap(RESAMPLES, 0.95, seed=0)


def ast_flops() -> float:
    """Forward and backward of one clip through the AST of the paper scale."""
    front_end = {"rate": 22500, "n_fft": 1024, "frames": 1024}
    forward = size_of("ast", {}, front_end, seconds=10.0, classes=10).flops
    network, clip = AST(classes=10), torch.randn(1, 128, 1024)
    taken = core_seconds(lambda: cross_entropy(network(clip), torch.tensor([3])).backward())
    return 3 * forward / taken


def front_end_clip() -> float:
    """Log-mel of a clip of 10 s."""
    front_end = LogMel(LogMelSettings(rate=22500, n_fft=1024, mels=128, frames=1024))
    sounds = torch.randn(16, 225_000)
    return core_seconds(lambda: front_end(sounds)) / 16


def augmented_clip() -> float:
    """Augmentation and log-mel of 10 s of sound, in clips of 3 s, as study 3 trains."""
    paper = yaml.safe_load((ROOT / "workflow/scales/paper.yaml").read_text())
    network = paper["networks"]["thesis_genre_cnn"]
    transforms = steps(network["augmentation"], network["front_end"])
    sounds, rng = 0.1 * torch.randn(16, 48_000), torch.Generator().manual_seed(0)
    clips = Clips(sounds, torch.arange(16) % 10, Share.of(16), 16000)
    front_end = build_front_end(network["front_end"])
    turns = 10
    taken = core_seconds(lambda: [hear(clips, front_end, transforms, rng) for _ in range(turns)])
    return taken / (turns * 16) * 10 / 3


def corpus_clip() -> float:
    """Decode a flac clip of 10 s in stereo, resample it, check it and write it."""
    clips, rng = 40, np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "in"
        for number in range(clips):
            place = root / "ab"[number % 2] / f"{number}.flac"
            place.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(place, rng.normal(0, 0.1, (441_000, 2)), 44100)
        settings = FolderSettings(str(root), 22500, 10.0)
        return core_seconds(lambda: build(Path(folder) / "out", settings, workers=1)) / clips


def segment_row() -> float:
    """One row of AudioSet's csv files."""
    rows = 100_000
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "segments.csv"
        place.write_text(
            "".join(f'{n:011d}, 0.000, 10.000, "/m/09x0r,/t/dd00088"\n' for n in range(rows))
        )
        return core_seconds(lambda: list(read(place, "unbalanced", Reading()))) / rows


def binary_probe() -> float:
    """A binary probe on 500 clips at width 768, as in bench_probes.py."""
    rng = np.random.default_rng(0)
    labels = np.arange(4000) % 8
    tokens = rng.normal(size=(4000, 2, 768)) + 0.2 * rng.normal(size=(8, 2, 768))[labels]
    names, splits = labels.astype(str).astype(object), np.full(4000, "train", dtype=object)
    activations = {f"layer{k}": tokens[:, k].astype(np.float32) for k in range(2)}
    concepts = [f"c{i}" for i in range(8)]
    data = ProbeData(activations, np.arange(4000), labels, splits, names, names, concepts)
    options = ProbeOptions(4, 2, 250, 0.1)
    return core_seconds(lambda: fit_binary(data, data, options, 0, "trained")) / (8 * 2 * 4)


def multiclass_probe() -> float:
    """A probe over 8 concepts, per training clip at width 768."""
    rng, clips = np.random.default_rng(0), 4000
    labels = np.arange(clips) % 8
    tokens = rng.normal(size=(clips, 768)) + 0.2 * rng.normal(size=(8, 768))[labels]
    with threadpool_limits(1):
        return core_seconds(lambda: fit_linear(tokens.astype(np.float32), labels, 0.1)) / clips


def layer_probes() -> dict[str, float]:
    """All probes on one layer's distances: neighbours, linear, and the shuffled labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(CLIPS) % CLASSES
    vectors = rng.normal(size=(CLIPS, 512)) + 0.3 * rng.normal(size=(CLASSES, 512))[labels]
    squared = squared_distances(vectors.astype(np.float32))
    corpus = SimpleNamespace(
        labels=labels, groups=np.arange(CLIPS).astype(str), name="x", clips=np.arange(CLIPS)
    )
    fold = {kind: folds(labels, corpus.groups, kind) for kind in ("paper", "grouped")}

    def run(penalty, shuffles, null):
        settings = ProbeSettings(KS, inverse_penalty=penalty, shuffles=shuffles)
        return core_seconds(lambda: probe_layer(squared, corpus, fold, settings, True, null))

    with threadpool_limits(1):
        neighbours = run(None, 0, False)
        linear = run(10.0, 0, False) - neighbours
        shuffled = run(None, 10, True) - neighbours
    return {"neighbours": neighbours, "linear": linear, "shuffled": shuffled}


def curve() -> float:
    """Intervals of one curve (12 layers, 12 ks) over clips, per resample and clip."""
    rng = np.random.default_rng(0)
    keys = {
        "network": "n",
        "family": "ast",
        "task": "t",
        "level": "low",
        "copy": "trained",
        "length": "whole",
        "folds": "paper",
        "probe": "knn",
        "labels": "true",
        "classes": CLASSES,
        "dims": 10,
        "seconds": 1.0,
    }
    table = pd.DataFrame(
        [
            {
                **keys,
                "layer": f"layer{i}",
                "position": i,
                "k": k,
                "correct": rng.random(CLIPS) < 0.5,
            }
            for i in range(12)
            for k in KS
        ]
    )
    with threadpool_limits(1):
        taken = core_seconds(lambda: (profiles(table, BOOTSTRAP), centres(table, BOOTSTRAP)))
    return taken / (RESAMPLES * CLIPS)


def slopes() -> tuple[float, float]:
    """Slopes per row of a sweep; intervals per resample, clip and cell of the matrix."""
    rng, clips, concepts = np.random.default_rng(0), 2000, 4
    names = [f"k{c}" for c in range(concepts)], np.linspace(-0.3, 0.3, 7), range(clips), range(10)
    index = pd.MultiIndex.from_product(names, names=["concept", "strength", "clip", "class"])
    table = pd.DataFrame({"probability": rng.random(len(index))}, index=index).reset_index()
    table = table.assign(label=table["clip"] % 10, vectors="concept", layer=-1, collapsed=False)
    found = []
    per_row = core_seconds(lambda: found.append(clip_slopes(table, 0.3))) / len(table)
    with threadpool_limits(1):
        taken = core_seconds(lambda: slope_matrix(found[0], None, BOOTSTRAP))
    return per_row, taken / (RESAMPLES * clips * concepts * 10)


def sweep_row() -> tuple[float, float]:
    """What a row of a sweep's table costs beside the network, and its bytes on the disk."""
    clips, strengths = 1000, np.linspace(-1, 1, 21)
    names = np.array([f"video{i:07d}" for i in range(clips)], dtype=object)
    corpus = SimpleNamespace(clips=names, labels=np.arange(clips) % 10, classes=list("abcdefghij"))
    network = SimpleNamespace(parameters=lambda: iter([torch.zeros(1)]))
    bundle = SimpleNamespace(network=network, classes=corpus.classes, layers={})
    outcome = torch.randn(4, 21, clips, 10).softmax(dim=-1)
    # the network's part is left out: it is counted in operations
    plans.network_inputs, plans.sweep = (lambda *_: [(0, None)]), (lambda *_: outcome)
    found, plan = [], plans.Plan("concept", -1, list("wxyz"), {})
    given = bundle, corpus, np.arange(clips), plan, strengths, plans.Answers()
    taken = core_seconds(lambda: found.append(plans.sweep_table(*given)))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "sweep.parquet"
        taken += core_seconds(lambda: found[0].to_parquet(place, index=False))
        return taken / len(found[0]), place.stat().st_size / len(found[0])


def evidence() -> dict[str, float]:
    """Judging all claims, per resample; drawing the steering curves, the slowest figure."""
    claims = read_claims(
        {name: ROOT / f"workflow/claims/{name}.yaml" for name in ("hierarchy", "steering")},
        read_schema(ROOT / "workflow/schemas/claims.schema.yaml"),
    )
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        steering = steering_tables(Path(folder) / "steering", clips=CLIPS)
        layers = hierarchy_tables(Path(folder) / "layers", clips=CLIPS)
        instances = [
            Instance(
                study,
                name,
                module.Tables(table_paths(tables), settings, BOOTSTRAP),
                module.STATISTICS,
            )
            for study, name, module, tables, settings in (
                ("hierarchy", "layers", of_hierarchy, layers, HIERARCHY),
                ("steering", "world", of_steering, steering, SETTINGS),
            )
        ]
        judged = core_seconds(lambda: judge(claims, instances, {}, "paper"))
        name = "figure-3.4-steering"
        figure = STEERING.figures[name]
        sources = {table: read_source(steering / f"{table}.parquet") for table in figure.sources}
        about = {**SETTINGS, "resamples": RESAMPLES, "confidence": 0.95, **figure.options}
        draw = importlib.import_module(STEERING.figure_module(name)).draw
        drawn = core_seconds(lambda: draw(sources, about))
    return {"judge_resample_s": judged / RESAMPLES, "figure_s": drawn}


def starting() -> float:
    """A script of the workflow before it does anything: Snakemake, torch and the package."""
    before = os.times()
    code = "import snakemake.script, torch, pandas, tonotopy.training.fit"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow", check=True)
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - (before.children_user + before.children_system)
    )


def sonified_clips() -> dict[str, float]:
    """A sonification of 10 s at 8 kHz: spectra and coherences; phases and filters drawn from it."""
    rng, clips = np.random.default_rng(0), 16
    sounds, sonified = rng.normal(0, 0.1, (2, clips, 80_000)).astype(np.float32)

    def compare():
        for other in (sonified, np.roll(sonified, 1, axis=0)):
            mean_top_coherence(sounds, other, 256, 5)
        spectrum = power_spectrum(sonified, 256)
        high_share(spectrum), flatness(spectrum)

    def alter():
        phase_randomised(sonified, rng), filtered_like(sounds, sounds - sonified)

    compared, altered = core_seconds(compare) / clips, core_seconds(alter) / clips
    return {"coherence_clip_s": compared, "altered_clip_s": altered}


def main() -> None:
    """Print every rate."""
    torch.set_num_threads(1)
    per_row, per_cell = slopes()
    row, size = sweep_row()
    found = {
        "core_flops_per_s": ast_flops(),
        "front_end_clip_s": front_end_clip(),
        "augmented_clip_s": augmented_clip(),
        "corpus_clip_s": corpus_clip(),
        "segment_row_s": segment_row(),
        "binary_probe_s": binary_probe(),
        "multiclass_probe_clip_s": multiclass_probe(),
        **{f"layer_{name}_s": value for name, value in layer_probes().items()},
        "curve_s": curve(),
        "sweep_row_s": row,
        "sweep_row_bytes": size,
        "slope_row_s": per_row,
        "slope_cell_s": per_cell,
        **evidence(),
        **sonified_clips(),
        "features_clip_s": rates_of_maps.described(COMPARED),
        "probed_features_clip_s": rates_of_maps.described(PROBED),
        "residual_cell_s": rates_of_maps.residuals(),
        "null_pair_s": rates_of_maps.permutations(),
        "ridge_flops_per_s": rates_of_maps.ridge(),
        "filtered_s": rates_of_maps.filtered(),
        "band_level_s": rates_of_maps.levels(),
        "pitched_frame_s": rates_of_maps.pitches(),
        "ica_round_s": rates_of_maps.independent(),
        "dictionary_s": rates_of_maps.dictionary(),
        "job_s": starting(),
    }
    for name, value in found.items():
        print(f"{name}: {value:.3g}")


if __name__ == "__main__":
    main()
