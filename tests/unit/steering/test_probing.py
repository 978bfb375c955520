"""Probing layer by layer equals probing one stack of layers, to the bit; and what is read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from worlds import tone_corpus

from tonotopy.activations import array_on_disk
from tonotopy.errors import InputError
from tonotopy.files import replacing, write_json
from tonotopy.probes.linear import balanced_draw, fit_linear
from tonotopy.probes.scores import macro_f1
from tonotopy.seeding import generator
from tonotopy.studies.steering.nulls import VECTORS
from tonotopy.studies.steering.probing import (
    ProbeData,
    ProbeOptions,
    fit_binary,
    probe_study,
    read_activations,
)

CLASSES = ["a", "b", "c"]
OPTIONS = ProbeOptions(seeds=4, null_seeds=3, per_class=25, inverse_penalty=0.1)
CLIPS, LAYERS = 240, 3


def data(tokens: np.ndarray, labels, widths=None, seed: int = 0) -> ProbeData:
    """Layers cut from one stack (clips, layers, width), over clips in no order."""
    rng = np.random.default_rng(seed)
    splits = rng.permutation(np.array(["train", "test"] * (CLIPS // 2), dtype=object))
    clips = np.array([f"c{i}" for i in range(CLIPS)], dtype=object)
    groups = np.array([f"g{i // 2}" for i in range(CLIPS)], dtype=object)
    widths = widths or [tokens.shape[2]] * LAYERS
    layers = {f"l{9 - i}": np.ascontiguousarray(tokens[:, i, :w]) for i, w in enumerate(widths)}
    return ProbeData(layers, np.arange(CLIPS), labels, splits, clips, groups, CLASSES)


def stack_of(seed: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1, 2], [100, 60, 80]))
    tokens = rng.normal(size=(CLIPS, LAYERS, width)).astype(np.float32)
    tokens[np.arange(CLIPS), 1, labels] += 2
    tokens[np.arange(CLIPS), 2, labels + 1] += 1
    return tokens, labels


def stacked_binary(tokens, labels, splits, options, seed, name):
    """The computation over one array (clips, layers, width), written out."""
    x, y, x_test, y_test = (
        values[splits == split] for split in ("train", "test") for values in (tokens, labels)
    )
    weights = np.empty((options.seeds, len(CLASSES), LAYERS, tokens.shape[2]), dtype=np.float32)
    rows = []
    for concept, concept_name in enumerate(CLASSES):
        positive, held_out = y == concept, y_test == concept
        draws = generator(seed, "probe-test", concept_name)
        judged = balanced_draw(held_out, None, draws)
        for draw in range(options.seeds):
            rng = generator(seed, "probe", name, concept_name, draw)
            if name == "shuffled":
                positive, held_out = rng.permutation(positive), rng.permutation(held_out)
                judged = balanced_draw(held_out, None, draws)
            chosen = balanced_draw(positive, options.per_class, rng)
            for layer in range(LAYERS):
                probe = fit_linear(x[chosen, layer], positive[chosen], options.inverse_penalty)
                weights[draw, concept, layer] = probe.weights[0]
                predicted = probe.predict(x_test[judged, layer])
                score = macro_f1(held_out[judged].astype(int), predicted.astype(int), 2)
                rows.append((name, concept_name, layer, draw, float(score)))
    columns = ["vectors", "concept", "layer", "seed", "macro_f1"]
    return weights, pd.DataFrame(rows, columns=columns)


def stacked_agreement(vectors, name):
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-8)
    seeds = len(vectors)
    total = np.square(np.linalg.norm(unit.sum(axis=0), axis=-1))
    found = (total - seeds) / (seeds * (seeds - 1))
    index = pd.MultiIndex.from_product(
        [[name], CLASSES, range(LAYERS)], names=["vectors", "concept", "layer"]
    )
    return pd.DataFrame({"cosine": found.ravel()}, index=index).reset_index()


def stacked_cosines(concepts, classes):
    unit = [v / np.linalg.norm(v, axis=-1, keepdims=True).clip(1e-12) for v in (concepts, classes)]
    cosines = np.einsum("sclw,sklw->sckl", *unit)
    axes = [range(len(cosines)), CLASSES, CLASSES, range(LAYERS)]
    index = pd.MultiIndex.from_product(axes, names=["seed", "concept", "class", "layer"])
    return pd.DataFrame({"cosine": cosines.ravel()}, index=index).reset_index()


@pytest.mark.parametrize("width", [24, 192])
def test_layers_of_one_width_give_what_their_stack_gives_to_the_bit(width):
    parts = {
        name: stack_of(seed, width) for seed, name in enumerate(("trained", "untrained", "classes"))
    }
    given = {name: data(*part, seed=0) for name, part in parts.items()}
    study = probe_study(*given.values(), OPTIONS, seed=5)
    splits = given["trained"].splits
    tokens, labels = parts["trained"]
    sources = {"trained": (tokens, labels), "shuffled": (tokens, labels)} | {
        "untrained": parts["untrained"]
    }
    scores, agreement, expected = [], [], {}
    for name, (x, y) in sources.items():
        seeds = 4 if name == "trained" else 3
        options = ProbeOptions(seeds, 3, 25, 0.1)
        expected[name], table = stacked_binary(x, y, splits, options, 5, name)
        scores.append(table)
        agreement.append(stacked_agreement(expected[name], name))
    x, y = parts["classes"]
    whole = np.array(["train"] * CLIPS + ["test"] * CLIPS)
    twice = np.concatenate([x, x]), np.concatenate([y, y])
    classes, _ = stacked_binary(*twice, whole, ProbeOptions(3, 3, 25, 0.1), 5, "classes")
    expected["classes"] = classes
    assert list(study.vectors) == [*expected, "correlated"]
    check_contrasts(study.vectors.pop("correlated"), tokens[splits == "train"])
    check_clips(study.clips, study.scores, given["trained"])
    for name, stacked in expected.items():
        assert list(study.vectors[name]) == ["l9", "l8", "l7"]
        for i, found in enumerate(study.vectors[name].values()):
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, stacked[:, :, i])
    exactly = {"check_exact": True}
    pd.testing.assert_frame_equal(study.scores, pd.concat(scores, ignore_index=True), **exactly)
    pd.testing.assert_frame_equal(
        study.agreement, pd.concat(agreement, ignore_index=True), **exactly
    )
    cosines = stacked_cosines(expected["trained"][:3], classes)
    pd.testing.assert_frame_equal(study.cosines, cosines, **exactly)
    assert study.cosines["cosine"].abs().max() > 0.1
    pd.testing.assert_frame_equal(
        study.predictions[study.predictions["vectors"] == "trained"],
        stacked_multiclass(tokens, labels, splits, given["trained"]),
        **exactly,
    )


def check_contrasts(vectors, tokens):
    """Sums of clips' activations with the same weights, which sum to 0, in every layer."""
    weights = generator(5, "correlated vectors").standard_normal((VECTORS, len(tokens)))
    for layer, found in enumerate(vectors.values()):
        assert found.shape == (VECTORS, 1, tokens.shape[2])
        for vector in (0, 41, VECTORS - 1):
            own = weights[vector] - weights[vector].mean()
            expected = sum(
                w * clip[layer].astype(float) for w, clip in zip(own, tokens, strict=True)
            )
            np.testing.assert_allclose(found[vector, 0], expected, rtol=1e-4, atol=1e-3)


def check_clips(clips, scores, data):
    """Shares of probes that tell a clip rightly give the probes' accuracy, near their macro-F1."""
    assert set(clips["vectors"]) == {"trained", "untrained"}
    groups = dict(zip(data.clips, data.groups, strict=True))
    assert (clips["group"] == clips["clip"].map(groups)).all()
    labels = dict(zip(data.clips, data.labels, strict=True))
    trained = clips[clips["vectors"] == "trained"]
    assert (
        trained["positive"]
        == (trained["clip"].map(labels) == trained["concept"].map(CLASSES.index))
    ).all()
    keys = ["vectors", "concept", "layer"]
    means = clips.groupby(keys)["right"].mean()
    of_seeds = scores.groupby(keys)["macro_f1"].mean().loc[means.index]
    assert (means - of_seeds).abs().max() < 0.02 and means.max() > 0.65
    assert (trained["right"] * 4 % 1 == 0).all()


def stacked_multiclass(tokens, labels, splits, data):
    train, test = splits == "train", splits == "test"
    x, y = tokens[train], labels[train]
    chosen = balanced_draw(y, None, generator(5, "multiclass", "trained"))
    names, tables = np.array(CLASSES, dtype=object), []
    for layer in range(LAYERS):
        probe = fit_linear(x[chosen, layer], y[chosen], 0.1)
        predicted = probe.predict(tokens[test][:, layer])
        columns = {
            "clip": data.clips[test],
            "group": data.groups[test],
            "label": names[labels[test]],
            "predicted": names[predicted],
        }
        tables.append(pd.DataFrame({"vectors": "trained", "layer": layer, **columns}))
    return pd.concat(tables, ignore_index=True)


def test_layers_of_different_widths_are_probed_one_by_one():
    tokens, labels = stack_of(0, 24)
    widths = [5, 24, 11]
    some = data(tokens, labels, widths)
    study = probe_study(some, some, some, OPTIONS, seed=2)
    for kind, seeds in {"trained": 4, "shuffled": 3, "untrained": 3, "classes": 3}.items():
        shapes = {name: v.shape for name, v in study.vectors[kind].items()}
        assert shapes == {f"l{9 - i}": (seeds, 3, w) for i, w in enumerate(widths)}
    scores = study.scores[study.scores["vectors"] == "trained"].groupby("layer")["macro_f1"].mean()
    assert list(scores.index) == [0, 1, 2] and scores[1] > scores[2] > scores[0] + 0.05
    alone = data(tokens[:, 1:2].repeat(3, axis=1), labels)
    probes = fit_binary(alone.part("train"), alone.part("test"), OPTIONS, 2, "trained")
    np.testing.assert_array_equal(probes.weights["l9"], study.vectors["trained"]["l8"])


def test_subsamples_that_are_smaller_than_asked_for_are_told(capsys):
    """Of 100, 60 and 80 clips in both splits."""
    tokens, labels = stack_of(5, 4)
    clips = data(tokens, labels)
    train, test = clips.part("train"), clips.part("test")
    counts = np.bincount(train.labels)
    fit_binary(train, test, replace(OPTIONS, per_class=int(counts.min())), 1, "trained")
    assert capsys.readouterr().out == ""
    asked = int(np.sort(counts)[1])
    fit_binary(train, test, replace(OPTIONS, per_class=asked), 1, "trained")
    smallest = CLASSES[int(counts.argmin())]
    told = capsys.readouterr().out
    assert f"fewer than per_class {asked} clips for {smallest} ({counts.min()});" in told


def test_a_part_reads_its_own_rows():
    tokens, labels = stack_of(0, 6)
    whole = data(tokens, labels)
    test = whole.part("test")
    kept = whole.splits == "test"
    np.testing.assert_array_equal(test.of("l8"), tokens[kept, 1])
    np.testing.assert_array_equal(test.of("l7", np.array([5, 2])), tokens[kept, 2][[5, 2]])
    np.testing.assert_array_equal(test.labels, labels[kept])
    assert (test.clips == whole.clips[kept]).all() and set(test.splits) == {"test"}
    assert (test.groups == whole.groups[kept]).all()


def stored_arrays(folder, clips: int) -> dict[str, np.ndarray]:
    rng, arrays = np.random.default_rng(clips), {}
    with replacing(folder) as draft:
        draft.mkdir()
        for place, (name, width) in enumerate({"z": 3, "a": 5}.items()):
            arrays[name] = rng.normal(size=(clips, width)).astype(np.float32)
            array_on_disk(draft / f"{place:03d}-{name}.npy", (clips, width))[:] = arrays[name]
        write_json(draft / "index.json", {"layers": ["z", "a"], "clips": clips}, checksums=False)
    return arrays


def test_stored_activations_are_joined_with_labels(tmp_path):
    corpus = tone_corpus(tmp_path / "tones", (12, 9, 6))
    arrays = stored_arrays(tmp_path / "all", 27)
    whole = read_activations(tmp_path / "all", corpus)
    assert list(whole.activations) == ["z", "a"] and whole.classes == corpus.classes
    np.testing.assert_array_equal(whole.of("a"), arrays["a"])
    np.testing.assert_array_equal(whole.part("test").of("z"), arrays["z"][corpus.splits == "test"])
    arrays = stored_arrays(tmp_path / "part", 9)
    part = read_activations(tmp_path / "part", corpus, "validation")
    np.testing.assert_array_equal(part.of("z"), arrays["z"])
    rows = corpus.indices("validation")
    assert part.clips.tolist() == corpus.clips[rows].tolist()
    assert part.groups.tolist() == corpus.groups[rows].tolist()
    assert part.labels.tolist() == corpus.labels[rows].tolist()
    told = "all: activations of 27 clips, but corpus tones's validation split has 9"
    with pytest.raises(InputError, match=told):
        read_activations(tmp_path / "all", corpus, "validation")
    with pytest.raises(InputError, match="part: activations of 9 clips, but corpus tones has 27"):
        read_activations(tmp_path / "part", corpus)
