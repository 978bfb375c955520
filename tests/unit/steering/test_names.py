"""Concepts and classes that a study names must be there."""

import pytest

from tonotopy.errors import InputError
from tonotopy.studies.steering.names import check_names

STUDY = {"concepts": "sounds", "pairs": [{"concept": "violin", "target": ["rock", "metal"]}],
         "flat": "piano"}  # fmt: skip
CONCEPTS, CLASSES = ["piano", "violin"], ["metal", "rock"]


def test_known_names_pass():
    assert check_names("x", STUDY, CONCEPTS, CLASSES) is None
    assert check_names("x", {**STUDY, "flat": None}, CONCEPTS, CLASSES) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"flat": "pianno"}, "steering.x.flat: sounds has no class 'pianno'.*'piano'"),
        ({"pairs": [{"concept": "viola", "target": ["rock"]}]},
         "steering.x.pairs.0.concept: sounds has no class 'viola'.*'violin'"),
        ({"pairs": [{"concept": "violin", "target": ["rocks"]}]},
         "steering.x.pairs.0.target: the network's corpus has no class 'rocks'.*'rock'"),
    ],
)  # fmt: skip
def test_unknown_names_are_told_with_the_nearest(change, told):
    with pytest.raises(InputError, match=told):
        check_names("x", {**STUDY, **change}, CONCEPTS, CLASSES)
