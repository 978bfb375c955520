"""An objective of several layers is that of each of them alone, added up."""

import math

import numpy as np
import pytest
import torch
from heard_worlds import heard_corpus, learned
from literal_deconvnet import sounds
from safetensors.torch import load_file
from small_batches import clips
from small_transfers import CLASSES, TAPS, transfer
from threads import one_thread  # noqa: F401 (used by every test)

from tonotopy.training.fit import Start
from tonotopy.training.layerwise import EachLayer
from tonotopy.training.listening import Batch
from tonotopy.training.objectives import Classify, Tag

CLIPS = 6
SOUNDS = sounds(CLIPS, 40)
LABELS = torch.tensor([0, 4, 2, 1, 4, 3])
TARGETS = {
    "tag": (torch.rand(CLIPS, CLASSES, generator=torch.Generator().manual_seed(1)) < 0.4).double(),
    "classify": LABELS,
    "soft": 0.7 * torch.eye(CLASSES).double()[LABELS] + 0.3 / CLASSES,
}
OBJECTIVES = {"tag": Tag(), "classify": Classify(CLASSES), "soft": Classify(CLASSES, soft=True)}


def logits_of(clips_=CLIPS, layers=2):
    rng = torch.Generator().manual_seed(4)
    return 2 * torch.randn(clips_, layers, CLASSES, generator=rng, dtype=torch.float64)


def literal(kind, rows, targets):
    """The mean loss of rows of logits."""
    total, rows = 0.0, rows.tolist()
    for row, target in zip(rows, targets.tolist(), strict=True):
        if kind == "tag":
            for logit, has in zip(row, target, strict=True):
                p = 1 / (1 + math.exp(-logit))
                total -= (math.log(p) if has else math.log(1 - p)) / CLASSES
        else:
            shares = target if kind == "soft" else [float(i == target) for i in range(CLASSES)]
            whole = math.log(sum(map(math.exp, row)))
            total -= sum(share * (x - whole) for share, x in zip(shares, row, strict=True))
    return total / len(rows)


@pytest.mark.parametrize("kind", list(OBJECTIVES))
def test_the_loss_is_the_sum_of_the_layers_losses(kind):
    logits, one, targets = logits_of(layers=3), OBJECTIVES[kind], TARGETS[kind]
    views = []

    def heard(given, rng):
        views.append(rng)
        return given

    batch = Batch(clips(SOUNDS, targets), heard, torch.Generator())
    loss, found = EachLayer(one).loss(lambda given: logits, batch)
    each = [literal(kind, logits[:, layer], targets) for layer in range(3)]
    assert loss.item() == pytest.approx(sum(each), rel=1e-9) and found is logits
    assert len(set(each)) == 3 and views == [batch.rng]  # all layers hear the same
    for layer, expected in enumerate(each):
        criterion = one.criterion(logits[:, layer], targets)
        assert criterion.item() == pytest.approx(expected, rel=1e-9)
        alone, _ = one.loss(lambda given, layer=layer: logits[:, layer], batch)
        assert alone.item() == pytest.approx(expected, rel=1e-9)


def gradients(network, one, targets):
    batch = Batch(clips(SOUNDS, targets), lambda given, rng: given)
    loss, _ = EachLayer(one).loss(network, batch)
    loss.backward()
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("kind", list(OBJECTIVES))
def test_no_head_learns_from_another(kind, frozen):
    one, targets = OBJECTIVES[kind], TARGETS[kind]
    both = transfer(frozen).double().eval()
    alone = [transfer(frozen, (name,)).double().eval() for name in TAPS]
    for number, network in enumerate(alone):
        network.encoder.load_state_dict(both.encoder.state_dict())
        weights = torch.randn(both.heads[number].weight.shape, dtype=torch.float64)
        both.heads[number].weight.data = weights
        network.heads[0].weight.data = weights.clone()
    found, parts = gradients(both, one, targets), [gradients(n, one, targets) for n in alone]
    for number, own in enumerate(parts):
        for kind_of in ("weight", "bias"):
            expected = own[f"heads.0.{kind_of}"]
            assert expected.any()
            torch.testing.assert_close(found[f"heads.{number}.{kind_of}"], expected)
    encoder = [name for name in found if name.startswith("encoder.")]
    assert bool(encoder) is not frozen
    for name in encoder:
        torch.testing.assert_close(found[name], sum(own[name] for own in parts if name in own))


@pytest.mark.parametrize("kind", list(OBJECTIVES))
def test_the_score_is_the_mean_of_the_layers_scores(kind):
    one = OBJECTIVES[kind]
    targets, logits = TARGETS[kind].numpy(), logits_of(layers=3).numpy()
    logits[:, 1:] = (TARGETS["soft"].numpy() if kind != "tag" else targets)[:, None]  # these know
    logits[0, 2] *= -1  # but for one clip
    each = [one.score(targets, logits[:, layer]) for layer in range(3)]
    assert each[1] == 1 and len(set(each)) == 3
    assert EachLayer(one).score(targets, logits) == pytest.approx(sum(each) / 3)


@pytest.mark.parametrize("tags", [True, False])
def test_it_is_otherwise_what_the_one_is(tags, tmp_path):
    corpus = heard_corpus(tmp_path / "corpus", (6, 2, 1), tags)
    one = Tag() if tags else Classify(3)
    each = EachLayer(one)
    np.testing.assert_array_equal(each.targets(corpus), one.targets(corpus))
    assert each.metric == one.metric == ("validation_map" if tags else "validation_macro_f1")
    assert (each.whole, each.answers_classes) == (False, True)


def taught(corpus, place, taps, clip):
    """Weights of classifiers that learned on layers of the same frozen encoder."""
    network = transfer(True, taps, classes=3)
    start = Start(network, {}, EachLayer, "-".join(taps))
    folder = learned(
        corpus, place, start=start, objective="tag", keep="last", gradient_clip=clip, epochs=2
    )[1]
    weights = load_file(folder / "weights.safetensors")
    return [weights[f"heads.{number}.weight"] for number in range(len(taps))]


def test_layers_taught_together_learn_what_each_learns_alone(tmp_path):
    """But for clipping, which is over the gradients of all of them."""
    corpus = heard_corpus(tmp_path / "corpus", (12, 4, 1), tags=True)
    for clip, equal in ((None, True), (1e-9, False)):
        place = tmp_path / str(clip)
        together = taught(corpus, place / "both", ("maps", "dense"), clip)
        alone = [taught(corpus, place / name, (name,), clip)[0] for name in ("maps", "dense")]
        for one, other in zip(together, alone, strict=True):
            assert one.any() and torch.allclose(one, other, atol=1e-6) is equal
