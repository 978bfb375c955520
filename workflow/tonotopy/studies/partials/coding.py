"""Codes of frames beside the semitone of their strongest partial, and sound made of codes."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, chosen_clips, even_batches, waveforms
from tonotopy.inference import prediction_table
from tonotopy.partials.codes import assigned, clusters, strongest_semitones
from tonotopy.partials.natural import band_levels, pooled
from tonotopy.partials.stimuli import audible
from tonotopy.seeding import generator
from tonotopy.studies.partials.framing import frame_positions, training_frames
from tonotopy.studies.partials.hearing import activations, decodes, is_codec
from tonotopy.studies.partials.study import KNOWN

SHORTEST = 0.01  # s, of a frame that has a code
SPECTRAL = 0.025  # s, of a frame of the codes whose answer is known
FITTED = 6000  # frames that clusters are fitted to


class Coding:
    """How the frames of a network get codes.

    Networks with codes of their own keep those; vectors of others are the cluster that is nearest,
    columns scaled to unit variance.

    Args:
        ear: the network with its one layer.
        corpus: whose training clips clusters are fitted to.
        settings: ``clusters`` and ``books`` of the entry's codes.
        seed: of the run.
    """

    def __init__(self, ear: Ear, corpus: Corpus, settings: Mapping, seed: int):
        self.ear = ear
        self._books = settings["books"]
        if not is_codec(ear.bundle.network):
            frames = training_frames(ear, corpus, FITTED, seed, SHORTEST)
            spread = frames.std(axis=0)
            self._scale = np.where(spread > 0, spread, 1)
            name = f"{ear.network}-{ear.run}"
            self._means = clusters(frames / self._scale, settings["clusters"], seed, name)

    @torch.no_grad()
    def codes(self, sounds: torch.Tensor, corpus: Corpus) -> tuple[np.ndarray, int, int]:
        """Return codes of clips.

        Args:
            sounds: clips of the corpus at the network's rate, shape (clips, samples).
            corpus: that they are of.

        Returns:
            Codes, shape (clips, books, frames); positions that the layer has over a clip; positions
            of a frame. A frame of several positions has the code of the middle one.
        """
        network = self.ear.bundle.network
        if is_codec(network):
            books = min(self._books, network.codebooks)
            codes = network.quantise(network.encode(sounds), books).cpu().numpy()
            positions = codes.shape[2]
            _, by = frame_positions(self.ear, corpus, positions, SHORTEST)
            return codes[:, :, by // 2 :: by][:, :, : positions // by], positions, by
        vectors = activations(self.ear, sounds).cpu().numpy()
        _, by = frame_positions(self.ear, corpus, vectors.shape[1], SHORTEST)
        codes = assigned(self._means, pooled(vectors, by) / self._scale)
        return codes[:, None], vectors.shape[1], by


def code_table(coding: Coding, corpus: Corpus, clips: np.ndarray) -> pd.DataFrame:
    """Return the codes of clips, and the semitone of each frame's strongest partial.

    Returns:
        Columns network, run, book, clip, group, frame, code and semitone (nan in silence).
    """
    ear, parts = coding.ear, []
    for batch in even_batches(clips):
        sounds = waveforms(ear, corpus, batch)
        codes, positions, by = coding.codes(sounds, corpus)
        semitones = strongest_semitones(sounds.cpu().numpy(), ear.rate, positions, by)
        parts.append(_frame_rows(codes, semitones, corpus, batch))
    about = {"network": ear.network, "run": ear.run}
    return pd.DataFrame({**about, **pd.concat(parts, ignore_index=True)})


def _frame_rows(codes, semitones, corpus: Corpus, clips: np.ndarray) -> pd.DataFrame:
    row, book, frame = (places.ravel() for places in np.indices(codes.shape))
    return pd.DataFrame(
        {
            "book": book,
            "clip": corpus.clips[clips][row],
            "group": corpus.groups[clips][row],
            "frame": frame,
            "code": codes.ravel(),
            "semitone": semitones[row, frame],
        }
    )


def known_table(
    corpus: Corpus, clips: np.ndarray, number: int, tones: Mapping, seed: int
) -> pd.DataFrame:
    """Return codes whose answer is known, at the corpus's own rate.

    Book 0: clusters of frames' spectra in semitones (shares of power), fitted to training clips,
    which tell of pitch.
    Book 1: one code drawn for every clip, which tells nothing.

    Args:
        corpus: that is heard.
        clips: positions of the clips that have codes.
        number: of codes.
        tones: lowest and highest semitone.
        seed: of the run.

    Returns:
        See `code_table`.
    """
    semitones = audible(tones["low"], tones["high"], corpus.rate)
    positions = int(corpus.samples.shape[1] / corpus.rate / SPECTRAL)

    def spectra(batch: np.ndarray) -> np.ndarray:
        levels = band_levels(corpus.waveforms(batch), semitones, corpus.rate, positions, 1)
        powers = 10 ** (levels / 10)
        return powers / powers.sum(axis=2, keepdims=True)

    chosen = chosen_clips(corpus, "train", max(1, FITTED // positions), seed, "frames")
    fitted = np.concatenate([spectra(batch) for batch in even_batches(chosen)])
    means = clusters(fitted.reshape(-1, len(semitones)), number, seed, KNOWN)
    drawn = generator(seed, "random codes").integers(number, size=len(clips))
    parts = []
    for batch, chance in zip(even_batches(clips), even_batches(drawn), strict=True):
        spectral = assigned(means, spectra(batch))
        codes = np.stack([spectral, np.broadcast_to(chance[:, None], spectral.shape)], axis=1)
        pitches = strongest_semitones(corpus.waveforms(batch), corpus.rate, positions, 1)
        parts.append(_frame_rows(codes, pitches, corpus, batch))
    return pd.DataFrame({"network": KNOWN, "run": 0, **pd.concat(parts, ignore_index=True)})


@torch.no_grad()
def reconstruction_table(ear: Ear, corpus: Corpus, clips: np.ndarray) -> pd.DataFrame:
    """Return how far clips that went through all of a network's codebooks are from themselves.

    Returns:
        Columns network, run, clip, group, signal and error (sums of squares); no rows where the
        network does not decode.
    """
    network, parts = ear.bundle.network, []
    for batch in even_batches(clips) if decodes(network) else ():
        sounds = waveforms(ear, corpus, batch)
        codes = network.quantise(network.encode(sounds), network.codebooks)
        made = network.decode(network.dequantise(codes), sounds.shape[1])
        energies = [x.double().square().sum(dim=1).cpu().numpy() for x in (sounds, sounds - made)]
        told = {"clip": corpus.clips[batch], "group": corpus.groups[batch]}
        told |= dict(zip(("signal", "error"), energies, strict=True))
        parts.append(pd.DataFrame({"network": ear.network, "run": ear.run, **told}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def answer_table(ear: Ear, corpora: Mapping[str, Corpus]) -> pd.DataFrame:
    """Return what a network that has learned the labels of a corpus answers for its test split.

    Args:
        ear: the network.
        corpora: those that networks have learned, by name.

    Returns:
        Columns network, run, clip, group, label and predicted; no rows for other networks, and
        those that give clips several labels.
    """
    corpus = corpora.get((ear.bundle.info.get("corpus") or {}).get("name"))
    if corpus is None or corpus.tags or ear.bundle.classes != corpus.classes:
        return pd.DataFrame()
    found = prediction_table(ear.bundle, corpus, "test", "test")
    told = {"group": corpus.groups[corpus.indices("test")]}
    told = {"network": ear.network, "run": ear.run, **found[["clip", "label", "predicted"]], **told}
    return pd.DataFrame(told)


def code_tables(
    ear: Ear, corpus: Corpus, own: Mapping[str, Corpus], settings: Mapping, seed: int
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of a network by name: codes, reconstructions and answers.

    Args:
        ear: the network with its one layer.
        corpus: whose test clips are heard.
        own: the corpora that networks have learned, by name.
        settings: ``codes`` of the instance's entry.
        seed: of the run.
    """
    clips = chosen_clips(corpus, "test", settings["clips"], seed, "coded clips")
    yield "codes", code_table(Coding(ear, corpus, settings, seed), corpus, clips)
    yield "reconstructions", reconstruction_table(ear, corpus, corpus.indices("test"))
    yield "answers", answer_table(ear, own)
