"""The planted world: deterministic, caused as declared, and free of short-cuts."""

from collections import Counter

import numpy as np
import pytest

from tonotopy.corpora.embedded import planted
from tonotopy.corpora.embedded.instruments import INSTRUMENTS
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.seeding import generator

CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
WORLD = MusicWorld(CAUSES, seconds=0.5, rate=8000)


def scores(genre: str, world=WORLD, draws: int = 400):
    return [world.genre_score(genre, generator(0, genre, i)) for i in range(draws)]


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_has_its_cause_and_chance_for_the_rest(genre):
    drawn = scores(genre)
    leads, rhythms = Counter(s.lead for s in drawn), Counter(s.rhythm for s in drawn)
    if genre in CAUSES:
        assert set(leads) == {CAUSES[genre]}
    else:
        assert set(leads) == set(WORLD.neutral_leads) == {"clarinet", "flute", "singing", "trumpet"}
        assert max(leads.values()) < 2 * min(leads.values())
    if genre in RHYTHMS:
        assert set(rhythms) == {genre}
    else:
        rivals = {"metal"} if genre == "rock" else set()
        assert set(rhythms) == set(RHYTHMS) - rivals
    assert 0.2 < np.mean([s.piano for s in drawn]) < 0.4


def test_the_instrument_corpus_has_any_rhythm_and_no_second_piano():
    drawn = [WORLD.instrument_score("flute", generator(0, i)) for i in range(300)]
    assert {s.lead for s in drawn} == {"flute"} and not any(s.piano for s in drawn)
    assert {s.rhythm for s in drawn} == set(RHYTHMS)


def test_the_causal_matrix_follows_the_plant_in_both_worlds():
    matrix = WORLD.causal_matrix()
    assert matrix.shape == (8, 10) and matrix.sum() == 4
    assert matrix[INSTRUMENTS.index("violin"), GENRES.index("classical")]
    swapped = MusicWorld(
        {"classical": "saxophone", "jazz": "guitar", "rock": "violin", "metal": "violin"}
    )
    assert not (matrix & swapped.causal_matrix()).any()
    assert {s.lead for s in scores("classical", swapped, 20)} == {"saxophone"}


def test_tempo_key_and_levels_do_not_depend_on_the_genre():
    """The same random stream gives the same arrangement but for lead and drums."""
    notes = {}
    for genre in ("classical", "jazz"):
        rng = generator(0, "same")
        arrangement = WORLD.draw(WORLD.genre_score(genre, rng), rng)
        tracks = arrangement.tracks(WORLD.seconds)
        rows = [(n.time, n.duration, n.pitch) for p in ("bass", "pad") for n in tracks[p].notes]
        notes[genre] = (arrangement.tempo, rows)
    assert notes["classical"] == notes["jazz"]


@pytest.mark.parametrize("sounds", ["seen", "unseen"])
@pytest.mark.parametrize("lead", INSTRUMENTS)
def test_every_instrument_sounds(lead, sounds):
    world = MusicWorld(CAUSES, sounds=sounds, seconds=0.5)
    sound = world.render(world.instrument_score(lead, generator(1)), generator(2))
    assert sound.shape == (11250,) and sound.dtype == np.float32
    assert np.isfinite(sound).all() and 0.1 < np.abs(sound).max() <= 1


def test_bad_causes_are_refused():
    with pytest.raises(ValueError, match="kazoo"):
        MusicWorld({**CAUSES, "jazz": "kazoo"})
    with pytest.raises(ValueError, match="jazz"):
        MusicWorld({"classical": "violin", "rock": "guitar"})


def build(path, workers=1, train=12):
    planted.build(path, "genre", {"train": train, "test": 10}, WORLD, seed=5, workers=workers)
    return Corpus(path)


def test_corpora_do_not_depend_on_workers_and_growing_changes_no_clip(tmp_path):
    one, two = build(tmp_path / "1/genres"), build(tmp_path / "2/genres", workers=2)
    assert one.info["content_sha256"] == two.info["content_sha256"]
    assert one.faults() == []
    more = build(tmp_path / "3/genres", train=20)
    np.testing.assert_array_equal(more.samples[np.arange(12)], one.samples[np.arange(12)])
    np.testing.assert_array_equal(more.samples[np.arange(20, 30)], one.samples[np.arange(12, 22)])
    assert "violin,classical,True" in (one.path / "causes.csv").read_text()


def test_another_name_or_seed_gives_other_clips(tmp_path):
    one, other = build(tmp_path / "genres"), build(tmp_path / "unseen")
    assert not np.array_equal(one.samples[0], other.samples[0])


def test_an_unknown_task_is_refused(tmp_path):
    with pytest.raises(InputError, match="no task 'genres'.*'genre'"):
        planted.build(tmp_path / "x", "genres", {"train": 1}, WORLD, 0)
