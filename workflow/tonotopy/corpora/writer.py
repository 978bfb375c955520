"""Write a corpus clip by clip: memory stays flat, and a half-written corpus never appears."""

import hashlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
from datasets.arrow_writer import ArrowWriter

from tonotopy.corpora import parts as part_column
from tonotopy.corpora.levels import is_silent, steps
from tonotopy.corpora.schema import FULL_SCALE, SPLITS, Corpus, features
from tonotopy.errors import InputError
from tonotopy.files import naming, replacing, write_json

BATCH = 256  # clips per record batch
BATCH_WITH_PARTS = 32
if not sys.stderr.isatty():
    datasets.disable_progress_bars()


class CorpusWriter:
    """Context manager that builds a corpus at ``path``; it appears there only when complete.

    Args:
        path: folder of the corpus; its name is the corpus's name.
        classes: class names, in label order.
        rate: sampling rate in Hz.
        samples: length of every clip in samples.
        about: further facts for corpus.json, such as source, citation and licence.
        tags: whether a clip has a list of labels instead of one.
        embedded: whether the sound is made here.
        part_names: names that a clip's parts may have; without any no parts are kept.
        words: names of further columns of words.
    """

    def __init__(
        self,
        path,
        classes,
        rate: int,
        samples: int,
        about: dict | None = None,
        tags: bool = False,
        *,
        embedded: bool = False,
        part_names: Sequence[str] = (),
        words: Sequence[str] = (),
    ):
        self.tags, self.embedded = tags, embedded
        self.part_names, self.words = list(part_names), tuple(words)
        self._batch = BATCH_WITH_PARTS if part_names else BATCH
        self.path, self.rate, self.length = Path(path), rate, samples
        self.classes, self.about = list(classes), dict(about or {})
        self.dropped, self.notes, self.attachments = [], [], {}
        self._columns = features(self.classes, samples, tags, self.part_names, words)
        self._rows, self._counts, self._kept = [], Counter(), 0

    def __enter__(self) -> "CorpusWriter":
        self._place = replacing(self.path)
        self._draft = self._place.__enter__()
        self._draft.mkdir()
        self._arrow = ArrowWriter(features=self._columns, path=str(self._draft / "stream.arrow"))
        return self

    def add(
        self,
        clip: str,
        samples: np.ndarray,
        label: str | Sequence[str],
        split: str,
        group: str | None = None,
        parts: Mapping[str, np.ndarray] | None = None,
        words: Mapping[str, str] | None = None,
    ):
        """Append a clip.

        Args:
            clip: stable, unique id.
            samples: float in [-1, 1], shape (samples,).
            label: one of the classes, or a list of them in a tagging corpus.
            split: train, validation or test.
            group: what must not be split; the clip itself where nothing is known.
            parts: what the clip is the sum of, by name, where the corpus keeps parts.
            words: what stands in the further columns, by their names.

        Raises:
            InputError: the clip is silent, not finite, too loud, of another length, its label or
                split is unknown, or it is not the sum of its parts.
        """
        labels = list(label) if self.tags else [label]
        self._check(clip, samples, labels, split)
        words = words or {}
        if set(words) != set(self.words):
            raise InputError(
                f"corpus {self.path.name}: clip {clip} has columns {sorted(words)}, "
                f"expected {sorted(self.words)}"
            )
        further = tuple(words[name] for name in self.words)
        whole = np.clip(steps(samples), -FULL_SCALE, FULL_SCALE - 1)
        indices = [self.classes.index(name) for name in labels]
        target = sorted(indices) if self.tags else indices[0]
        row = (clip, whole.astype(np.int16), target, group or clip, split, *further)
        if self.part_names:
            row += (self._stored(clip, parts or {}, samples),)
        self._rows.append(row)
        self._counts.update((split, name) for name in labels)
        self._kept += 1
        if len(self._rows) == self._batch:
            self._flush()

    def drop(self, clip: str, reason: str) -> None:
        """Record a clip that does not get in, and why."""
        self.dropped.append({"clip": clip, "reason": reason})

    def note(self, text: str) -> None:
        """Add a line to the build report."""
        self.notes.append(text)

    def attach(self, name: str, text: str) -> None:
        """Leave a text file beside the clips."""
        self.attachments[name] = text

    def count(self, split: str, label: str) -> int:
        """Return how many clips of a split and class were added so far."""
        return self._counts[split, label]

    def _check(self, clip, samples, labels, split):
        problem, unknown = None, [name for name in labels if name not in self.classes]
        if samples.shape != (self.length,):
            problem = f"has {samples.shape} samples, expected ({self.length},)"
        elif not np.isfinite(samples).all():
            problem = "has values that are not finite"
        elif is_silent(samples):
            problem = "is silent"
        elif np.abs(samples).max() > 1.0001:
            problem = f"peaks at {np.abs(samples).max():.3f}, expected at most 1"
        elif unknown:
            problem = f"has label '{unknown[0]}', expected one of {', '.join(self.classes)}"
        elif len(set(labels)) != len(labels):
            problem = "has a label twice"
        elif split not in SPLITS:
            problem = f"has split '{split}', expected one of {', '.join(SPLITS)}"
        if problem:
            raise InputError(f"corpus {self.path.name}: clip {clip} {problem}")

    def _stored(self, clip, parts, samples):
        try:
            part_column.check_parts(parts, self.part_names, samples)
        except InputError as error:
            raise InputError(f"corpus {self.path.name}: clip {clip} {error}") from None
        return part_column.stored(parts, self.part_names)

    def _flush(self):
        if not self._rows:
            return
        ids, audio, labels, groups, splits, *further = zip(*self._rows, strict=True)
        flat = pa.array(np.concatenate(audio), type=pa.int16())
        columns = {
            "clip": pa.array(ids),
            "audio": pa.FixedSizeListArray.from_arrays(flat, self.length),
            "label": pa.array(labels, type=self._columns.arrow_schema.field("label").type),
            "group": pa.array(groups),
            "split": pa.array(splits),
        }
        if self.part_names:
            kind = self._columns.arrow_schema.field("parts").type
            columns["parts"] = part_column.column(further.pop(), self.length, kind)
        columns |= {name: pa.array(c) for name, c in zip(self.words, further, strict=True)}
        with naming(self.path):
            self._arrow.write_table(pa.table(columns, schema=self._columns.arrow_schema))
        self._rows = []

    def __exit__(self, *error):
        if error[0] is None:
            try:
                self._finish()
            except BaseException as failure:
                self._place.__exit__(type(failure), failure, failure.__traceback__)
                raise
        return self._place.__exit__(*error)

    def _finish(self):
        self._flush()
        if not (clips := self._kept):
            reasons = "; ".join(f"{d['clip']}: {d['reason']}" for d in self.dropped[:5])
            raise InputError(f"corpus {self.path.name}: no clip was kept. {reasons}")
        self._arrow.finalize()
        stream = self._draft / "stream.arrow"
        with stream.open("rb") as file:  # else its random fingerprint makes equal corpora differ
            fingerprint = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        whole = datasets.Dataset.from_file(str(stream))
        whole = datasets.Dataset(whole.data, whole.info, fingerprint=fingerprint)
        whole.save_to_disk(str(self._draft / "clips"), num_shards=1)
        stream.unlink()
        for name, text in self.attachments.items():
            (self._draft / name).write_text(text)
        self._describe(clips)

    def _describe(self, clips):
        info = {
            "name": self.path.name,
            "rate": self.rate,
            "seconds": self.length / self.rate,
            "classes": self.classes,
            "clips": clips,
            "counts": {s: {c: self._counts[s, c] for c in self.classes} for s in SPLITS},
            **self.about,
            "embedded": self.embedded,
            **({"parts": self.part_names} if self.part_names else {}),
            "report": {"kept": clips, "dropped": self.dropped, "notes": self.notes},
        }
        write_json(self._draft / "corpus.json", {**info, "content_sha256": ""})
        corpus = Corpus(self._draft)
        corpus.info["content_sha256"] = info["content_sha256"] = corpus.content_hash()
        if faults := corpus.faults():
            reasons = "; ".join(faults[:3]) + (f" and {len(faults) - 3} more" if faults[3:] else "")
            raise InputError(f"corpus {self.path.name}: {reasons}")
        write_json(self._draft / "corpus.json", info)
