"""What the stages of a run are given to do: clips, classes, networks, from its configuration."""

import json
from functools import cache, cached_property
from pathlib import Path

from costs.size import Size, Unheard, size_of, unheard
from costs.work import NotKnown
from tonotopy.corpora import digits
from tonotopy.corpora.audioset.labels import ROWS, SEGMENTS, SETS, TAGS, TRAINED
from tonotopy.corpora.audioset.tags import HELD_OUT
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.embedded import planted
from tonotopy.corpora.embedded.attributes import chosen_values
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.public.declaration import PublicCorpus
from tonotopy.instances import running, used
from tonotopy.networks.published import PUBLISHED, REMOTES
from tonotopy.planning import AVAILABLE, Storage, needs, tag_clips

NOWHERE = Path("nowhere")  # without downloads: a full run fetches everything
AUDIOSET_SECONDS = 10.0  # of a clip, where the corpus does not say it
AUDIOSET_CLASSES = 527  # that published classifiers tell apart
DIGITS_TESTED = 360  # pictures of the test split, where the corpus does not say it
NAMELESS = ("simclr", "reconstruct")  # objectives that classes have no part in
OURS = "tonotopy."  # how modules begin that come with the package


class Run:
    """A configuration with what the stages ask of it.

    Args:
        config: the checked configuration.
        jobs: rule -> number of jobs.
        rates: name -> value, see benchmarks/throughputs.yaml.

    Attributes:
        instances: those that run.
        corpora: names of the corpora that they need.
        networks: names of the networks that they need.
        resamples: of the bootstrap behind every interval.
    """

    def __init__(self, config: dict, jobs: dict[str, int], rates: dict[str, float]):
        self.config, self.jobs, self.rates = config, jobs, rates
        self.instances = running(config)
        self.corpora, self.networks = used(config)
        self.resamples = config["statistics"]["resamples"]

    @cached_property
    def storage(self) -> dict[str, list[Storage]]:
        """Downloads and corpora by the rule that makes them."""
        rules = {remote.name: "download_weights" for remote in REMOTES.values()}
        rules |= {remote.name: "download_segments" for remote in SEGMENTS.values()}
        rules["AudioSet clips"] = "gather_audioset"
        by_rule: dict[str, list[Storage]] = {}
        for item in needs({**self.config, "mirror": None}, NOWHERE):
            default = "build_corpus" if item.what.startswith("corpus ") else "download_corpus"
            by_rule.setdefault(rules.get(item.what, default), []).append(item)
        return by_rule

    def clips(self, name: str, split: str | None = None) -> int:
        """Return how many clips a corpus (or one of its splits) is expected to have.

        Raises:
            NotKnown: the corpus is neither public, nor of AudioSet's clips, nor of digits, or its
                size is nowhere published.
        """
        entry = self.config["corpora"][name]
        if _has_digits(entry):
            tested = entry.get("test", DIGITS_TESTED)
            return {None: digits.CLIPS, "train": digits.CLIPS - tested, "test": tested}.get(
                split, 0
            )
        if _is_planted(entry):
            counts = entry["clips"]
            return len(_values(entry)) * (sum(counts.values()) if split is None else counts[split])
        share = 1.0 if split is None else self._share(entry, split)
        if _has_tags(entry):
            return round(AVAILABLE * tag_clips(entry, self.config) * share)
        if entry["maker"] == "audioset":
            return round(sum(self._class_clips(entry)) * share)
        corpus = self._public(name).version(entry.get("version"))
        if entry.get("per_class"):
            return round(entry["per_class"] * self.classes(name) * share)
        if corpus.clips is None:
            raise NotKnown(f"corpus {name}: nobody has published how many clips it has")
        return round(corpus.clips * entry.get("slices", 1) * share)

    def smallest_class(self, name: str, split: str) -> int:
        """Return the number of clips of the smallest class in a split.

        Raises:
            NotKnown: the corpus has all of AudioSet's labels; or see `clips`.
        """
        entry = self.config["corpora"][name]
        if _has_tags(entry):
            raise NotKnown(f"corpus {name}: how many clips its rarest label has")
        if entry["maker"] == "audioset":
            return round(min(self._class_clips(entry)) * self._share(entry, split))
        return self.clips(name, split) // self.classes(name)

    def _class_clips(self, entry: dict) -> list[float]:
        most = entry.get("per_class") or self.config["audioset"]["per_class"]
        counts = [min(label.thesis, most or label.thesis) for label in SETS[entry["task"]].values()]
        return [AVAILABLE * count for count in counts]

    def _share(self, entry: dict, split: str) -> float:
        if _has_tags(entry):
            return self._tags_share(entry, split)
        if entry["maker"] == "audioset":
            return self.config["audioset"]["shares"][split]
        shares = entry.get("split", {}).get("shares", {"train": 0.8, "validation": 0.1})
        return shares.get(split, 1 - sum(shares.values()))

    def _tags_share(self, entry: dict, split: str) -> float:
        rows = {name: ROWS[name] for name in self.config["audioset"]["segments"]}
        learned = sum(rows.get(name, 0) for name in entry.get("segments", TRAINED))
        parts = {"train": 1 - HELD_OUT, "validation": HELD_OUT}
        clips = learned * parts[split] if split in parts else rows.get("eval", 0)
        return clips / tag_clips(entry, self.config)

    def classes(self, name: str) -> int:
        """Return the number of classes of a corpus.

        Raises:
            NotKnown: the corpus is neither public, nor of AudioSet's clips, nor of digits.
        """
        entry = self.config["corpora"][name]
        if _has_digits(entry):
            classes = len(digits.CLASSES)
        elif _has_tags(entry):
            classes = AUDIOSET_CLASSES
        elif _is_planted(entry):
            classes = len(planted.TASKS[entry.get("task", "genre")][0])
        elif entry["maker"] == "audioset":
            classes = len(SETS[entry["task"]])
        else:
            corpus = self._public(name).version(entry.get("version"))
            classes = corpus.tasks[entry["task"]].classes
        return classes - len(entry.get("leave_out", []))

    def seconds(self, name: str) -> float:
        """Return the length of a corpus's clips.

        Raises:
            NotKnown: the corpus does not say it, and is neither public, nor of AudioSet's clips,
                nor of digits.
        """
        entry = self.config["corpora"][name]
        if _has_digits(entry):
            return digits.SAMPLES / digits.RATE
        if entry["maker"] == "audioset":
            return entry.get("seconds", AUDIOSET_SECONDS)
        if _is_planted(entry):
            return entry.get("of", entry).get("seconds", MusicWorld.seconds)
        return entry.get("seconds") or self._public(name).seconds

    def clip_bytes(self, name: str) -> int:
        """Return the bytes of a clip of a corpus whose length is known, 16 bits a sample.

        Raises:
            NotKnown: see `seconds`; or the corpus does not say its rate, and is not public.
        """
        if _has_digits(self.config["corpora"][name]):
            return 2 * digits.SAMPLES
        rate = self.config["corpora"][name].get("rate") or self._public(name).rate
        return 2 * round(rate * self.seconds(name))

    def _public(self, name: str) -> PublicCorpus:
        maker = self.config["corpora"][name]["maker"]
        if maker not in PUBLIC:
            raise NotKnown(f"corpus {name}: costs are known for recordings alone")
        return PUBLIC[maker]

    def outputs(self, network: str) -> int:
        """Return how many outputs of a network have a name."""
        entry = self.config["networks"][network]
        if "published" in entry:
            return AUDIOSET_CLASSES if PUBLISHED[entry["published"]].classes else 0
        return len(entry.get("classes", ())) if "module" in entry else self.classes(entry["corpus"])

    def size(self, network: str, seconds: float) -> Size:
        """Return the size of a network for clips of this length.

        Raises:
            NotKnown: the network is a module of the user's own.
        """
        return _size(*self._made(network, seconds))

    def unheard(self, network: str, seconds: float) -> Unheard:
        """Return a network on the meta device, and a clip of this length as it is given.

        Raises:
            NotKnown: the network is a module of the user's own.
        """
        return _unheard(*self._made(network, seconds))

    def _made(self, network: str, seconds: float) -> tuple[str, float, int, str]:
        """Return arguments of `_size`."""
        entry = self.config["networks"][network]
        if "module" in entry:
            if not entry["module"].startswith(OURS):
                raise NotKnown(f"network {network}: the size of a module of your own")
            arguments = {"module": entry["module"], "arguments": entry.get("arguments", {})}
            built, classes = ("own", arguments, entry["front_end"]), len(entry.get("classes") or ())
        elif "published" in entry:
            declared, classes = PUBLISHED[entry["published"]], 0
            built = declared.architecture, declared.arguments, declared.front_end
        else:
            built = entry["architecture"], entry.get("arguments", {}), entry["front_end"]
            names = entry["training"].get("objective") not in NAMELESS
            classes = self.classes(entry["corpus"]) if names else 0
        return json.dumps(built), seconds, classes, json.dumps(entry.get("layers"))


def _has_tags(entry: dict) -> bool:
    """Tell whether a corpus has all of AudioSet's labels."""
    return entry["maker"] == "audioset" and entry["task"] == TAGS


def _has_digits(entry: dict) -> bool:
    """Tell whether a corpus is scikit-learn's pictures of digits."""
    return entry["maker"] == "digits"


def _is_planted(entry: dict) -> bool:
    """Tell whether a corpus is of the planted world of music."""
    return entry["maker"] in ("planted_music", "planted_twins")


def _values(entry: dict) -> list[str]:
    """Return the values of twins; one without a name of a corpus that has none."""
    if entry["maker"] != "planted_twins":
        return [""]
    sounds = entry["of"].get("sounds", "seen")
    return list(chosen_values(entry["attribute"], entry.get("values"), sounds))


@cache
def _size(built: str, seconds: float, classes: int, layers: str) -> Size:
    """Return the size of a network: architecture, arguments and front end, and layers, as JSON."""
    return size_of(*json.loads(built), seconds, classes, json.loads(layers))


@cache
def _unheard(built: str, seconds: float, classes: int, layers: str) -> Unheard:
    """Return a network on the meta device, for arguments as of `_size`."""
    return unheard(*json.loads(built), seconds, classes, json.loads(layers))
