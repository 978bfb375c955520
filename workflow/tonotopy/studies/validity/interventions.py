"""Interventions: what a network answers to clips that differ in one attribute alone."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.schema import Corpus
from tonotopy.files import read_table
from tonotopy.inference import activated, check_answers, kept_columns, network_inputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import logits

COPIES = ("trained", "untrained")


def effect_table(
    copies: Mapping[str, Bundle],
    twins: Mapping[str, Corpus],
    outputs: tuple[list[str], list[int]],
    activation: str = "softmax",
) -> pd.DataFrame:
    """Return the probabilities of every twin, see `causal_effects`.

    Args:
        copies: trained or untrained -> network; they share a front end.
        twins: attribute -> corpus of twins.
        outputs: classes and the network's outputs that stand for them.
        activation: see `inference.activated`.

    Returns:
        Columns copy, attribute, base, value, class, probability (float32), planted (whether the
        world has the value cause the class). A row for every copy, twin and class.
    """
    parts = []
    for attribute, corpus in twins.items():
        planted = planted_pairs(corpus, attribute)
        answers = _answers(copies, corpus, activation)
        for copy, values in answers.items():
            table = _long(corpus, outputs, values)
            pairs = zip(table["value"], table["class"], strict=True)
            table["planted"] = [pair in planted for pair in pairs]
            table.insert(0, "attribute", attribute)
            table.insert(0, "copy", copy)
            parts.append(table)
    table = pd.concat(parts, ignore_index=True)
    words = ("copy", "attribute", "base", "value", "class")
    return table.astype({**dict.fromkeys(words, "category"), "planted": "boolean"})


@torch.no_grad()
def _answers(copies: Mapping[str, Bundle], corpus: Corpus, activation: str) -> dict:
    """Return copy -> probabilities of all outputs, (clips, outputs); sounds are heard once."""
    front = next(iter(copies.values()))
    parts = {copy: [] for copy in copies}
    for _, inputs in network_inputs(front, corpus, np.arange(len(corpus))):
        for copy, bundle in copies.items():
            answers = logits(bundle.network(inputs)).float().cpu()
            check_answers(bundle, answers, len(inputs))
            parts[copy].append(activated(answers, activation))
    return {copy: torch.cat(own).numpy() for copy, own in parts.items()}


def _long(corpus: Corpus, outputs: tuple[list[str], list[int]], values: np.ndarray):
    classes, columns = outputs
    kept = kept_columns(values, columns)
    rows = np.repeat(np.arange(len(corpus)), len(classes))
    return pd.DataFrame(
        {
            "base": corpus.column("base")[rows],
            "value": corpus.column("value")[rows],
            "class": np.tile(np.array(classes, dtype=object), len(corpus)),
            "probability": kept.ravel(),
        }
    )


def planted_pairs(corpus: Corpus, attribute: str) -> set[tuple[str, str]]:
    """Return the pairs of an attribute's value and a class that the world has planted.

    Leads cause what ``causes.csv`` beside the corpus says. A rhythm causes the genre of its name,
    where a genre has both a rhythm and a lead (metal) together with the lead. Nothing else causes
    anything.
    """
    if attribute == "rhythm":
        return {(name, name) for name in RHYTHMS}
    if attribute != "lead":
        return set()
    causes = read_table(corpus.path / "causes.csv")
    rows = causes[causes["planted"]]
    return set(zip(rows["concept"], rows["label"], strict=True))


def causal_effects(table: pd.DataFrame) -> pd.DataFrame:
    """Return E, the causal effect of every value on every class.

    E[i, g] = mean over bases n of p_g(twin n, i) - mean over n and values i' of p_g(twin n, i').

    Args:
        table: rows of `effect_table` of one copy and attribute.

    Returns:
        Values as rows, classes as columns, in the order in which the table has them.
    """
    means = table.pivot_table(
        index="value", columns="class", values="probability", observed=True, sort=False
    )
    return means - means.mean(axis=0)
