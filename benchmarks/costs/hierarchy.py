"""The rules of study 1: layers probed, their curves summarised."""

from costs.run import Run
from costs.shared import Stage, brief, weights_kept
from costs.work import FLOAT, Work
from tonotopy.instances import Instance

PROBED = 1800  # clips that the rates of the layer probes are for


def _untrained_network(run: Run, instances: list[Instance]) -> Work:
    return weights_kept(run, dict.fromkeys(n for one in instances for n in one.entry["networks"]))


def _probed(run: Run, entry: dict) -> list[tuple[str, int, list[float]]]:
    """Return network, clips of a task and the lengths of clips in seconds, for every pair."""
    pairs = []
    for network in entry["networks"]:
        for task in entry["tasks"].values():
            whole, second = run.seconds(task["corpus"]), entry["second"]
            lengths = [whole] if second is None or second >= whole else [whole, second]
            pairs.append((network, run.clips(task["corpus"]), lengths))
    return pairs


def _probe_seconds(run: Run, entry: dict, cut: bool) -> float:
    """Return the processor seconds of all probes of a layer with PROBED clips, both folds."""
    neighbours = 2 * run.rates["layer_neighbours_s"]
    if cut:
        return neighbours
    linear = run.rates["layer_linear_s"] * (entry["inverse_penalty"] is not None)
    shuffled = run.rates["layer_shuffled_s"] * entry["shuffles"] / 10
    return neighbours + (2 * linear + shuffled)


def _probe_layers(run: Run, instances: list[Instance]) -> Work:
    """A network and its copy, whole clips and cut ones; both kinds of folds at once."""
    flops, cores, moved, largest, layers = 0.0, 0.0, 0.0, 0.0, 0
    for entry in (one.entry for one in instances):
        for network, clips, lengths in _probed(run, entry):
            for position, seconds in enumerate(lengths):
                size = run.size(network, seconds)
                vectors = FLOAT * clips * sum(size.dims)
                flops += 2 * (clips * size.flops + 2 * clips**2 * sum(size.dims))
                probes = _probe_seconds(run, entry, cut=position > 0)
                cores += len(size.dims) * (clips / PROBED) ** 2 * probes
                moved, largest = moved + 2 * vectors, max(largest, vectors)
                layers += 2 * len(size.dims)
    return Work(
        f"{layers:,} layers, {moved / 1e9:,.0f} GB of vectors in passing",
        flops=flops,
        cores=cores,
        waiting=2 * moved / run.rates["disk_bytes_per_s"],
        kept=round(largest),
        holds_gpu=True,
    )


def _probe_controls(run: Run, instances: list[Instance]) -> Work:
    total = cores = 0.0
    for task in (task for one in instances for task in one.entry["tasks"].values()):
        clips, seconds = run.clips(task["corpus"]), run.seconds(task["corpus"])
        total += clips
        cores += clips * run.rates["front_end_clip_s"] * seconds / 5
        cores += 2 * (clips / PROBED) ** 2 * run.rates["layer_neighbours_s"]
    return Work(f"{total:,.0f} clips through two networks that are known", cores=cores)


def _score_tagging(run: Run, instances: list[Instance]) -> Work:
    flops = 0
    for entry in (one.entry for one in instances):
        if entry["tagging"] is not None:
            clips, seconds = run.clips(entry["tagging"], "test"), run.seconds(entry["tagging"])
            flops += sum(2 * clips * run.size(n, seconds).flops for n in entry["networks"])
    return Work("the test clips of the corpus of tags", flops=flops)


def _summarise_layers(run: Run, instances: list[Instance]) -> Work:
    curves = cells = 0
    for entry in (one.entry for one in instances):
        both = 2 * len(entry["folds"])  # trained and untrained
        linear = both * (entry["inverse_penalty"] is not None)
        for _, clips, lengths in _probed(run, entry):
            curves += both * len(lengths) + linear
            cells += (both * len(lengths) + linear) * clips
    cores = cells * run.resamples * run.rates["curve_s"]
    return Work(f"{curves} curves, {run.resamples:,} resamples", cores=cores)


STAGES: dict[str, Stage] = {
    "untrained_network": _untrained_network,
    "probe_layers": _probe_layers,
    "probe_controls": _probe_controls,
    "score_tagging": _score_tagging,
    "join_known_answers": brief("three recordings a network"),
    "summarise_layers": _summarise_layers,
}
