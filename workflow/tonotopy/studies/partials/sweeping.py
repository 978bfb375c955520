"""What directions of a network answer to tones and complexes, and which of them pass each step."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches
from tonotopy.errors import InputError
from tonotopy.partials import steps
from tonotopy.partials.directions import UNIT, directions
from tonotopy.partials.natural import frame_levels
from tonotopy.partials.stimuli import COMPLEXES, F0S, TONE, audible, levels, midi, partials, sounds
from tonotopy.studies.partials.following import Natural, natural_answers
from tonotopy.studies.partials.framing import training_frames
from tonotopy.studies.partials.hearing import activations, silence, within

CUT = 0.1  # of a tone at either end, where it begins and ends
BATCH = 64  # sounds
F0 = np.arange(F0S[0], F0S[1] + 1)  # MIDI numbers of complexes


class Stimuli(NamedTuple):
    """Tones and complexes for a sampling rate.

    Attributes:
        semitones: of the tones; those of the complexes are `F0`.
        sounds: stimulus -> float32, (stimuli, samples).
        levels: complex -> dB at the tones' semitones, (complexes, tones).
    """

    semitones: np.ndarray
    sounds: dict[str, np.ndarray]
    levels: dict[str, np.ndarray]


def stimuli(tones: Mapping, rate: int, seed: int) -> Stimuli:
    """Return the stimuli of an entry's ``tones`` (low, high, seconds) for a sampling rate."""
    semitones = audible(tones["low"], tones["high"], rate)
    about = {TONE: partials(TONE, semitones, rate)}
    about |= {kind: partials(kind, F0, rate) for kind in COMPLEXES}
    made = {k: sounds(own, tones["seconds"], rate, seed, k) for k, own in about.items()}
    return Stimuli(semitones, made, {kind: levels(about[kind], semitones) for kind in COMPLEXES})


def sound_levels(ear: Ear, heard: np.ndarray, still: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the level of every direction over the middle of sounds, see `natural.frame_levels`.

    The first and last tenth of the positions are left out: there tones fade, and filters reach
    beyond their ends. Sounds are heard batch by batch, all directions at once.

    Args:
        ear: the network.
        heard: shape (sounds, samples).
        still: activations in silence of that length, shape (width,).
        vectors: directions, shape (directions, width).

    Returns:
        Float64, shape (directions, sounds).
    """
    parts = []
    for batch in even_batches(np.arange(len(heard)), BATCH):
        given = activations(ear, torch.from_numpy(heard[batch]).to(ear.device))
        middle = within(given, CUT).cpu().numpy()
        parts.append(frame_levels(middle, still, vectors, middle.shape[1])[:, 0].T)
    return np.concatenate(parts, axis=1)


class Directions(NamedTuple):
    """Directions of a network, of several kinds.

    Attributes:
        kinds: of each direction, shape (directions,).
        numbers: of each among those of its kind, shape (directions,).
        vectors: shape (directions, width).
    """

    kinds: np.ndarray
    numbers: np.ndarray
    vectors: np.ndarray


def fitted_directions(kinds: list[str], frames: np.ndarray, seed: int) -> Directions:
    """Return the directions of a network.

    Args:
        kinds: of directions, see `directions.KINDS`.
        frames: of natural sound that they are fitted to, shape (frames, width); for units its width
            alone matters.
        seed: of the run.
    """
    own = {kind: directions(kind, frames, seed) for kind in kinds}
    return Directions(
        np.repeat(list(own), [len(v) for v in own.values()]),
        np.concatenate([np.arange(len(v)) for v in own.values()]),
        np.concatenate(list(own.values())),
    )


class Found(NamedTuple):
    """Directions of a network and what they answer.

    Attributes:
        kinds: see `Directions`, as the next.
        numbers: of each among those of its kind.
        responses: stimulus -> levels, (directions, stimuli).
        sweep: of the tones.
    """

    kinds: np.ndarray
    numbers: np.ndarray
    responses: dict[str, np.ndarray]
    sweep: steps.Sweep


def found_answers(own: Directions, responses: dict[str, np.ndarray]) -> Found:
    """Return directions with what they answer: stimulus -> `sound_levels`."""
    return Found(own.kinds, own.numbers, responses, steps.sweep(responses[TONE]))


def response_table(found: Found, heard: Stimuli, about: dict) -> pd.DataFrame:
    """Return every response: levels.

    Returns:
        Columns of ``about``, kind, direction, stimulus, semitone (of a complex: its fundamental's)
        and response.
    """
    parts = []
    for stimulus, responses in found.responses.items():
        semitones = heard.semitones if stimulus == TONE else F0
        rows, columns = (places.ravel() for places in np.indices(responses.shape))
        told = {
            "kind": found.kinds[rows],
            "direction": found.numbers[rows],
            "stimulus": stimulus,
            "semitone": semitones[columns],
            "response": responses.ravel(),
        }
        parts.append(pd.DataFrame({**about, **told}))
    return pd.concat(parts, ignore_index=True)


def direction_table(
    found: Found, heard: Stimuli, natural: Natural, centres: np.ndarray | None, about: dict
) -> pd.DataFrame:
    """Return which directions pass which step.

    Args:
        found: directions and their responses.
        heard: the stimuli.
        natural: what natural sound says of the same directions.
        centres: known centres of the units in Hz, or None.
        about: what every row says of the network.

    Returns:
        A row per direction: columns of ``about``, kind, direction, semitone (of the peak), share,
        low_flank, high_flank, narrow, a rank correlation for each of the complexes, least (of
        these), kept, natural (median correlation over contexts), stable, missing_ratio, follows
        (pitch or partial; none where it was not tested: not narrow, or no complex is built on the
        peak) and centre (MIDI number, nan where none is known).
    """
    swept, semitones = found.sweep, heard.semitones[found.sweep.peak]
    contexts = {
        kind: steps.rank_correlations(found.responses[kind], heard.levels[kind][:, swept.peak].T)
        for kind in COMPLEXES
    }
    least = steps.least(np.array(list(contexts.values())))
    kept = swept.narrow & (least > steps.FOLLOWS)
    inside = (semitones >= F0[0]) & (semitones <= F0[-1])
    places = np.where(inside, semitones - F0[0], -1)
    ratios = steps.missing_ratios(swept, found.responses["missing"], places)
    followed = np.where(ratios > steps.PITCH, "pitch", "partial")
    told = {
        "kind": found.kinds,
        "direction": found.numbers,
        "semitone": semitones,
        "share": swept.share,
        "low_flank": swept.low_flank,
        "high_flank": swept.high_flank,
        "narrow": swept.narrow,
        **contexts,
        "least": least,
        "kept": kept,
        "natural": natural.medians,
        "stable": kept & (natural.medians > steps.FOLLOWS),
        "missing_ratio": ratios,
        "follows": np.where(swept.narrow & ~np.isnan(ratios), followed, "none"),
        "centre": _centres(found, centres),
    }
    return pd.DataFrame({**about, **told})


def _centres(found: Found, centres: np.ndarray | None) -> np.ndarray:
    if centres is None:
        return np.full(len(found.kinds), np.nan)
    return np.where(found.kinds == UNIT, midi(centres)[found.numbers % len(centres)], np.nan)


def known_centres(network: nn.Module) -> np.ndarray | None:
    """Return the centres in Hz that a filter bank says it has, shape (filters,), or None."""
    centres = getattr(network, "centres_hz", None)
    return None if centres is None else torch.as_tensor(centres).double().cpu().numpy()


def natural_table(found: Found, natural: Natural, about: dict) -> pd.DataFrame:
    """Return columns of ``about``, kind, direction, context, correlation and frames."""
    contexts, rows = (places.ravel() for places in np.indices(natural.correlations.shape))
    told = {
        "kind": found.kinds[rows],
        "direction": found.numbers[rows],
        "context": natural.contexts[contexts],
        "correlation": natural.correlations.ravel(),
        "frames": natural.frames[contexts],
    }
    return pd.DataFrame({**about, **told})


def sweep_tables(
    ear: Ear, corpora: Mapping[str, Corpus], settings: Mapping, known: Mapping, seed: int
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of a network by name: layers, responses, directions and natural.

    Args:
        ear: the network with its one layer.
        corpora: ``heard``, whose training clips directions are fitted to, and ``contexts``, natural
            sound.
        settings: tones, fitted, contexts and clips of the instance's entry.
        known: ``role`` of the network and ``kinds`` of its directions.
        seed: of the run.

    Raises:
        InputError: natural sound has no column ``contexts.by``, or the network cannot hear sounds
            as short as the tones.
    """
    about = {"network": ear.network, "run": ear.run, "role": known["role"]}
    heard = stimuli(settings["tones"], ear.rate, seed)
    still = _silence(ear, heard, settings["tones"]["seconds"])
    frames = np.zeros((1, len(still)))
    if set(known["kinds"]) - {UNIT}:
        frames = training_frames(ear, corpora["heard"], settings["fitted"], seed)
    own = fitted_directions(known["kinds"], frames, seed)
    found = found_answers(
        own, {kind: sound_levels(ear, s, still, own.vectors) for kind, s in heard.sounds.items()}
    )
    asked = {"by": settings["contexts"]["by"], "clips": settings["clips"]}
    peaks = heard.semitones[found.sweep.peak]
    natural = natural_answers(ear, corpora["contexts"], asked, own.vectors, peaks, seed)
    (layer,) = ear.layers
    told = {
        "rate": ear.rate,
        "hop": natural.hop,
        "width": frames.shape[1],
        "frame": natural.seconds,
    }
    yield "layers", pd.DataFrame([{**about, "layer": layer, **told}])
    yield "responses", response_table(found, heard, about)
    centres = known_centres(ear.bundle.network)
    yield "directions", direction_table(found, heard, natural, centres, about)
    yield "natural", natural_table(found, natural, about)


def _silence(ear: Ear, heard: Stimuli, seconds: float) -> np.ndarray:
    """Return what a network gives in silence as long as the stimuli, see `hearing.silence`.

    Raises:
        InputError: the network takes no sounds as short as that, or gives no numbers.
    """
    try:
        return silence(ear, heard.sounds[TONE].shape[1], CUT)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"network '{ear.network}' cannot hear tones of {seconds:g} s ({error}): set "
            "tones.seconds to what it takes"
        ) from error
