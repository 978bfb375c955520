"""Known answers of published weights: do they hear the violin, the trumpet and the bird?

Weights that load, and whose shapes are right, may still be heard through a wrong front end, or
under the names of other classes. These recordings would then not be recognised.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import normalize

from tonotopy.corpora.audio import limit_peak, read_audio
from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.captions import CaptionEncoder, from_clap
from tonotopy.networks.checkpoints import read_weights
from tonotopy.networks.containers import logits
from tonotopy.networks.fitting import check_fit
from tonotopy.networks.recordings import CALLED, PROMPT, RECORDINGS, TOP_CALLED, TOP_TAGS

COLUMNS = [
    *("published", "kind", "recording", "expected", "rank", "classes", "within", "score"),
    *("first", "reason"),
]


def heard(path: str | Path, rate: int, seconds: float | None) -> np.ndarray:
    """Return the middle of a recording at a rate, float32 of shape (samples,), at most so long.

    Shorter ones stay as they are: what is added is the front end's matter.
    """
    samples = limit_peak(read_audio(path, rate))
    length = len(samples) if seconds is None else round(seconds * rate)
    first = max(0, len(samples) - length) // 2
    return samples[first : first + length]


def rank_of(scores: np.ndarray, position: int) -> int:
    """Return the place of one score among all, 1 for the highest; equal ones count as higher."""
    return int((scores >= scores[position]).sum())


@torch.no_grad()
def recognise(
    bundle: Bundle, recordings: dict[str, str | Path], texts: CaptionEncoder | None = None
) -> pd.DataFrame:
    """Return at which place a published network names what is heard in each recording.

    Args:
        bundle: of the published network.
        recordings: name -> file; names are those of `recordings.RECORDINGS`.
        texts: the text encoder of a network that answers by a vector in the space of texts; None
            elsewhere.

    Returns:
        A row per recording with COLUMNS. kind: ``tags`` (probabilities of the network's own
        classes), ``zero_shot`` (cosines with texts) or "" where it names nothing; expected: name of
        a class; rank: 1 for the highest score, NaN where it was not run; classes: how many were
        ranked; within: the rank that is asked for; first: the class with the highest score; reason:
        why it was not run, or "".
    """
    if bundle.classes:
        kind, names, within, answer = "tags", bundle.classes, TOP_TAGS, _tag(bundle)
    elif texts is not None:
        kind, names, within = "zero_shot", list(CALLED), TOP_CALLED
        answer = _compare(bundle, texts)
    else:
        return _nameless(bundle, recordings)
    about, rows = bundle.info["published"], []
    shared = {"published": about["name"], "kind": kind, "classes": len(names), "within": within}
    for name, path in recordings.items():
        expected = RECORDINGS[name].tag if kind == "tags" else name
        samples = torch.from_numpy(heard(path, bundle.rate, about["seconds"]))[None]
        answers = answer(bundle.front_end(samples.to(bundle.device)))[0].float().cpu()
        position, scores = _position(names, expected, about["name"]), answers.numpy()
        shown = answers.sigmoid() if kind == "tags" else answers
        found = {"rank": rank_of(scores, position), "score": float(shown[position])}
        found["first"] = names[int(scores.argmax())]
        rows.append({**shared, "recording": name, "expected": expected, **found, "reason": ""})
    return pd.DataFrame(rows, columns=COLUMNS).astype({"rank": float})


def _nameless(bundle: Bundle, recordings: dict[str, str | Path]) -> pd.DataFrame:
    """Return the rows of a network that cannot be asked."""
    reason = "the published weights end in an embedding, which names no class"
    shared = {"published": bundle.info["published"]["name"], "kind": "", "first": ""}
    shared |= {"rank": np.nan, "score": np.nan, "classes": 0, "within": 0, "reason": reason}
    rows = [{**shared, "recording": n, "expected": RECORDINGS[n].tag} for n in recordings]
    return pd.DataFrame(rows, columns=COLUMNS)


def _tag(bundle: Bundle) -> Callable[[Tensor], Tensor]:
    return lambda inputs: logits(bundle.network(inputs))


def _compare(bundle: Bundle, texts: CaptionEncoder) -> Callable[[Tensor], Tensor]:
    told = texts([PROMPT.format(name) for name in CALLED])
    return lambda inputs: normalize(bundle.network(inputs), dim=-1) @ told.T


def _position(names: list[str], expected: str, network: str) -> int:
    if expected not in names:
        raise InputError(f"published network '{network}' has no class '{expected}'")
    return names.index(expected)


def caption_encoder(
    weights: str | Path, vocabulary: str | Path, projection: int, sizes: dict
) -> CaptionEncoder:
    """Return the text encoder of a CLAP checkpoint, in evaluation mode.

    Args:
        weights: the published file, with both sides.
        vocabulary: BERT's word pieces.
        projection: size of the common space.
        sizes: of BERT where they are not bert-base's.

    Raises:
        InputError: the weights cannot be read, or are not those of such a text encoder.
    """
    encoder = CaptionEncoder(vocabulary, projection, sizes)
    try:
        state = from_clap(read_weights(weights))
        check_fit(state, encoder.state_dict())
    except InputError as error:
        raise InputError(f"{weights}: no text encoder of CLAP ({error})") from error
    encoder.load_state_dict(state, strict=True)
    return encoder.eval()
