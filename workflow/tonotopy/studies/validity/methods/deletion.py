"""Fall of a class's probability when the attribute's own stem is taken from the input."""

import numpy as np
import torch

from tonotopy.networks.containers import logits
from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.stems import mel_front_end, stemmed, without_stem

KIND = "intervention"


def matrix(bench: Bench) -> Scores:
    """Return, of every twin, p(whole) - p(without the stem).

    The stem is known: its share of every mel value is taken away, of networks that hear samples
    the stem itself. No separation of recorded music is as good.

    Raises:
        DoesNotApply: no parts are kept, the attribute has no stem, or the network hears neither a
            mel spectrogram nor samples.
    """
    raw = bench.bundle.front_end.raw
    front_end = bench.bundle.front_end if raw else mel_front_end(bench)
    parts, names = [], []
    for found in stemmed(bench):
        with torch.no_grad():
            whole = front_end(found.clips)
            rest = front_end(found.clips - found.stems) if raw else without_stem(front_end, found)
            heard = [bench.probabilities(logits(bench.bundle.network(x))) for x in (whole, rest)]
        parts.append(heard[0] - heard[1])
        names.append(found.base)
    return Scores(np.stack(parts)[None], "base score", tuple(names))
