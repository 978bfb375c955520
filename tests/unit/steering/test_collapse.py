"""A network whose output collapses at every strength: nothing to see, and nothing breaks."""

import pandas as pd
import pytest
from drawn import draw
from study_tables import claims_of, table_paths
from tables_of_steering import PAIRS, SETTINGS, steering_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix
from tonotopy.studies.steering.statistics import STATISTICS, SteeringTables
from tonotopy.studies.steering.study import STUDY

BOOTSTRAP = Bootstrap(50, 0.95, 0)
COLLAPSED = "the sweep 'test' of {concept} has no slope: the output has collapsed at every strength"
NOT_SWEPT = "one-to-all steering with {concept} is not part of this study"
OF_SLOPES = {  # claims whose statistic reads slopes, and why they cannot be judged
    "auroc": "the sweep 'test' has no slope: the output has collapsed at every strength",
    "planted": COLLAPSED,
    "flat": COLLAPSED,
    "over_random": COLLAPSED,
    "over_correlated": COLLAPSED,
    "over_shuffled": COLLAPSED,
    "over_untrained": COLLAPSED,
    "unseen": "the sweep 'unseen' of {concept} is not part of this study",
    "unseen_flat": "the sweep 'unseen' of {concept} is not part of this study",
    "plus_outside": COLLAPSED,
    "minus_inside": COLLAPSED,
    "damage": COLLAPSED,
    "far": COLLAPSED,
    "both_ends": COLLAPSED.replace("{concept}", "piano"),
    "unseen_plus_outside": "the sweep 'unseen' of {concept} is not part of this study",
    "unseen_minus_inside": "the sweep 'unseen' of {concept} is not part of this study",
    "unseen_damage": "the sweep 'unseen' of {concept} is not part of this study",
    "low_cosine": NOT_SWEPT,
    "early_negligible": NOT_SWEPT,
    "unseen_gain": "the sweep 'unseen' of {concept} is not part of this study",
    "late_over_early": NOT_SWEPT,
    "after_cosine": NOT_SWEPT,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = steering_tables(tmp_path_factory.mktemp("study"))
    sweep = pd.read_parquet(folder / "sweep-test.parquet").assign(collapsed=True)
    sweep.to_parquet(folder / "sweep-test.parquet")
    slopes = clip_slopes(sweep, 0.1)
    assert slopes.empty
    slopes.assign(sweep="test").to_parquet(folder / "clip_slopes.parquet")
    causes = pd.DataFrame({"concept": ["violin"], "label": ["classical"], "planted": [True]})
    matrix = slope_matrix(slopes, causes, BOOTSTRAP)
    assert matrix.empty and "planted" in matrix
    assert "planted" not in slope_matrix(slopes, None, BOOTSTRAP)
    matrix.to_parquet(folder / "slopes.parquet")
    return folder


def test_claims_about_slopes_say_why_they_are_not_judged_and_the_others_are(folder):
    tables = SteeringTables(table_paths(folder), SETTINGS, BOOTSTRAP)
    instance = Instance("steering", "world", tables, STATISTICS)
    rows = judge(claims_of("steering"), [instance], {}, "tiny")
    reasons = {row["id"]: row["reason"] for row in rows if row["verdict"] == "not run"}
    concepts = {f"{p['concept']}-{'-'.join(p['target'])}": p["concept"] for p in PAIRS}
    for name, reason in OF_SLOPES.items():
        parts = {"": ""} if name == "auroc" else concepts
        for part, concept in parts.items():
            id_ = ".".join(filter(None, ("steering", name, "world", part)))
            assert reasons.pop(id_) == reason.format(concept=concept)
    # what else is not judged has reasons that are none of the collapse's
    assert set(reasons) == {
        "steering.learned.counterfactual",
        "steering.accuracy.spoken_digits",
        "steering.auroc.counterfactual",
        "steering.planted.counterfactual",
        "steering.flat.counterfactual",
        "steering.thesis_f1.thesis",
        "steering.thesis_validation_f1.thesis",
        "steering.weakest.thesis",
        "steering.emergence_start.thesis",
        "steering.near_confusion.world",
        "steering.near_confusion.counterfactual",
        "steering.near_confusion.thesis",
        "steering.agreement.world",
        "steering.macro_f1.world",  # a bound for ten classes
    }
    assert reasons["steering.near_confusion.world"] == "the corpus has other classes"
    judged = {row["row"] for row in rows if row["verdict"] != "not run"}
    assert judged == {
        f"steering.{name}"
        for name in (
            "learned",
            "shuffled_probe",
            "above_chance",
            "emergence",
            "least_agreement",
            "multiclass_peak",
            "binary_peak",
            "early_cosine",
        )
    }


@pytest.mark.parametrize("name", ["matrix", "controls", "figure-3.4-steering"])
def test_figures_are_drawn_and_the_matrix_says_so(folder, name):
    drawn = draw(folder, STUDY, name, SETTINGS)
    texts = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert any("collapsed at every strength" in text for text in texts) == (name == "matrix")
    assert drawn.axes
