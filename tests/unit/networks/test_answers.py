"""Studies that need classes ask in one place whether a network has them."""

import pytest

from tonotopy.errors import InputError
from tonotopy.networks.answers import check_classifies
from tonotopy.networks.published import PUBLISHED

OWN = {"module": "mine:Net", "classes": ["loud", "quiet", "still"]}
ENTRY = {"network": "mine"}


def refused(entry, network, study="looking"):
    with pytest.raises(InputError) as told:
        check_classifies("looking.one.outputs", entry, network, study)
    return str(told.value)


def test_a_published_network_classifies_or_does_not():
    with_classes = sorted(name for name, one in PUBLISHED.items() if one.classes)
    without = sorted(name for name, one in PUBLISHED.items() if not one.classes)
    assert with_classes and without
    for name in with_classes:
        check_classifies("x", ENTRY, {"published": name}, "looking")
    for name in without:
        told = refused(ENTRY, {"published": name})
        assert told == "looking.one.outputs: network 'mine' does not classify"


def test_a_network_of_ones_own_needs_names_of_outputs():
    for classes in ({}, {"classes": []}):
        network = {"module": "mine:Net", **classes}
        for study in ("looking", "hearing"):
            told = f"networks.mine.classes: {study} needs the names of its outputs"
            assert refused(ENTRY, network, study) == told


def test_outputs_must_be_there_by_name_or_number():
    for outputs in (None, {}, {"a": "quiet", "b": 0}, {"a": 2, "b": "loud"}):
        check_classifies("x", {**ENTRY, "outputs": outputs}, OWN, "looking")
    check_classifies("x", ENTRY, OWN, "looking")
    told = refused({**ENTRY, "outputs": {"a": "still", "b": "quit"}}, OWN)
    assert told == (
        "looking.one.outputs: network 'mine' has no output 'quit' (did you mean 'quiet'?)"
    )
    told = refused({**ENTRY, "outputs": {"a": 0, "b": 3}}, OWN)
    assert told == (
        "looking.one.outputs: network 'mine' has no output '3' (known: loud, quiet, still)"
    )


def test_a_network_that_is_trained_here_has_the_classes_of_its_corpus():
    network = {"architecture": "ast", "corpus": "genres"}
    check_classifies("x", {**ENTRY, "outputs": {"a": "whatever"}}, network, "looking")


@pytest.mark.parametrize(
    ("outputs", "first", "second", "output"),
    [
        ({"a": "quiet", "b": "quiet"}, "a", "b", 1),
        ({"a": "quiet", "b": "loud", "c": 1}, "a", "c", 1),
        ({"a": 2, "b": "still"}, "a", "b", 2),
        ({"a": 0, "b": 0}, "a", "b", 0),
    ],
)
def test_two_classes_have_no_output_in_common(outputs, first, second, output):
    told = refused({**ENTRY, "outputs": outputs}, OWN)
    assert told == (
        f"looking.one.outputs: '{first}' and '{second}' have the same output {output}: every class "
        "needs one of its own"
    )


def test_outputs_whose_numbers_are_not_known_yet_are_compared_by_name():
    told = refused({**ENTRY, "outputs": {"a": "quiet", "b": "quiet"}}, {"architecture": "ast"})
    assert told.startswith("looking.one.outputs: 'a' and 'b' have the same output 'quiet'")
