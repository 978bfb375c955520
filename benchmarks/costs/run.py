"""What the stages of a run are given to do: clips, classes, networks, from its configuration."""

from functools import cached_property
from pathlib import Path

from tonotopy.corpora.audioset.labels import SEGMENTS, SETS
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.errors import InputError
from tonotopy.networks.published import PUBLISHED, REMOTES
from tonotopy.networks.size import Size, size_of
from tonotopy.planning import AVAILABLE, Need, needs, used

NOWHERE = Path("nowhere")  # without downloads: a full run fetches everything


class Run:
    """A configuration with what the stages ask of it."""

    def __init__(self, config: dict, jobs: dict[str, int], rates: dict[str, float]):
        self.config, self.jobs, self.rates = config, jobs, rates
        running = config["run"]
        self.steering = [config["steering"][name] for name in running["steering"]]
        self.layers = [config["hierarchy"][name] for name in running["hierarchy"]]
        self.resamples = config["statistics"]["resamples"]
        self._sizes: dict[tuple[str, float], Size] = {}

    @cached_property
    def needs(self) -> dict[str, list[Need]]:
        """Downloads and corpora by the rule that makes them."""
        kinds = {remote.name: "download_weights" for remote in REMOTES.values()}
        kinds |= {remote.name: "download_segments" for remote in SEGMENTS.values()}
        kinds["AudioSet clips"] = "gather_audioset"
        found: dict[str, list[Need]] = {}
        for need in needs({**self.config, "mirror": None}, NOWHERE):
            default = "build_corpus" if need.what.startswith("corpus ") else "download_corpus"
            found.setdefault(kinds.get(need.what, default), []).append(need)
        return found

    def corpora(self) -> list[str]:
        """Names of the corpora of the studies that run."""
        return used(self.config)[0]

    def clips(self, name: str, split: str | None = None) -> int:
        """Return how many clips a corpus (or one of its splits) is expected to have."""
        entry = self.config["corpora"][name]
        share = 1.0 if split is None else self._share(entry, split)
        if entry["maker"] == "audioset":
            return round(sum(self._class_clips(entry)) * share)
        if entry["maker"] not in PUBLIC:
            raise InputError(f"corpus {name}: costs are known for recordings alone")
        corpus = PUBLIC[entry["maker"]].version(entry.get("version"))
        if entry.get("per_class"):
            return round(entry["per_class"] * self.classes(name) * share)
        return round(corpus.clips * share)

    def smallest_class(self, name: str, split: str) -> int:
        """Return the number of clips of the smallest class in a split."""
        entry = self.config["corpora"][name]
        if entry["maker"] == "audioset":
            return round(min(self._class_clips(entry)) * self._share(entry, split))
        return self.clips(name, split) // self.classes(name)

    def _class_clips(self, entry: dict) -> list[float]:
        most = entry.get("per_class") or self.config["audioset"]["per_class"]
        counts = [min(label.thesis, most or label.thesis) for label in SETS[entry["task"]].values()]
        return [AVAILABLE * count for count in counts]

    def _share(self, entry: dict, split: str) -> float:
        if entry["maker"] == "audioset":
            return self.config["audioset"]["shares"][split]
        shares = entry.get("split", {}).get("shares", {"train": 0.8, "validation": 0.1})
        return shares.get(split, 1 - sum(shares.values()))

    def classes(self, name: str) -> int:
        """Return the number of classes of a corpus."""
        entry = self.config["corpora"][name]
        if entry["maker"] == "audioset":
            found = len(SETS[entry["task"]])
        else:
            corpus = PUBLIC[entry["maker"]].version(entry.get("version"))
            found = corpus.tasks[entry["task"]].classes
        return found - len(entry.get("leave_out", []))

    def seconds(self, name: str) -> float:
        """Return the length of a corpus's clips."""
        entry = self.config["corpora"][name]
        return entry.get("seconds") or PUBLIC[entry["maker"]].seconds

    def size(self, network: str, seconds: float) -> Size:
        """Return the size of a network for clips of this length."""
        if (network, seconds) not in self._sizes:
            entry = self.config["networks"][network]
            if "published" in entry:
                declared, classes = PUBLISHED[entry["published"]], 0
                given = declared.architecture, declared.arguments, declared.front_end
            else:
                given = entry["architecture"], entry.get("arguments", {}), entry["front_end"]
                classes = self.classes(entry["corpus"])
            self._sizes[network, seconds] = size_of(*given, seconds, classes)
        return self._sizes[network, seconds]

    def forward(self, study: dict) -> Size:
        """Return the size of a steering study's network for its own clips."""
        return self.size(study["network"], self.seconds(self.trained_on(study)))

    def trained_on(self, study: dict) -> str:
        """Return the corpus that a steering study's network was trained on."""
        return self.config["networks"][study["network"]]["corpus"]
