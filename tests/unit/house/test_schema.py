"""The schema of config.yaml knows exactly what the code takes."""

import inspect
from dataclasses import fields

import pytest
from configs import SCHEMA

from tonotopy.corpora.catalogue import EMBEDDED, PUBLIC
from tonotopy.corpora.embedded.attributes import ATTRIBUTES
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.embedded.tasks import TASKS
from tonotopy.frontends.domains import DOMAINS, MEANING, ORDER
from tonotopy.frontends.registry import FRONT_ENDS
from tonotopy.networks.published import INITIAL, PUBLISHED
from tonotopy.networks.registry import ARCHITECTURES
from tonotopy.networks.transformer_kinds import KINDS
from tonotopy.training.augmentation.declared import TRANSFORMS
from tonotopy.training.augmentation.registry import FUNCTIONS
from tonotopy.training.objectives import OBJECTIVES
from tonotopy.training.optimisers import OPTIMISERS, SCHEDULES
from tonotopy.training.settings import TrainingSettings

DEFINED = SCHEMA["$defs"]
OTHERS = {"own", "transferred", "transformer"}  # that are not trained by their entry
GIVEN = {"self", "classes", "mels", "frames", "texts"}  # by corpus and front end


@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_settings_of_front_ends(kind):
    known = {field.name for field in fields(FRONT_ENDS[kind][0])} | {"kind"}
    fitted = {"mean", "std"} if kind == "log_mel" else set()
    assert set(DEFINED[f"{kind}_front_end"]["properties"]) == known - fitted


@pytest.mark.parametrize("name", sorted(set(ARCHITECTURES) - {"codec", *OTHERS}))
def test_arguments_of_architectures(name):
    taken = set(inspect.signature(ARCHITECTURES[name].network.__init__).parameters) - GIVEN
    if name == "cnn14":  # a training needs its classes, which exclude the projection
        taken -= {"projection"}
    assert set(DEFINED[name]["properties"]) == taken
    assert name in DEFINED["network"]["properties"]["architecture"]["enum"]


def test_names_of_makers_tasks_networks_and_objectives():
    makers = SCHEMA["properties"]["corpora"]["additionalProperties"]["properties"]["maker"]["enum"]
    assert set(makers) == {*PUBLIC, *EMBEDDED, "folder", "audioset"}
    twins = DEFINED["planted_twins"]["properties"]
    assert set(twins["attribute"]["enum"]) == set(ATTRIBUTES)
    assert set(twins["of"]["properties"]) == {field.name for field in fields(MusicWorld)}
    embedded = DEFINED["embedded"]["properties"]
    assert set(embedded["task"]["enum"]) == set(TASKS)
    options = {name for task in TASKS.values() for name in task.options}
    assert set(embedded) == {"maker", "task", "clips", "seconds", "rate", "parts", *options}
    published = DEFINED["published_network"]["properties"]["published"]["enum"]
    assert set(published) == set(PUBLISHED)
    assert set(DEFINED["network"]["properties"]["initial_weights"]["enum"]) == {*INITIAL, None}
    assert DEFINED["transformer_network"]["properties"]["kind"]["enum"] == list(KINDS)
    training = DEFINED["network"]["properties"]["training"]["properties"]
    assert set(training) == {field.name for field in fields(TrainingSettings)}
    assert tuple(training["objective"]["enum"]) == OBJECTIVES
    assert training["optimiser"]["enum"] == list(OPTIMISERS)
    assert training["schedule"]["enum"] == list(SCHEDULES)


def test_transforms_and_their_settings():
    entry = DEFINED["augmentation"]["items"]
    assert entry["properties"]["transform"]["enum"] == list(TRANSFORMS) == list(FUNCTIONS)
    shapes = {}
    for rule in entry["allOf"]:
        shape = DEFINED[rule["then"]["$ref"].rpartition("/")[2]]
        shapes |= dict.fromkeys(rule["if"]["properties"]["transform"]["enum"], shape)
    assert list(shapes) == list(TRANSFORMS)
    for name, declared in TRANSFORMS.items():
        known = {field.name for field in fields(declared.settings)} | {"transform"}
        assert set(shapes[name]["properties"]) == known
        assert declared.domain in ORDER


def test_domains_of_front_ends():
    assert set(DOMAINS) == set(FRONT_ENDS) and set(MEANING) == set(ORDER)
    for passed in DOMAINS.values():
        assert list(passed) == [domain for domain in ORDER if domain in passed]
