"""What docs/networks.md says of users' networks is so."""

import importlib
import re

import pytest
import torch
import yaml
from pages import ROOT, blocks
from tiny_transformers import SPEECH
from transformers import HubertConfig, HubertForCTC

from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.registry import FRONT_ENDS
from tonotopy.networks.adoption import adopt
from tonotopy.networks.bundle import load, untrained
from tonotopy.networks.transformer_kinds import KINDS

PAGE = (ROOT / "docs/networks.md").read_text()
SHAPES = {
    kind: words
    for kinds, words in re.findall(r"^\| (`[^|]+`) \| \((clips, [^)]+)\) \|", PAGE, re.MULTILINE)
    for kind in re.findall(r"`(\w+)`", kinds)
}
SIZES = {**SPEECH, "num_hidden_layers": 12}


def test_the_table_of_shapes_has_every_front_end():
    assert set(SHAPES) == set(FRONT_ENDS)


@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_a_module_is_given_what_the_table_says(kind):
    front_end = front_ends.build({"kind": kind})
    settings = front_end.settings
    samples = settings.side**2 if kind == "picture" else 2 * settings.rate
    given = front_end(0.1 * torch.randn(3, samples))
    words = SHAPES[kind].split(", ")
    sizes = dict(zip(words, given.shape, strict=True))
    assert sizes["clips"] == 3 and given.dtype == torch.float32
    for word in ("mels", "frames"):
        if word in sizes and getattr(settings, word, None):
            assert sizes[word] == getattr(settings, word)
    if kind == "waveform":
        assert sizes["samples"] == samples


def test_every_kind_of_transformers_stands_in_the_table():
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ of |^\| (`[^|]+`) \| ", PAGE, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(map(" ".join, rows))))
    assert set(KINDS) <= named


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The documented module in a project's folder, and its entry."""
    (block,) = [b for b in blocks("python") if b.file == "my_networks/mert.py"]
    (tmp_path / "my_networks").mkdir()
    (tmp_path / block.file).write_text(block.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    (entry,) = [
        found["networks"]["mert"]
        for found in map(yaml.safe_load, (b.text for b in blocks("yaml") if "mert:" in b.text))
    ]
    yield entry
    for name in ("my_networks", "my_networks.mert"):
        importlib.sys.modules.pop(name, None)


@pytest.mark.parametrize("saved", ["bare", "with a head and old names"])
def test_the_documented_module_hears_as_its_checkpoint_does(written, tmp_path, saved, capsys):
    torch.manual_seed(0)
    whole = HubertForCTC(HubertConfig(**SIZES, vocab_size=7)).eval()
    state = whole.hubert.state_dict() if saved == "bare" else whole.state_dict()
    for number, part in enumerate("gv"):
        new = f"parametrizations.weight.original{number}"
        state = {
            k.replace(new, f"weight_{part}") if saved != "bare" else k: v for k, v in state.items()
        }
    torch.save(state, tmp_path / "mert.bin")
    entry = {**written, "arguments": SIZES, "weights": "mert.bin"}
    adopt(entry, tmp_path / "mert.bin", tmp_path / "bundle", 0)
    bundle = load(tmp_path / "bundle")
    sounds = 0.1 * torch.randn(2, 4000)
    normal = (sounds - sounds.mean(1, keepdim=True)) / sounds.std(1, correction=0, keepdim=True)
    with torch.no_grad():
        found = bundle.network(bundle.front_end(sounds)).last_hidden_state
        torch.testing.assert_close(found, whole.hubert(normal).last_hidden_state, atol=1e-3, rtol=0)
    assert bundle.rate == 24_000 and list(bundle.layers) == ["block6", "block12"]
    copy = untrained(bundle, 1)
    assert not torch.equal(
        copy.network.model.encoder.layers[0].attention.k_proj.weight,
        bundle.network.model.encoder.layers[0].attention.k_proj.weight,
    )
