"""Pictures of digits as a corpus: all of them, their pixels in order, split by the seed."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tonotopy.corpora import registry
from tonotopy.corpora.catalogue import is_embedded
from tonotopy.corpora.classes import expected_classes
from tonotopy.corpora.digits import build
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpora") / "digits"
    registry.build(path, {"maker": "digits"}, 3, 1, {})
    return Corpus(path)


def test_every_picture_is_a_clip_with_its_label(digits):
    pictures, labels = load_digits(return_X_y=True)
    assert digits.samples.shape == (1797, 64) and digits.rate == 8000 and digits.faults() == []
    assert digits.classes == list("0123456789") == expected_classes({"maker": "digits"})
    np.testing.assert_allclose(digits.waveforms(slice(None)), pictures / 16, atol=2 / 32768)
    assert list(digits.labels) == list(labels)
    assert list(digits.groups) == list(digits.clips) and digits.clips[7] == "digit-0007"


def test_pixels_are_read_row_by_row(digits):
    images = load_digits().images
    found = digits.waveforms([17, 4])
    np.testing.assert_allclose(found[0].reshape(8, 8), images[17] / 16, atol=2 / 32768)
    assert not np.allclose(found[0].reshape(8, 8), images[17].T / 16, atol=0.1)


def test_the_test_split_is_drawn_by_the_seed(digits, tmp_path):
    def tested(name, seed, test):
        build(tmp_path / name, seed, test)
        corpus = Corpus(tmp_path / name)
        assert set(corpus.splits) == {"train", "test"}
        return set(corpus.clips[corpus.splits == "test"])

    own = set(digits.clips[digits.splits == "test"])
    assert len(own) == 360 and own == tested("a", 3, 360)
    assert len(tested("b", 3, 100)) == 100 and tested("c", 4, 360) != own
    counts = digits.info["counts"]["test"].values()
    assert min(counts) > 15  # a draw, not the end of the list


def test_it_says_what_it_is(digits):
    info = digits.info
    assert info["embedded"] is is_embedded("digits") is True and info["source"] == "scikit-learn"
    assert "no sound" in info["about"] and "Alpaydin" in info["citation"]
    assert "CC BY 4.0" in info["licence"]


@pytest.mark.parametrize("test", [0, 1797])
def test_an_empty_split_is_refused(test, tmp_path):
    told = f"^corpus with maker digits: 'test' is {test}, expected 1 to 1796 of the 1797 pictures$"
    with pytest.raises(InputError, match=told):
        build(tmp_path / "digits", 0, test)
    assert not list(tmp_path.iterdir())
