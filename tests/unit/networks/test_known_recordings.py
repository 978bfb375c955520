"""Known answers of published weights: real recordings, tiny networks, planted answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from tonotopy.corpora.audio import read_audio
from tonotopy.corpora.audioset.classes import class_names
from tonotopy.corpora.download import checksum_note, fetch_to
from tonotopy.errors import InputError
from tonotopy.networks import captions, publishing, recognition
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.captions import CaptionEncoder
from tonotopy.networks.published import PUBLISHED
from tonotopy.networks.recognition import caption_encoder, heard, rank_of, recognise
from tonotopy.networks.recordings import CALLED, FOLDER, PROMPT, RECORDINGS, TOP_CALLED, TOP_TAGS
from tonotopy.networks.registry import build

MIRROR = Path(__file__).parents[4] / "shared/mirror"
real = pytest.mark.skipif(not (MIRROR / FOLDER).is_dir(), reason="the recordings are not here")
BERT = {
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 24,
    "initializer_range": 1.0,  # so that texts differ
}
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "this", "is", "the", "sound", "of"]
PIECES += [*CALLED[:12], "##s", "a"]
RATE = 16000


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(PIECES) + "\n")
    return path


@pytest.fixture
def files(tmp_path):
    """Recordings as tones: the real ones take the place of these where they are at hand."""
    for number, name in enumerate(RECORDINGS):
        tone = 0.3 * np.sin(2 * np.pi * 220 * (number + 1) * np.arange(2 * RATE) / RATE)
        soundfile.write(tmp_path / f"{name}.wav", tone, RATE)
    return {name: tmp_path / f"{name}.wav" for name in RECORDINGS}


class Waves(nn.Module):
    """A front end that hands on what it hears, and remembers it."""

    def __init__(self, rate: int = RATE):
        super().__init__()
        self.settings = type("Settings", (), {"rate": rate})()
        self.lengths = []

    def forward(self, waveforms):
        self.lengths.append(waveforms.shape[-1])
        return waveforms


class Planted(nn.Module):
    """Answers recording after recording by the rows it is given."""

    def __init__(self, rows):
        super().__init__()
        self.rows = iter(rows)

    def forward(self, inputs):
        return next(self.rows)[None]


def bundle(rows, classes, name="ast_audioset", seconds=None) -> Bundle:
    info = {"classes": classes, "published": {"name": name, "seconds": seconds}}
    return Bundle(Planted(rows), Waves(), info)


def planted(places: dict[str, int]) -> list[torch.Tensor]:
    """Logits of 527 classes by which each recording's tag has a place."""
    names, rows = class_names(), []
    for name, place in places.items():
        row = torch.linspace(-4, 4, 527)  # the last class first
        row = row.clone()
        position, at = names.index(RECORDINGS[name].tag), 527 - place
        row[position], row[at] = row[at].clone(), row[position].clone()
        rows.append(row)
    return rows


def test_planted_tags_are_found_at_their_place(files):
    places = {"violin": 1, "trumpet": 10, "bird": 11}
    table = recognise(bundle(planted(places), class_names()), files)
    assert dict(zip(table["recording"], table["rank"], strict=True)) == places
    assert list(table["rank"] <= table["within"]) == [True, True, False]
    assert (table["kind"] == "tags").all() and (table["classes"] == 527).all()
    assert list(table["expected"]) == ["Violin, fiddle", "Trumpet", "Bird"]
    assert table["first"][0] == "Violin, fiddle" != table["first"][1]
    assert table["score"].between(0, 1).all() and (table["reason"] == "").all()
    assert table["within"].eq(TOP_TAGS).all() and TOP_TAGS / 527 < 0.02


def test_ranks_are_those_of_a_sorted_list_and_ties_are_no_help():
    rng = np.random.default_rng(1)
    for _ in range(30):
        scores = rng.integers(0, 9, size=12).astype(float)
        for position in range(12):
            others = sorted((s for i, s in enumerate(scores) if i != position), reverse=True)
            expected = 1 + sum(other >= scores[position] for other in others)
            assert rank_of(scores, position) == expected


def test_the_middle_of_a_recording_is_heard(tmp_path):
    ramp = np.linspace(-0.5, 0.5, 1001)
    soundfile.write(tmp_path / "ramp.wav", ramp, 1000, "FLOAT")
    assert len(heard(tmp_path / "ramp.wav", 1000, None)) == 1001
    np.testing.assert_allclose(heard(tmp_path / "ramp.wav", 1000, 0.1), ramp[450:550], atol=1e-6)
    np.testing.assert_allclose(heard(tmp_path / "ramp.wav", 1000, 9.0), ramp, atol=1e-6)


def test_networks_hear_the_length_that_they_were_trained_on(files):
    one = bundle(planted(dict.fromkeys(RECORDINGS, 1)), class_names(), seconds=1.5)
    recognise(one, files)
    assert one.front_end.lengths == [1.5 * RATE] * 3


def test_a_network_without_names_says_why_it_was_not_run(files):
    table = recognise(bundle([], [], "vggish"), files)
    assert table["rank"].isna().all() and (table["published"] == "vggish").all()
    assert (
        table["reason"] == "the published weights end in an embedding, which names no class"
    ).all()
    assert list(table.columns) == recognition.COLUMNS


def test_a_class_that_the_network_lacks_is_named(files):
    with pytest.raises(InputError, match="'ast_audioset' has no class 'Violin, fiddle'"):
        recognise(bundle([torch.zeros(2)], ["Speech", "Music"]), files)


@torch.no_grad()
def test_zero_shot_ranks_the_texts_by_cosine(files, vocabulary):
    torch.manual_seed(0)
    texts = CaptionEncoder(vocabulary, 6, {**BERT, "vocab_size": len(PIECES)}).eval()
    told = texts([PROMPT.format(name) for name in CALLED])
    wanted = [3.0 * told[CALLED.index(name)] for name in RECORDINGS]
    table = recognise(bundle(wanted, [], "clap"), files, texts)
    assert (table["kind"] == "zero_shot").all() and list(table["expected"]) == list(RECORDINGS)
    assert (table["rank"] == 1).all() and (table["classes"] == 20).all() and len(CALLED) == 20
    np.testing.assert_allclose(table["score"], 1, atol=1e-5)
    away = recognise(bundle([-row for row in wanted], [], "clap"), files, texts)
    assert (away["rank"] > TOP_CALLED).all() and (away["score"] < -0.99).all()


@torch.no_grad()
def test_texts_are_read_word_by_word_as_bert_reads_them(vocabulary):
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {**BERT, "vocab_size": len(PIECES)}
    texts = CaptionEncoder(vocabulary, 6, sizes).eval()
    bert = BertModel(BertConfig(**sizes), add_pooling_layer=False).eval()
    bert.load_state_dict(texts.base.state_dict())
    sentences = ["this is the sound of violin", "A Bird", "drums"]
    vectors = texts(sentences)
    for sentence, vector in zip(sentences, vectors, strict=True):  # each alone: no padding
        words = sentence.lower().replace("drums", "drum ##s").split()
        ids = [PIECES.index(word) if word in PIECES else 1 for word in ["[CLS]", *words, "[SEP]"]]
        first = bert(input_ids=torch.tensor([ids])).last_hidden_state[0, 0]
        wanted = texts.projection(first[None])[0]
        torch.testing.assert_close(vector, wanted / wanted.norm(), rtol=1e-4, atol=1e-5)


def checkpoint(texts: CaptionEncoder, **more) -> dict:
    inside = {f"{captions.ENCODER}{k}": v for k, v in texts.state_dict().items()}
    return {"model": {**inside, "audio_encoder.x": torch.zeros(1), **more}, "epoch": 3}


def test_the_text_encoder_is_read_from_the_published_file(vocabulary, tmp_path):
    torch.manual_seed(0)
    sizes = {**BERT, "vocab_size": len(PIECES)}
    texts = CaptionEncoder(vocabulary, 6, sizes).eval()
    old = {f"{captions.ENCODER}base.embeddings.position_ids": torch.arange(24)[None]}
    old[f"{captions.ENCODER}base.pooler.dense.bias"] = torch.zeros(8)
    torch.save(checkpoint(texts, **old), tmp_path / "clap.pth")
    read = caption_encoder(tmp_path / "clap.pth", vocabulary, 6, sizes)
    assert not read.training
    torch.testing.assert_close(read(["a bird"]), texts(["a bird"]))
    with pytest.raises(InputError, match=r"clap.pth: no text encoder of CLAP \('base.*expected"):
        caption_encoder(tmp_path / "clap.pth", vocabulary, 6, {**sizes, "hidden_size": 4})
    torch.save({"model": {"audio_encoder.x": torch.zeros(1)}}, tmp_path / "clap.pth")
    with pytest.raises(InputError, match="no weight's name begins with 'caption_encoder.'"):
        caption_encoder(tmp_path / "clap.pth", vocabulary, 6, sizes)


def test_published_networks_name_what_the_recordings_hold():
    for name, declared in PUBLISHED.items():
        if declared.classes:
            assert {recording.tag for recording in RECORDINGS.values()} <= set(declared.classes)
        assert (declared.vocabulary is not None) == (name == "clap")
    assert set(RECORDINGS) <= set(CALLED) and len(set(CALLED)) == len(CALLED)


@real
def test_the_recordings_are_those_of_the_mirror(tmp_path):
    for recording in RECORDINGS.values():
        fetch_to(recording.remote, tmp_path / recording.remote.name, str(MIRROR))
        assert checksum_note(tmp_path / recording.remote.name, recording.remote).endswith("ok")
        sound = read_audio(tmp_path / recording.remote.name, 16000)
        assert 2 < len(sound) / 16000 < 60 and np.abs(sound).max() > 0.05


@real
@torch.no_grad()
@pytest.mark.parametrize("name", ["mobilenet", "ast_audioset", "clap", "vggish"])
def test_tiny_published_weights_answer_to_the_real_recordings(
    name, tmp_path, vocabulary, monkeypatch
):
    tiny = {
        "vggish": {"widths": [2, 2, 3, 3, 4, 4], "hidden": 6, "embedding": 5},
        "clap": {"widths": [2, 3, 4, 5, 6, 8], "fc": 7, "projection": 6},
        "mobilenet": {"width_mult": 0.1, "classes": 527},
        "ast_audioset": {"width": 8, "depth": 1, "heads": 2, "classes": 527, "norm_eps": 1e-12},
    }
    declared = replace(PUBLISHED[name], arguments=tiny[name])
    monkeypatch.setitem(publishing.PUBLISHED, name, declared)
    monkeypatch.setattr(publishing, "CONVERTERS", {})
    torch.manual_seed(0)
    front_end = publishing.front_ends.build(declared.front_end)
    network = build(declared.architecture, declared.arguments, front_end.settings, 0)
    torch.save(network.state_dict(), tmp_path / "w.pth")
    publishing.publish(name, tmp_path / "w.pth", tmp_path / "bundle")
    files = {n: MIRROR / recording.remote.file for n, recording in RECORDINGS.items()}
    sizes = {**BERT, "vocab_size": len(PIECES)}
    texts = CaptionEncoder(vocabulary, 6, sizes).eval() if name == "clap" else None
    table = recognise(load(tmp_path / "bundle"), files, texts)
    assert list(table["recording"]) == ["violin", "trumpet", "bird"]
    if name == "vggish":
        assert table["rank"].isna().all()
    else:
        assert table["rank"].between(1, 527 if name != "clap" else 20).all()
        assert table["score"].nunique() == 3 or name == "mobilenet"  # whose fresh head is silent
