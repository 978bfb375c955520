"""What figures say of their numbers."""

import pytest

from tonotopy.drawing.style import provenance_note


@pytest.mark.parametrize(
    ("embedded", "sound"),
    [
        (True, "embedded world: a calibration, no replication"),
        (None, "partly embedded sound, partly real recordings"),
        (False, "real recordings"),
    ],
)
def test_captions_tell_where_sound_comes_from_whatever_the_scale_is_called(embedded, sound):
    for scale in ("mini_music", "smoke", "paper"):
        assert provenance_note(scale, "own", embedded) == f"Scale {scale} ({sound}), study own."
