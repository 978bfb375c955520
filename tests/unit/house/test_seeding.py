import numpy as np
import pytest

from tonotopy.seeding import generator


def test_same_name_same_stream_other_name_other_stream():
    draw = generator(3, "genres", "train", 7).random(5)
    assert np.array_equal(draw, generator(3, "genres", "train", 7).random(5))
    for other in ((3, "genres", "train", 8), (3, "genres", "test", 7), (4, "genres", "train", 7)):
        assert not np.array_equal(draw, generator(other[0], *other[1:]).random(5))


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        generator(-1)
