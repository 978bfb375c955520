"""The tables of a hierarchy study with known accuracies."""

from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.hierarchy.clip_groups import clip_resamples
from tonotopy.studies.hierarchy.profiles import centre_interval

TASKS = {
    "note": {"corpus": "note", "level": "low"},
    "consonant": {"corpus": "consonant", "level": "low"},
    "keyword": {"corpus": "keyword", "level": "mid"},
    "instrument": {"corpus": "solos", "level": "mid"},
    "genre": {"corpus": "genre_clips", "level": "high"},
    "speakers": {"corpus": "speakers", "level": "high"},
}
TASK_CLASSES = {
    "note": 12,
    "consonant": 23,
    "keyword": 35,
    "instrument": 7,
    "genre": 10,
    "speakers": 11,
}
HIERARCHY = {
    "networks": ["vggish", "clap", "mobilenet", "ast"],
    "tasks": TASKS,
    "ks": [1, 5, 20],
    "folds": ["paper", "grouped"],
    "second": 1.0,
    "inverse_penalty": 10.0,
    "tagging": "events",
}
_FALL, _PEAK2, _PEAK3 = (
    [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2],
    [0.4, 0.5, 0.8, 0.6, 0.5, 0.4, 0.3],
    [0.3, 0.4, 0.5, 0.8, 0.6, 0.5, 0.3],
)
_CNN = {
    "note": _FALL,
    "consonant": _PEAK2,
    "keyword": _PEAK3,
    "instrument": [0.3, 0.35, 0.4, 0.7, 0.72, 0.75, 0.9],
    "genre": [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7],
    "speakers": [0.1, 0.1, 0.15, 0.2, 0.3, 0.5, 0.4],
}
_BUMP = [0.4, 0.45, 0.5, 0.55, 0.6, 0.8, 0.6, 0.4, 0.4, 0.6, 0.65, 0.7]
RATES = {  # the thesis's profiles in rough strokes: accuracy per layer at the best k
    "clap": _CNN,
    "mobilenet": {**_CNN, "instrument": [0.3, 0.6, 0.62, 0.65, 0.7, 0.75, 0.9]},
    "vggish": {
        **_CNN,
        "keyword": _FALL,
        "instrument": [0.4, 0.35, 0.3, 0.3, 0.3, 0.3, 0.6],
        "genre": [0.3, 0.2, 0.2, 0.15, 0.15, 0.12, 0.6],
        "speakers": [0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5],
    },
    "ast": {
        "note": np.linspace(0.8, 0.25, 12).round(2).tolist(),
        "consonant": _BUMP,
        "keyword": _BUMP,
        "instrument": [0.4, 0.45, 0.5, 0.6, 0.75, 0.8, 0.8, 0.7, 0.7, 0.8, 0.85, 0.9],
        "genre": [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.6, 0.55, 0.55, 0.6, 0.65, 0.7],
        "speakers": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.45, 0.45, 0.5, 0.5, 0.5],
    },
}
VARIANTS = {  # what differs from trained, whole clips, paper folds, knn: added to every accuracy
    "trained": ({}, 0.0),
    "untrained": ({"copy": "untrained"}, -0.15),
    "second": ({"length": "second"}, -0.05),
    "grouped": ({"folds": "grouped"}, -0.02),
    "linear": ({"probe": "linear"}, 0.03),
    **{f"shuffled{i}": ({"labels": "shuffled", "shuffle": i}, None) for i in range(10)},
}


def groups_of(task: str, clips: int) -> list[str]:
    """The group of each clip: its own for notes and speakers, else one of 40 of unequal sizes."""
    alone = task in ("note", "speakers")
    return [f"g{clip if alone else clip * 37 % 53 % 40}" for clip in range(clips)]


def hierarchy_tables(
    folder: Path, flat: float | None = None, clips: int = 200, seed: int = 0
) -> Path:
    """Write the tables of a hierarchy study with known accuracies.

    At k = 5 (and the linear probe) every layer's accuracy is RATES plus what VARIANTS adds, but at
    least chance, rounded to whole clips; k = 1 and 20 are .03 and .06 below. Shufflings of the
    labels are at chance, with one clip more or fewer. Which clips are right
    is drawn anew for every row. With ``flat`` all trained accuracies are that number.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    correct = pd.DataFrame(
        [
            row
            for network in RATES
            for task in TASKS
            for row in _profile_rows(rng, network, task, flat, clips)
        ]
    )
    correct.to_parquet(folder / "correct.parquet")
    _clips(clips).to_parquet(folder / "clips.parquet")
    profiles, centres = _profiles(correct), _centres(correct[correct["k"].isin([0, 5])])
    profiles.to_parquet(folder / "profiles.parquet")
    centres.to_parquet(folder / "centres.parquet")
    _tagging(rng, clips).to_parquet(folder / "tagging.parquet")
    _hierarchy_controls(rng, clips).to_parquet(folder / "controls.parquet")
    folds = [
        (
            task,
            kind,
            0 if task in ("note", "speakers") else 40,
            0 if kind == "grouped" or task in ("note", "speakers", "instrument") else 30,
        )
        for task in TASKS
        for kind in HIERARCHY["folds"]
    ]
    columns = ["task", "folds", "groups", "split_groups"]
    pd.DataFrame(folds, columns=columns).to_parquet(folder / "folds.parquet")
    return folder


def _clips(clips: int) -> pd.DataFrame:
    columns = {"position": range(clips), "clip": [f"c{i}" for i in range(clips)]}
    tasks = [pd.DataFrame({"task": t, **columns, "group": groups_of(t, clips)}) for t in TASKS]
    return pd.concat(tasks, ignore_index=True)


def _profile_rows(rng, network, task, flat, clips) -> list[dict]:
    rates, chance, rows = RATES[network][task], 1 / TASK_CLASSES[task], []
    for changes, shift in VARIANTS.values():
        if changes.get("length") and task == "keyword":
            continue
        keys = {
            "network": network,
            "family": network,
            "task": task,
            "level": TASKS[task]["level"],
            "classes": TASK_CLASSES[task],
            "seconds": 2.5,
            "copy": "trained",
            "length": "whole",
            "folds": "paper",
            "probe": "knn",
            "labels": "true",
            "shuffle": 0,
            **changes,
        }
        ks = {0: 0.0} if keys["probe"] == "linear" else {1: -0.03, 5: 0.0, 20: -0.06}
        if keys["labels"] == "shuffled":
            ks = {5: 0.0}
        for position, rate in enumerate(rates):
            for k, lost in ks.items():
                known = rate if flat is None or keys["copy"] == "untrained" else flat
                level = chance if shift is None else max(chance, known + shift + lost)
                extra = keys["shuffle"] % 3 - 1 if shift is None else 0
                right = np.arange(clips) < round(level * clips) + extra
                layer = (
                    f"layer{position + 1}"
                    if network == "ast"
                    else (f"conv{position + 1}" if position < 6 else "fc1")
                )
                rows.append(
                    {
                        **keys,
                        "layer": layer,
                        "position": position,
                        "dims": 100,
                        "k": k,
                        "correct": rng.permutation(right).tolist(),
                    }
                )
    return rows


def _profiles(correct) -> pd.DataFrame:
    accuracy = correct["correct"].map(np.mean)
    clips = correct["correct"].map(len)
    error = 1.96 * np.sqrt(accuracy * (1 - accuracy) / clips)
    last = correct.groupby(["network", "task"])["position"].transform("max")
    return correct.drop(columns="correct").assign(
        depth=correct["position"] / last,
        accuracy=accuracy,
        low=accuracy - error,
        high=accuracy + error,
        chance=1 / correct["classes"],
        clips=clips,
        reason="",
    )


def _centres(correct) -> pd.DataFrame:
    keys = [
        "network",
        "family",
        "task",
        "level",
        "classes",
        "copy",
        "length",
        "folds",
        "probe",
        "k",
    ]
    rows = []
    for values, part in correct[correct["labels"] == "true"].groupby(keys, sort=False):
        right = np.stack(part.sort_values("position")["correct"].to_list())
        about = dict(zip(keys, values, strict=True))
        groups = groups_of(about["task"], right.shape[1])
        resamples = clip_resamples(Bootstrap(100, 0.95, 0), about["task"], groups)
        found = centre_interval(right, 1 / about["classes"], resamples)
        rows.append(
            {
                **about,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "defined": found.defined,
                "reason": "",
            }
        )
    return pd.DataFrame(rows).drop(columns="classes")


def _tagging(rng, clips) -> pd.DataFrame:
    parts = []
    target = rng.random((clips, 8)) < 0.1
    for network in HIERARCHY["networks"]:
        for copy, told in (("trained", 1.0), ("untrained", 0.0)):
            score = told * target + rng.normal(0, 0.5, target.shape)
            for c in range(8):
                parts.append(
                    pd.DataFrame(
                        {
                            "network": network,
                            "family": network,
                            "copy": copy,
                            "clip": [f"c{i}" for i in range(clips)],
                            "class": f"class {c}",
                            "target": target[:, c],
                            "score": score[:, c],
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def _hierarchy_controls(rng, clips) -> pd.DataFrame:
    parts = []
    for task, classes in TASK_CLASSES.items():
        constant = np.arange(clips) % classes == 0
        identity = rng.random(clips) < 0.5
        for control, right, reference in (
            ("constant", constant, None),
            ("identity", identity, identity),
        ):
            parts.append(
                pd.DataFrame(
                    {
                        "control": control,
                        "task": task,
                        "classes": classes,
                        "clip": [f"c{i}" for i in range(clips)],
                        "correct": right,
                        "reference": pd.array(
                            [None] * clips if reference is None else reference, dtype="boolean"
                        ),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
