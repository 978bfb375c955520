"""What networks make of the corpus that they were trained to tag."""

import numpy as np
import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.inference import outputs
from tonotopy.networks.bundle import Bundle


def tagging_table(bundle: Bundle, corpus: Corpus, split: str = "test") -> pd.DataFrame:
    """Return a row per clip and class: clip, class, target, score (the logit).

    Args:
        bundle: a network with the corpus's classes.
        corpus: a tagging corpus.
        split: train, validation or test.

    Raises:
        InputError: the network has other classes.
    """
    if bundle.classes != corpus.classes:
        raise InputError(f"corpus {corpus.name}: the network tags other classes")
    indices = corpus.indices(split)
    return pd.DataFrame(
        {
            "clip": np.repeat(corpus.clips[indices], len(corpus.classes)),
            "class": np.tile(np.array(corpus.classes, dtype=object), len(indices)),
            "target": corpus.targets[indices].ravel(),
            "score": outputs(bundle, corpus, indices).ravel(),
        }
    )
