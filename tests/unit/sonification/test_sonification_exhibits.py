"""What can be heard of clips: whole folders, the right maps of the right networks, equal bytes."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    HEARD,
    SNAPSHOTS,
    Written,
    labels_of,
    one_part,
    one_sound,
    written,
)

from tonotopy.ears import Column, Ear
from tonotopy.errors import InputError
from tonotopy.frontends.spectrograms import spectrogram
from tonotopy.frontends.ticks import linear_ticks
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle, load
from tonotopy.studies.sonification.exhibits import NOTE, write_exhibits

ABOUT = {"study": "sonification", "instance": "events", "scale": "mini"}
SOME = ["block3", "block8"]
NETWORKS = ["supervised", "contrastive"]


def selected() -> pd.DataFrame:
    """Another map for every network, run, layer and class; the deepest has none for some."""
    rows = [
        {"network": network, "run": run, "layer": layer, "label": label,
         "map": -1 if (layer, label) == ("block8", "rare") else (n + 2 * d + c + run) % 5}
        for n, network in enumerate(NETWORKS)
        for run in (1, 0)
        for d, layer in enumerate(SOME)
        for c, label in enumerate(CLASSES)
    ]  # fmt: skip
    return pd.DataFrame(rows).sample(frac=1, random_state=4)


def networks(world):
    return [(Column(name, 0, str(world.folder / name)), world.ear(name, SOME)) for name in NETWORKS]


def write(world, path, clips, epochs=SNAPSHOTS, corpus=None, heard=None):
    heard = networks(world) if heard is None else heard
    write_exhibits(path, heard, corpus or world.events, clips, selected(), epochs, ABOUT)
    return json.loads((path / "exhibits.json").read_text())


@pytest.fixture(scope="module")
def shown(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("shown") / "exhibits"
    clips = world.test[[2, 5, 6, 0]]
    return path, clips, write(world, path, clips)


def chosen(network, layer, label):
    maps = selected()
    own = maps[(maps["network"] == network) & (maps["run"] == 0)]
    return int(own.set_index(["layer", "label"])["map"][layer, label])


def expected_tracks(world, position):
    """Name and sound of every track of a clip, as loud as they come."""
    label = labels_of(world.events, position)[0]
    tracks = {"original": one_sound(world.events, position)}
    for name in labels_of(world.events, position):
        tracks[f"event: {name}"] = one_part(world.events, position, name)
    for network in NETWORKS:
        passed = written(world.ear(network), world.events, position)
        layers = [layer for layer in SOME if chosen(network, layer, label) >= 0]
        for layer in layers:
            own = passed.sonify(BLOCKS.index(layer), chosen(network, layer, label))
            tracks[f"{network}, {layer}"] = own
        if layers:
            sonified = own * np.abs(tracks["original"]).max() / max(np.abs(own).max(), 1e-30)
            left = tracks["original"] - sonified
            tracks[f"clip without {network}, {layers[-1]}"] = left
        for epoch in SNAPSHOTS if network == "supervised" else []:
            features = load(world.folder / network, epoch).network.features
            passed = Written(features, one_sound(world.events, position))
            own = passed.sonify(BLOCKS.index(layers[-1]), chosen(network, layers[-1], label))
            tracks[f"{network}, {layers[-1]}, epoch {epoch}"] = own
    return tracks


def test_the_index_says_what_there_is(world, shown):
    _, clips, index = shown
    about = {key: value for key, value in index.items() if key != "exhibits"}
    assert about == {**ABOUT, "note": NOTE}
    assert [entry["folder"] for entry in index["exhibits"]] == list("0123")
    assert {labels_of(world.events, p)[0] for p in clips} > {"rare"}
    for entry, position in zip(index["exhibits"], clips, strict=True):
        label = labels_of(world.events, position)[0]
        assert entry["title"] == f"{world.events.clips[position]}, {label}"
        assert (entry["label"], entry["network"]) == (label, "")
        assert entry["facts"] == {"group": world.events.groups[position]}
        assert (entry["seconds"], entry["ticks"]) == (0.5, linear_ticks(HEARD))


def test_every_track_is_what_its_name_says(world, shown):
    path, clips, index = shown
    for entry, position in zip(index["exhibits"], clips, strict=True):
        expected = expected_tracks(world, position)
        names = [track["name"] for track in entry["tracks"]]
        assert sorted(names) == sorted(expected) and names[0] == "original"
        for track in entry["tracks"]:
            heard, rate = soundfile.read(path / entry["folder"] / track["audio"])
            own = expected[track["name"]]
            assert rate == HEARD and len(heard) == len(own) == 4000
            if np.abs(own).max() == 0:
                assert np.abs(heard).max() == 0
                continue
            assert np.corrcoef(heard, own)[0, 1] > 0.999, track["name"]
            assert (path / entry["folder"] / track["picture"]).is_file()
        assert (path / entry["folder"] / "input.png").is_file()


def test_tracks_say_which_map_of_which_network_they_are(shown):
    _, _, index = shown
    seen = 0
    for entry in index["exhibits"]:
        for track in entry["tracks"]:
            facts = track["facts"]
            if not facts:
                kind = "original" if track["name"] == "original" else "part"
                assert track["kind"] == kind and track["name"].startswith(("original", "event: "))
                continue
            network, layer, epoch = facts["network"], facts["layer"], facts.get("epoch")
            plain = f"{network}, {layer}"
            assert (track["kind"], track["name"]) in {
                ("epoch", f"{plain}, epoch {epoch}"),
                ("sonification" if epoch is None else "", plain),
                ("residual" if epoch is None else "", f"clip without {plain}"),
            }
            assert facts["map"] == chosen(network, layer, entry["label"])
            seen += epoch is not None
    assert seen == 4 * len(SNAPSHOTS)


def test_networks_stand_side_by_side_layer_by_layer(shown):
    _, _, index = shown
    order = ["original", "part", "sonification", "residual", "epoch"]
    together = 0
    for entry in index["exhibits"]:
        kinds = [order.index(track["kind"]) for track in entry["tracks"]]
        assert kinds == sorted(kinds)
        sonified = [t["facts"] for t in entry["tracks"] if t["kind"] == "sonification"]
        places = [(SOME.index(f["layer"]), NETWORKS.index(f["network"])) for f in sonified]
        assert places == sorted(places)
        together += len(places) > len({layer for layer, _ in places})
        left = [t["facts"] for t in entry["tracks"] if t["kind"] == "residual"]
        for facts in left:
            own = [f["layer"] for f in sonified if f["network"] == facts["network"]]
            assert facts["layer"] == own[-1]
        assert len(left) == len({f["network"] for f in sonified})
    assert together


def test_without_epochs_and_parts_there_are_the_layers_alone(world, tmp_path):
    positions = world.words.indices("test")[:1]
    write_exhibits(
        tmp_path / "e", networks(world), world.words, positions,
        selected().assign(label="yes").drop_duplicates(["network", "run", "layer"]), [], ABOUT,
    )  # fmt: skip
    (entry,) = json.loads((tmp_path / "e/exhibits.json").read_text())["exhibits"]
    names = [t["name"] for t in entry["tracks"] if t["kind"] != "residual"]
    layers = [f"{network}, {layer}" for network in NETWORKS for layer in SOME]
    assert set(names) <= {"original", *layers} and "original" in names


def test_a_network_of_another_rate_is_heard_at_that_of_the_first(world, tmp_path):
    other = world.ear("contrastive", SOME)
    faster = Bundle(other.bundle.network, Waveform(WaveformSettings(11025)), other.bundle.info)
    heard = [
        networks(world)[0],
        (Column("contrastive", 0, ""), Ear("contrastive", 0, faster, other.layers)),
    ]
    index = write(world, tmp_path / "e", world.test[:1], epochs=[], heard=heard)
    (entry,) = index["exhibits"]
    sounds = {t["name"]: soundfile.read(tmp_path / "e/0" / t["audio"]) for t in entry["tracks"]}
    assert {(len(sound), rate) for sound, rate in sounds.values()} == {(4000, HEARD)}
    name = next(name for name in sounds if name.startswith("contrastive"))
    layer, number = name.split(", ")[1], chosen("contrastive", name.split(", ")[1], entry["label"])
    passed = Written(other.bundle.network.features, one_sound(world.events, world.test[0], 11025))
    sonified = passed.sonify(BLOCKS.index(layer), number)
    again = np.interp(np.arange(4000) / HEARD, np.arange(len(sonified)) / 11025, sonified)
    inside = slice(50, -50)
    assert np.corrcoef(sounds[name][0][inside], again[inside])[0, 1] > 0.8


def test_bytes_are_equal_again_and_nothing_half_written_stays(world, tmp_path, shown, monkeypatch):
    def digest(path):
        files = sorted(
            p for p in path.rglob("*") if p.is_file() and p.suffix in (".wav", ".png", ".json")
        )
        return {p.relative_to(path): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    path, clips, _ = shown
    write(world, tmp_path / "again", clips)
    assert digest(tmp_path / "again") == digest(path)
    with pytest.raises(InputError, match="no snapshot of epoch 2"):
        write(world, tmp_path / "broken", clips, epochs=[0, 2])
    assert not (tmp_path / "broken").exists()


def test_pictures_are_spectrograms_of_the_tracks(world, shown, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        "tonotopy.studies.sonification.exhibits.write_clip",
        lambda folder, picture, tracks, rate: seen.append((picture, tracks)) or [],
    )
    write(world, tmp_path / "e", world.test[:1])
    ((picture, tracks),) = seen
    sound = one_sound(world.events, world.test[0])
    np.testing.assert_allclose(picture, spectrogram(sound), atol=0.01)
    assert tracks[0].picture is None and len(tracks) > 10
    for track in tracks[1:]:
        assert isinstance(track.sound, torch.Tensor)
        np.testing.assert_allclose(track.picture, spectrogram(track.sound.numpy()))
