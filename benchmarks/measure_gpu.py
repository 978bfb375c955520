"""Measure what a GPU does, for `benchmarks/costs`, and our ways against the peers' on it.

Needs a CUDA device. The first part goes into `throughputs.yaml` below `measured_gpu`; the second
prints both times of every comparison and their ratio, measured in turns.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow")]

import numpy as np
import torch
import yaml
from bench_drsa import BLOCKS, STARTS, data, plain
from bench_sonification import algorithm_1
from bench_steering import STRENGTHS, hooked
from costs.size import size_of
from plain_cnn12 import PlainCNN12
from timing import compare
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from transformers import ASTConfig, ASTForAudioClassification

from tonotopy.frontends.registry import build as build_front_end
from tonotopy.networks.ast import AST
from tonotopy.networks.cnn12 import CNN12
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.relevance.attribution import component_heatmaps, component_relevance
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.subspaces import Ascent, ascend
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.sonification.deconvnet import Deconvnet
from tonotopy.studies.steering.sweep import sweep_ast
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.clips import Clips
from tonotopy.training.listening import hear
from tonotopy.training.shares import Share

GPU = torch.device("cuda")
PAPER = yaml.safe_load((ROOT / "workflow/scales/paper.yaml").read_text())["networks"]
TURNS = 10


def finished(work: Callable[[], object]) -> Callable[[], None]:
    """Return the work with a wait for its kernels, to be timed."""

    def waited() -> None:
        work()
        torch.cuda.synchronize()

    return waited


def mean_seconds(work: Callable[[], object], turns: int = TURNS) -> float:
    """Return the mean time of a call, after three that are not counted."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(turns):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - began) / turns


def bfloat16():
    """Return the precision in which networks are trained on a GPU."""
    return torch.autocast("cuda", dtype=torch.bfloat16)


def training_step(network: nn.Module, answer: Callable[[], torch.Tensor], loss: Callable):
    """Return a step of a training: forward, backward, AdamW."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-5)

    def step() -> None:
        optimiser.zero_grad()
        with bfloat16():
            value = loss(answer())
        value.backward()
        optimiser.step()

    return step


def ast_rates(batch: int = 32) -> dict[str, float]:
    """Operations per second of the AST of the paper scale: training, and listening in TF32."""
    front_end = {"rate": 22500, "n_fft": 1024, "frames": 1024}
    forward = batch * size_of("ast", {}, front_end, seconds=10.0, classes=10).flops
    network = AST(classes=10).to(GPU)
    clips = torch.randn(batch, 128, 1024, device=GPU)
    labels = torch.arange(batch, device=GPU) % 10
    step = training_step(network, lambda: network(clips), lambda out: cross_entropy(out, labels))
    trained = 3 * forward / mean_seconds(step)
    network.eval()
    with torch.no_grad():
        heard = forward / mean_seconds(lambda: network(clips))
    return {"ast_training_flops_per_s": trained, "ast_listening_flops_per_s": heard}


def cnn12_rates(batch: int = 128, samples: int = 40_000) -> dict[str, float]:
    """The same of study 4's network: a step on 128 clips of 5 s at 8 kHz."""
    entry = {"kind": "waveform", "rate": 8000}
    forward = batch * size_of("cnn12", {}, entry, seconds=samples / 8000, classes=527).flops
    network, sounds = CNN12(527).to(GPU), 0.1 * torch.randn(batch, samples, device=GPU)
    labels = (torch.rand(batch, 527, device=GPU) < 0.01).float()

    def loss(out: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_with_logits(out, labels)

    seconds = mean_seconds(training_step(network, lambda: network(sounds), loss))
    network.eval()
    with torch.no_grad():
        heard = forward / mean_seconds(lambda: network(sounds))
    return {
        "cnn12_training_flops_per_s": 3 * forward / seconds,
        "cnn12_listening_flops_per_s": heard,
        "cnn12_step_s": seconds,
    }


def genre_cnn_step(batch: int = 16) -> dict[str, float]:
    """A step of study 3's network on clips of 3 s, with augmentation and front end."""
    entry = PAPER["thesis_genre_cnn"]
    front_end = build_front_end(entry["front_end"]).to(GPU)
    transforms = steps(entry["augmentation"], entry["front_end"])
    network, draws = GenreCNN(10).to(GPU), torch.Generator().manual_seed(0)
    sounds = 0.1 * torch.randn(batch, 48_000, device=GPU)
    labels = torch.arange(batch, device=GPU) % 10
    clips = Clips(sounds, labels, Share.of(batch), 16000)

    def answer() -> torch.Tensor:
        return network(hear(clips, front_end, transforms, draws).sounds)

    step = training_step(network, answer, lambda out: cross_entropy(out, labels))
    return {"gpu_step_s": mean_seconds(step, 50)}


def compare_ast(batch: int = 32) -> None:
    """Our AST against transformers', training in bfloat16 and listening in TF32."""
    ours = AST(classes=10).to(GPU)
    theirs = ASTForAudioClassification(ASTConfig(num_labels=10, max_length=1024)).to(GPU)
    clips = torch.randn(batch, 128, 1024, device=GPU)
    labels = torch.arange(batch, device=GPU) % 10
    answers = {ours: lambda: ours(clips), theirs: lambda: theirs(clips.transpose(1, 2)).logits}

    def loss(out: torch.Tensor) -> torch.Tensor:
        return cross_entropy(out, labels)

    works = [finished(training_step(n, answer, loss)) for n, answer in answers.items()]
    compare(f"GPU: AST training step, {batch} clips, bf16", *works, TURNS, goal=1.05)
    ours.eval(), theirs.eval()
    with torch.no_grad():
        works = [finished(answer) for answer in answers.values()]
        compare(f"GPU: AST forward, {batch} clips, TF32", *works, TURNS, goal=1.05)


@torch.no_grad()
def compare_steering(clips: int = 32, vectors: int = 2) -> None:
    """A sweep of the paper's AST against hooks, one vector and one strength at a time."""
    network = AST(classes=10).to(GPU).eval()
    inputs = torch.randn(clips, 128, 1024, device=GPU)
    directions = torch.randn(vectors, 12, 768, device=GPU)
    strengths = STRENGTHS.to(GPU)
    expected = hooked(network, inputs, directions, strengths).unflatten(
        0, (vectors, len(strengths))
    )
    off = float((sweep_ast(network, inputs, directions, strengths).to(GPU) - expected).abs().max())
    ours = finished(lambda: sweep_ast(network, inputs, directions, strengths))
    theirs = finished(lambda: hooked(network, inputs, directions, strengths))
    compare(f"GPU: steering sweep (equal to {off:.0e})", ours, theirs, 5, goal=1.15)


def compare_cnn12(batch: int = 128, samples: int = 40_000) -> None:
    """A training step of the narrow CNN12 against the same with Conv1d."""
    from plain_cnn12 import CLASSES, narrow

    ours = narrow().to(GPU)
    theirs = PlainCNN12(ours).to(GPU)
    sounds = 0.1 * torch.randn(batch, samples, device=GPU)
    targets = (torch.rand(batch, CLASSES, device=GPU) < 0.1).float()

    def loss(out: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_with_logits(out, targets)

    works = [finished(training_step(n, lambda n=n: n(sounds), loss)) for n in (ours, theirs)]
    compare(f"GPU: CNN12 training step, {batch} clips of 5 s, bf16", *works, TURNS, goal=1.6)


def compare_relevance(clips: int = 16, components: int = 4, layer: str = "conv4") -> None:
    """Heatmaps of four components by one shared pass against five of zennit's."""
    network, rng = GenreCNN(10).to(GPU).eval(), np.random.default_rng(0)
    composite, path = parse("music"), network.layers[layer].path
    width = network.get_submodule(f"chain.{int(path.split('.')[1]) - 1}").out_channels
    spectrograms = torch.randn(clips, *network.input_shape, device=GPU)
    targets = torch.from_numpy(rng.integers(10, size=clips)).to(GPU)
    subspaces = torch.from_numpy(np.linalg.qr(rng.normal(size=(width, width)))[0]).float().to(GPU)

    def together() -> torch.Tensor:
        explained = LRP(network, composite).explain(spectrograms)
        return component_heatmaps(explained, layer, targets, subspaces, components)

    def apart() -> torch.Tensor:
        explained = Zennit(network, composite, {layer: path}).explain(spectrograms)
        known = explained.contexts(targets, [layer])
        state = known.activation[layer], known.context[layer]
        parts = component_relevance(*state, subspaces, components)
        return torch.cat([explained.descend(layer, p[:, None]) for p in parts.unbind(1)], 1)

    title = f"GPU: {components} component maps of {clips} clips at {layer}"
    compare(title, finished(together), finished(apart), TURNS, goal=5)


def compare_sonification(samples: int = 80_000, layer: str = "block8") -> None:
    """Sonifications of all maps of a layer of the full CNN12 against one map at a time."""
    network = CNN12(527).to(GPU).eval()
    deconvnet = Deconvnet(network, {layer: network.layers[layer]})
    depth = list(network.layers).index(layer) + 1
    blocks = nn.ModuleList(_plain_blocks(network, depth)).to(GPU)
    waveform = 0.1 * torch.randn(1, samples, device=GPU)
    maps = torch.arange(blocks[-1][0].out_channels)

    def together() -> torch.Tensor:
        with deconvnet.hear(waveform) as heard:
            return heard.sonify(layer, maps[None])[0]

    def one_by_one() -> torch.Tensor:
        return torch.cat([algorithm_1(blocks, waveform, int(number)) for number in maps])

    title = f"GPU: all {len(maps)} maps of {layer}, one clip of {samples / 8000:.0f} s"
    compare(title, finished(together), finished(one_by_one), 3, goal=5)


def _plain_blocks(network: CNN12, depth: int) -> list[nn.Module]:
    from plain_cnn12 import _plain

    return [_plain(block) for block in list(network.features)[:depth]]


def compare_drsa(steps: int = 30) -> None:
    """Steps of DRSA for all starts at once against one start at a time."""
    for size in ((9600, 128, 1), (9600, 32, 1)):
        activations, contexts, bases = (part.to(GPU) for part in data(*size))
        columns = activations.mT.contiguous(), contexts.mT.contiguous()

        def ours(columns: tuple = columns, bases: torch.Tensor = bases) -> None:
            ascend(*columns, bases, BLOCKS, Ascent(STARTS, 1.0, steps, 0.0))

        def theirs(a=activations, c=contexts, bases: torch.Tensor = bases) -> None:
            for basis in bases[0]:
                plain(a[0], c[0], basis, 1.0, steps)

        title = f"GPU: DRSA at D {size[1]}, {STARTS} starts, {steps} steps"
        compare(title, finished(ours), finished(theirs), 5, goal=3)


RATES = (ast_rates, cnn12_rates, genre_cnn_step)
COMPARISONS = (
    compare_ast,
    compare_steering,
    compare_cnn12,
    compare_relevance,
    compare_sonification,
    compare_drsa,
)


def main() -> None:
    """Print all rates, then all comparisons; one that fails says so, and the rest go on."""
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")  # as `inference.pick_device` does
    print(f"# {torch.cuda.get_device_name()}, torch {torch.__version__}")
    failed = []
    for measure in (*RATES, *COMPARISONS):
        try:
            for name, value in (measure() or {}).items():
                print(f"{name}: {value:.3g}", flush=True)
        except Exception as error:
            failed.append(measure.__name__)
            print(f"{measure.__name__} failed: {type(error).__name__}: {error}", flush=True)
        torch.cuda.empty_cache()
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
