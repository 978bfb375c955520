"""The study's method."""

import numpy as np
import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.inference import network_inputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.tracing import read


def level_table(bundle: Bundle, corpus: Corpus) -> pd.DataFrame:
    """Return clip, level (RMS, dB) and answer (norm of the first layer's vector) of test clips."""
    positions, answers = corpus.indices("test"), []
    first = dict(list(bundle.layers.items())[:1])
    for _, inputs in network_inputs(bundle, corpus, positions):
        vectors, _ = read(bundle.network, first, inputs)
        (vector,) = vectors.values()
        answers.append(vector.detach().norm(dim=1).numpy())
    power = np.square(corpus.waveforms(positions)).mean(axis=1)
    columns = {"level": 10 * np.log10(power), "answer": np.concatenate(answers)}
    return pd.DataFrame({"clip": corpus.clips[positions], **columns})
