"""The rules of study 7: interventions and patches, methods, marks.

Methods of a user's own, the closed-form directions (means, discriminants) and correlations of small
matrices are left out.
"""

from costs.run import Run
from costs.shared import Stage
from costs.work import Work
from tonotopy.instances import Instance
from tonotopy.studies.steering.study import class_corpus
from tonotopy.studies.validity.slopes import NULL_CLIPS

BACKWARD = 2  # a gradient's operations per operation of the forward pass
SLOPES = ("steering_probes", "steering_means", "steering_lda", "untrained")
NULLS = ("random", "random_covariance", "shuffled")
GRADIENTS = ("derivative", "tcav")


def _values(run: Run, corpus: str) -> int:
    """Return how many twins a base of a corpus has."""
    return run.clips(corpus) // sum(run.config["corpora"][corpus]["clips"].values())


def _forward(run: Run, entry: dict, corpus: str) -> float:
    """Return the operations of a forward pass of the network for a clip of a corpus."""
    return run.size(entry["network"], run.seconds(corpus)).flops


def _layers(run: Run, entry: dict, corpus: str) -> int:
    return len(run.size(entry["network"], run.seconds(corpus)).dims)


def _intervene(run: Run, instances: list[Instance]) -> Work:
    """Every twin through both copies; patches of every layer and of all at once."""
    flops = passes = 0
    for entry in (one.entry for one in instances):
        for corpus in entry["twins"].values():
            clips, values = run.clips(corpus), _values(run, corpus)
            bases = min(entry["patched"], clips // values)
            own = 2 * clips + bases * values * (_layers(run, entry, corpus) + 2)
            passes, flops = passes + own, flops + own * _forward(run, entry, corpus)
    return Work(f"{passes:,} forward passes of twins", flops=flops, holds_gpu=True)


def _run_methods(run: Run, instances: list[Instance]) -> Work:
    """Steered passes, gradients of every class, and probes of shuffled labels."""
    flops = passes = fits = 0
    for entry in (one.entry for one in instances):
        steered = run.config["steering"][entry["steering"]]
        corpus, twins = class_corpus(steered, run.config), entry["twins"][entry["attribute"]]
        values, outputs = _values(run, twins), run.outputs(entry["network"])
        near = sum(abs(s) <= steered["slope_range"] for s in steered["strengths"])
        clips, methods = min(entry["clips"], run.clips(corpus, "test")), entry["methods"]
        nulls = entry["nulls"] * values
        own = sum(name in methods for name in SLOPES) * clips * values * near
        own += sum(name in methods for name in NULLS) * min(NULL_CLIPS, clips) * nulls * 2
        gradients = 1 + BACKWARD * outputs
        own += sum(name in methods for name in GRADIENTS) * clips * gradients
        if entry.get("parts"):
            parts = run.clips(entry["parts"])
            own += ("attribution" in methods) * parts * gradients + (
                "deletion" in methods
            ) * 2 * parts
        own += ("patching" in methods) * 2 * min(entry["patched"], run.clips(twins)) * values
        passes, flops = passes + own, flops + own * _forward(run, entry, corpus)
        fits += ("shuffled" in methods) * nulls * _layers(run, entry, corpus)
    basis = f"{passes:,} forward passes, {fits:,} probes of shuffled labels"
    return Work(basis, flops=flops, cores=fits * run.rates["binary_probe_s"], holds_gpu=True)


def _mark_methods(run: Run, instances: list[Instance]) -> Work:
    methods = sum(len(one.entry["methods"]) for one in instances)
    return Work(f"{methods} methods, {run.resamples:,} resamples")


STAGES: dict[str, Stage] = {
    "intervene": _intervene,
    "run_methods": _run_methods,
    "mark_methods": _mark_methods,
}
