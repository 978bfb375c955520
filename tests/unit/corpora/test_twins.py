"""Twins differ from their base in the exchanged attribute and in nothing else."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tonotopy.corpora.embedded.arrangement import Arrangement, Touch
from tonotopy.corpora.embedded.attributes import ATTRIBUTES, chosen_values, known_values
from tonotopy.corpora.embedded.instruments import INSTRUMENTS, SOUNDS, TEMPI
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.twins import twins
from tonotopy.errors import InputError
from tonotopy.seeding import generator

ROOT = Path(__file__).parents[3]
CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
WORLD = MusicWorld(CAUSES, seconds=1.1, piano_share=0.5)


def drawn(index: int, world=WORLD) -> Arrangement:
    rng = generator(9, index)
    return world.draw(world.genre_score(GENRES[index % 10], rng), rng)


def stems(arrangement: Arrangement) -> dict[str, np.ndarray]:
    return WORLD.mix(arrangement).parts()


def notes(track) -> list[tuple]:
    return [(n.time, n.duration, n.pitch, n.velocity) for n in track.notes]


def played(arrangement: Arrangement) -> dict[str, tuple]:
    """Program and notes of each track."""
    tracks = arrangement.tracks(WORLD.seconds)
    return {name: (track.program, notes(track)) for name, track in tracks.items()}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_one_field_is_exchanged_and_all_draws_are_kept(attribute):
    base, changed = drawn(3), ATTRIBUTES[attribute]
    values = list(known_values(attribute, "seen").values())
    for value, twin in zip(values, twins(base, attribute, values), strict=True):
        for field in fields(Arrangement):
            expected = value if field.name == changed else getattr(base, field.name)
            assert getattr(twin, field.name) is expected or getattr(twin, field.name) == expected
        assert twin.dressing is base.dressing


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_an_attributes_own_value_gives_the_base_itself(attribute):
    for index in range(6):
        base = drawn(index)
        (twin,) = twins(base, attribute, [getattr(base, ATTRIBUTES[attribute])])
        assert WORLD.perform(twin).heard()[0].tobytes() == WORLD.perform(base).heard()[0].tobytes()


@pytest.mark.parametrize(
    ("attribute", "own"),
    [("lead", "lead"), ("rhythm", "drums"), ("bass", "bass"), ("pad", "pad"), ("piano", "piano")],
)
def test_all_other_stems_are_equal_bit_by_bit(attribute, own):
    for index in range(10):
        base = drawn(index)
        before = stems(base)
        for value in known_values(attribute, "seen").values():
            (twin,) = twins(base, attribute, [value])
            after = stems(twin)
            others = set(before) - {own}
            assert set(after) - {own} == others
            for name in others:
                assert after[name].tobytes() == before[name].tobytes(), (value, name)
            differs = not np.array_equal(before.get(own, 0), after.get(own, 0))
            assert differs == (value != getattr(base, ATTRIBUTES[attribute]))


def test_another_lead_plays_the_same_notes_as_loud_with_a_program_of_its_own():
    programs = {lead: set() for lead in INSTRUMENTS}
    for index in range(40):
        base = drawn(index)
        for twin in twins(base, "lead", INSTRUMENTS):
            program, line = played(twin)["lead"]
            assert line == played(base)["lead"][1]
            programs[twin.lead].add(program)
    assert programs == {lead: set(SOUNDS["seen"][lead]) for lead in INSTRUMENTS}


def test_another_key_moves_every_note_but_the_drums_by_as_many_semitones():
    base = replace(drawn(11), piano=True)
    before = played(base)
    for key, twin in enumerate(twins(base, "key", range(12))):
        after = played(twin)
        assert after["drums"] == before["drums"]
        for name in ("lead", "bass", "pad", "piano"):
            moved = [(t, n, p + key - base.key, v) for t, n, p, v in before[name][1]]
            assert after[name] == (before[name][0], moved)


@pytest.mark.parametrize("tempo", [92.0, 110.5, 138.0])
def test_another_tempo_plays_the_same_bars_and_fills_the_clip(tempo):
    for index in range(10):
        base = drawn(index)
        (twin,) = twins(base, "tempo", [tempo])
        before, after = played(base), played(twin)
        for name in before:
            shared = min(len(before[name][1]), len(after[name][1]))
            assert shared >= 2 and after[name][0] == before[name][0]
            assert after[name][1][:shared] == before[name][1][:shared]
        for name in ("lead", "bass", "pad"):
            onset, length = after[name][1][-1][:2]
            assert (onset + length / 0.9) / 480 * 60 / tempo >= WORLD.seconds + 0.25
        assert WORLD.mix(twin).whole.shape == WORLD.mix(base).whole.shape
        assert WORLD.perform(twin).parts()["lead"][-2000:].any()


def test_a_faster_twin_begins_again_with_the_first_draws():
    touch = Touch(100.0, (1.0, -2.0, 5.0))
    assert touch.of_notes(5).tolist() == [101, 98, 105, 101, 98]
    assert touch.of_notes(2).tolist() == [101, 98]
    short = replace(
        drawn(0),
        chords=(1, 4),
        walk=((1.5, 3), (0.5, 0)),
        tempo=138.0,
        bass_length=2.0,
        key=2,
        scale=(0, 2, 4, 5, 7, 9, 11),
    )
    tracks = short.tracks(6.5)  # 17 + 1 beats
    line = [(n.time / 480, n.pitch) for n in tracks["lead"].notes]
    assert line[:4] == [(0, 64), (1.5, 59), (2, 64), (3.5, 59)] and line[-1] == (17.5, 59)
    roots = [n.pitch for n in tracks["bass"].notes]
    assert roots == [37, 37, 42, 42, 37, 37, 42, 42, 37]


def test_a_denser_rhythm_scatters_its_velocities_with_the_same_draws():
    base = replace(drawn(2), rhythm="reggae")
    touch = base.touches["drums"]
    (twin,) = twins(base, "rhythm", ["metal"])
    strikes = [v for _ in range(0, 4, 4) for _, onsets, v in RHYTHMS["metal"] for _ in onsets]
    scatter = [touch.scatter[i % len(touch.scatter)] for i in range(len(strikes))]
    expected = [
        int(np.clip(touch.velocity * v + s, 1, 127)) for v, s in zip(strikes, scatter, strict=True)
    ]
    assert [n[3] for n in played(twin)["drums"][1]][: len(strikes)] == expected


def test_a_piano_that_is_added_plays_the_melody_at_a_pianos_loudness():
    added = 0
    for index in range(30):
        base = drawn(index)
        (twin,) = twins(base, "piano", [True])
        program, line = played(twin)["piano"]
        assert program in SOUNDS["seen"]["piano"]
        assert [n[:3] for n in line] == [n[:3] for n in played(base)["lead"][1]]
        assert 70 <= base.touches["piano"].velocity <= 100
        assert len(base.touches["piano"].scatter) == len(base.walk)
        added += not base.piano
    assert 8 < added < 22


def test_noise_and_level_of_twins_are_those_of_the_base():
    base = drawn(5)
    for twin in twins(base, "lead", INSTRUMENTS):
        clip = WORLD.perform(twin)
        assert np.abs(clip.whole).max() == pytest.approx(10 ** (base.dressing.level / 20))
        hiss = clip.parts()["noise"]
        assert np.allclose(hiss / hiss.std(), base.dressing.hiss / base.dressing.hiss.std())


def test_what_a_clip_does_not_play_changes_none_of_its_draws():
    """Programs of other leads and the piano come from a stream beside the clip's own."""
    for index in range(12):
        one, other = generator(3, index), generator(3, index)
        score = WORLD.genre_score(GENRES[index % 10], one)
        WORLD.genre_score(GENRES[index % 10], other)
        with_piano, without = replace(score, piano=True), replace(score, piano=False)
        a, b = WORLD.draw(with_piano, one), WORLD.draw(without, other)
        assert (a.tempo, a.walk, a.touches["pad"]) == (b.tempo, b.walk, b.touches["pad"])
        assert b.touches["piano"] != a.touches["piano"]
        scatter = {s for part in ("lead", "bass", "pad", "drums") for s in b.touches[part].scatter}
        assert not scatter & set(b.touches["piano"].scatter)


# values


def test_values_by_name():
    assert list(chosen_values("lead", None)) == list(INSTRUMENTS)
    assert list(chosen_values("rhythm", None)) == list(RHYTHMS)
    assert chosen_values("bass", None, "unseen") == {"34": 34, "35": 35}
    assert chosen_values("pad", [89], "seen") == {"89": 89}
    assert chosen_values("key", [11, 0]) == {"11": 11, "0": 0}
    assert chosen_values("piano", None) == {"absent": False, "present": True}
    tempi = {"92": 92.0, "103.5": 103.5, "115": 115.0, "126.5": 126.5, "138": 138.0}
    assert chosen_values("tempo", None) == tempi and TEMPI == (92, 138)
    assert chosen_values("tempo", [138, 92, 100.25]) == {"138": 138, "92": 92, "100.25": 100.25}


@pytest.mark.parametrize(
    ("attribute", "values", "message"),
    [
        ("leed", None, "twins have no attribute 'leed' .did you mean 'lead'"),
        ("lead", ["violn"], "attribute 'lead' has no value 'violn' .did you mean 'violin'"),
        ("rhythm", ["disco", "polka"], "attribute 'rhythm' has no value 'polka' .known: blues"),
        ("bass", [34], "attribute 'bass' has no value '34' .known: 32, 33"),
        ("key", [12], "attribute 'key' has no value '12'"),
        ("key", [True], "attribute 'key' has no value 'True'"),
        ("piano", ["presnt"], "attribute 'piano' has no value 'presnt' .did you mean 'present'"),
        ("tempo", [91.9], "tempo 91.9: expected 92 to 138 beats per minute"),
        ("tempo", [138.1], "tempo 138.1: expected 92 to 138"),
        ("tempo", ["slow"], "tempo slow: expected 92 to 138"),
        ("lead", ["flute", "violin", "flute"], "attribute 'lead': value 'flute' is named twice"),
        ("lead", [], "at least one value of 'lead'"),
    ],
)
def test_bad_attributes_and_values_are_refused_with_the_nearest_name(attribute, values, message):
    with pytest.raises(InputError, match=message):
        chosen_values(attribute, values)


def test_twins_of_an_unknown_attribute_are_refused():
    with pytest.raises(InputError, match=r"no attribute 'tempi' .did you mean 'tempo'"):
        twins(drawn(0), "tempi", [100])
