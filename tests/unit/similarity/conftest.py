"""The corpus and networks that several tests of study 5 share."""

from types import SimpleNamespace

import pytest
from similar_worlds import CLASSES, save_vgg, write_tones


@pytest.fixture(scope="session")
def tones(tmp_path_factory):
    """A corpus with groups, a network, another one, and one that learned no sound."""
    folder = tmp_path_factory.mktemp("tones")
    corpus = write_tones(folder / "tones")
    save_vgg(folder / "net", 1, CLASSES)
    save_vgg(folder / "net2", 2, CLASSES)
    save_vgg(folder / "pictures", 3, ["0", "1"])
    return SimpleNamespace(folder=folder, corpus=corpus)
