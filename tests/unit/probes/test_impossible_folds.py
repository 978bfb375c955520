"""A corpus of which a part can be had says why its folds cannot be drawn, and stops nothing."""

import numpy as np
import pytest

from tonotopy.errors import InputError
from tonotopy.probes.folds import folds, impossible

LABELS = np.repeat(["a", "b", "c"], 20)
ONE = np.repeat("speaker", 60)
MANY = np.tile(np.arange(20), 3).astype(str)


def test_one_speaker_has_no_grouped_folds_and_the_reason_is_told():
    told = impossible(LABELS, ONE, "grouped")
    assert told.startswith("class 'a' has 1 group, fewer than the 5 folds: add clips of")
    with pytest.raises(InputError, match=told):
        folds(LABELS, ONE, "grouped")
    assert impossible(LABELS, ONE, "paper") is None
    assert impossible(LABELS, ONE, "paper", keep_groups=True) == told


def test_what_can_be_drawn_has_no_reason():
    for kind in ("paper", "grouped"):
        assert impossible(LABELS, MANY, kind) is None
        assert len(folds(LABELS, MANY, kind)) == 60
    assert "20 clips, fewer than the 21 folds" in impossible(LABELS, MANY, "paper", count=21)
    assert impossible(LABELS, None, "grouped").startswith("no groups are known")


def test_a_request_that_no_corpus_could_meet_is_refused():
    with pytest.raises(InputError, match="'papers' is no kind of folds .did you mean 'paper'"):
        impossible(LABELS, MANY, "papers")
    with pytest.raises(InputError, match="1 folds cannot be tested"):
        impossible(LABELS, MANY, "paper", count=1)
