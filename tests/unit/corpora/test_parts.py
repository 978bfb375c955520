"""A clip is the sum of its parts, in memory, and no bit of it depends on them."""

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from written_out import CAUSES, OPTIONS, SETTING, SIZES, WRITTEN_OUT, planted_clip, summed

from tonotopy.corpora.embedded.mixture import Dressing, Mixture, dress
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.embedded.tasks import TASKS
from tonotopy.seeding import generator


def compare(task):
    """Each clip as it is made, as written out, its parts and its labels."""
    rows = []
    for index in range(SIZES[task]):
        clip = TASKS[task].render(SETTING, "train", index, **OPTIONS.get(task, {}))
        expected = WRITTEN_OUT[task](index, SETTING.rng("train", index))
        rows.append((clip.samples, expected, clip.mixture.heard(parts=True)[1], clip.label))
    return rows


@pytest.fixture(scope="module", params=sorted(SIZES))
def compared(request):
    with ProcessPoolExecutor(1) as pool:  # speech wants a process of its own
        return request.param, pool.submit(compare, request.param).result()


def test_embedded_clips_are_bit_by_bit_what_is_written_out(compared):
    _, rows = compared
    for samples, expected, _, _ in rows:
        assert samples.dtype == np.float32 and np.abs(samples).max() > 0.01
        assert samples.tobytes() == expected.tobytes()


def test_parts_sum_to_the_clip_and_are_named_after_what_is_heard(compared):
    task, rows = compared
    for samples, _, parts, label in rows:
        assert np.abs(summed(parts) - samples).max() < 1e-6
        assert set(parts) <= set(TASKS[task].parts) and "noise" in parts
        assert all(part.shape == samples.shape and part.any() for part in parts.values())
        if task == "speakers":
            assert set(parts) == {"noise", *(f"voice {i + 1}" for i in range(int(label)))}
        elif task == "events":
            assert set(parts) == {"noise", *label}
        else:
            assert set(parts) == {"noise", "source"}


@pytest.mark.parametrize("sounds", ["seen", "unseen"])
def test_planted_clips_are_bit_by_bit_what_is_written_out(sounds):
    world = MusicWorld(CAUSES, sounds=sounds, seconds=0.8, piano_share=0.5)
    pianos = 0
    for index in range(23):
        genre = GENRES[index % 10]
        rng = generator(7, sounds, index)
        score = world.genre_score(genre, rng)
        expected = planted_clip(score, sounds, 0.8, 22500, rng)
        again = generator(7, sounds, index)
        sound = world.render(world.genre_score(genre, again), again)
        assert sound.dtype == np.float32 and sound.tobytes() == expected.tobytes()
        assert rng.random() == again.random()  # no draw more, no draw less
        pianos += score.piano
    assert 4 < pianos < 19


@pytest.mark.parametrize("sounds", ["seen", "unseen"])
def test_stems_rendered_alone_sum_to_what_is_rendered_together(sounds):
    world = MusicWorld(CAUSES, sounds=sounds, seconds=1.3, piano_share=0.5)
    names = set()
    for index in range(22):
        rng = generator(1, sounds, index)
        arrangement = world.draw(world.genre_score(GENRES[index % 10], rng), rng)
        mixture = world.mix(arrangement)
        stems = mixture.parts()
        assert np.abs(summed(stems) - mixture.whole).max() < 2e-6 * np.abs(mixture.whole).max()
        clip, parts = world.perform(arrangement).heard(parts=True)
        assert np.abs(summed(parts) - clip).max() < 1e-6
        assert set(parts) == {*stems, "noise"}
        assert set(stems) == {"lead", "bass", "pad", "drums", *(["piano"] * arrangement.piano)}
        for name in set(stems) - {"drums"}:  # one stem is no copy of another
            assert np.abs(stems[name] - stems["drums"]).max() > 0.01
        names |= set(stems)
    assert "piano" in names


# the mixture itself


def test_a_mixture_goes_through_linear_functions_as_its_parts_do():
    sounds = {"a": np.array([1.0, -2.0, 4.0]), "b": np.array([0.5, 3.0, -3.0])}
    mixture = Mixture.of(sounds)
    assert mixture.whole.tolist() == [1.5, 1.0, 1.0]
    more = mixture.through(lambda s: 2 * s[1:]).plus("c", np.array([10.0, 20.0]))
    assert more.whole.tolist() == [12.0, 22.0]
    parts = {name: part.tolist() for name, part in more.parts().items()}
    assert parts == {"a": [-4.0, 8.0], "b": [6.0, -6.0], "c": [10.0, 20.0]}
    assert list(mixture.parts()) == ["a", "b"]
    assert more.heard()[1] is None and more.heard(parts=True)[1]["c"].dtype == np.float32


def test_parts_are_not_computed_until_they_are_asked_for():
    calls = []
    mixture = Mixture(np.ones(3), lambda: calls.append(1) or {"a": np.ones(3)})
    mixture.through(np.negative).plus("b", np.ones(3)).heard()
    assert calls == []
    mixture.heard(parts=True)
    assert calls == [1]


def test_noise_and_level_of_a_dressing_are_where_they_are_said_to_be():
    sound = 3 * np.sin(np.arange(4000) / 7)
    hiss = generator(0).standard_normal(4000)
    clip = dress(Mixture.of({"x": sound}), Dressing(hiss, hiss_level=-50, level=-6))
    assert np.abs(clip.whole).max() == pytest.approx(10 ** (-6 / 20))
    parts = clip.parts()
    ratio = np.sqrt(np.mean(parts["noise"] ** 2)) / np.abs(parts["x"]).max()
    assert 20 * np.log10(ratio) == pytest.approx(-50, abs=0.3)
    with pytest.raises(ValueError, match="nothing sounds"):
        dress(Mixture.of({"x": np.zeros(4000)}), Dressing(hiss, -50, -6))
