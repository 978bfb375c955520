"""What study 1 computes, as plain loops."""

from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.stats import t
from tables_of_hierarchy import groups_of

from tonotopy.evidence.resampling import Bootstrap, bootstrap_weights
from tonotopy.seeding import generator

CLIPS, RESAMPLES = 200, 200
BOOTSTRAP = Bootstrap(RESAMPLES, 0.95, seed=0)


def answers(tables, network, task, k=5, **keys):
    """Which clips were right, (layers, clips), read without the class that is tested."""
    rows = pd.read_parquet(tables.paths["correct"])
    wanted = {
        "network": network,
        "task": task,
        "copy": "trained",
        "length": "whole",
        "folds": "paper",
        "probe": "knn",
        "labels": "true",
        "shuffle": 0,
        "k": k,
        **keys,
    }
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return np.array(rows.sort_values("position")["correct"].to_list())


def normal_quantile(share):
    return NormalDist().inv_cdf(share)


def widening(groups):
    """How much wider the interval of a mean of few groups is (Student's, and n - 1 for n)."""
    return (groups / (groups - 1)) ** 0.5 * t.ppf(0.975, groups - 1) / normal_quantile(0.975)


def resampled(right, task, groups=None, seed=0):
    """Accuracies per resample: each group is weighed by how often it was drawn."""
    groups = groups_of(task, right.shape[1]) if groups is None else groups
    names = list(dict.fromkeys(groups))
    factor = widening(len(names))
    rng = generator(seed, "profile", task)
    for counts in bootstrap_weights(len(names), RESAMPLES, rng):
        weight = {name: 1 + factor * (n - 1) for name, n in zip(names, counts, strict=True)}
        of_clips = [weight[group] for group in groups]
        total = sum(of_clips)
        yield [
            sum(w for w, hit in zip(of_clips, layer, strict=True) if hit) / total for layer in right
        ]


def best_over_best(data, draws, first, second):
    """The best of some values minus the best of others, its interval and its draws.

    Args:
        data: the values.
        draws: the same of every resample.
        first: places of some of them.
        second: places of the others.
    """

    def lower(these, those):
        factor = normal_quantile(0.025 / len(these)) / normal_quantile(0.025)
        candidates = []
        for j in these:
            own = data[j] - max(data[i] for i in those)
            margins = [draw[j] - max(draw[i] for i in those) for draw in draws]
            wide = [own + factor * (margin - own) for margin in margins]
            candidates.append((np.quantile(wide, 0.025), wide))
        return max(candidates, key=lambda candidate: candidate[0])

    low, wide = lower(first, second)
    high, _ = lower(second, first)
    value = max(data[j] for j in first) - max(data[i] for i in second)
    return value, low, -high, wide


def depth(layer, layers):
    return layer / (layers - 1)


def literal_centre(accuracy, chance):
    mass = [max(a - chance, 0) for a in accuracy]
    return sum(m * depth(i, len(mass)) for i, m in enumerate(mass)) / sum(mass)


def literal_correlation(first, second, first_draws, second_draws, factor):
    """Correlations over layers of two profiles without the clips' noise: data, then resamples.

    Args:
        first: accuracies of the layers.
        second: likewise.
        first_draws: the same of every resample.
        second_draws: likewise.
        factor: by which resamples deviate more than plain counts would.
    """

    def covariance(a, b):
        mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
        return sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / (len(a) - 1)

    def centred(draws):
        mean = np.mean(draws, axis=0)
        return [np.array(draw) - mean for draw in draws]

    def noise(a, b):
        return np.mean([covariance(x, y) for x, y in zip(centred(a), centred(b), strict=True)])

    noises = {
        "ab": noise(first_draws, second_draws),
        "aa": noise(first_draws, first_draws),
        "bb": noise(second_draws, second_draws),
    }

    def correlation(a, b, times):
        ab = covariance(a, b) - times * noises["ab"]
        aa, bb = covariance(a, a) - times * noises["aa"], covariance(b, b) - times * noises["bb"]
        return min(1, max(-1, ab / (aa * bb) ** 0.5)) if aa > 0 and bb > 0 else np.nan

    once = 1 / factor**2
    pairs = zip(first_draws, second_draws, strict=True)
    return [correlation(first, second, once), *(correlation(a, b, 1 + once) for a, b in pairs)]
