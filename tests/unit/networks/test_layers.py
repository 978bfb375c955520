"""Layers: every way of reading and writing against plain loops; containers; the grammar."""

from collections import OrderedDict, namedtuple

import pytest
import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput, SequenceClassifierOutput

from tonotopy.config import frozen
from tonotopy.errors import InputError
from tonotopy.networks.containers import exchange, locate, logits, pick
from tonotopy.networks.layers import (
    Layer,
    describe,
    module_at,
    parse,
    parse_entry,
    with_view,
)

CLIPS, CHUNKS = 3, 2


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def by_hand(layer: Layer, output: torch.Tensor, chunks: int) -> torch.Tensor:
    """(clips, positions, width), element by element."""
    rows = []
    for clip in range(CLIPS):
        vectors = []
        for chunk in range(chunks):
            row = output[clip * chunks + chunk]
            if layer.read == "all":
                vectors += row.flatten().tolist()
            elif layer.read == "channels":
                flat = row.reshape(len(row), -1)
                vectors += [
                    [flat[c, p].item() for c in range(len(flat))] for p in range(flat.shape[1])
                ]
            else:
                flat = row.reshape(-1, row.shape[-1])
                chosen = range(len(flat)) if layer.tokens is None else layer.tokens
                vectors += [flat[t].tolist() for t in chosen]
        rows.append([vectors] if layer.read == "all" else vectors)
    return torch.tensor(rows, dtype=torch.float64)


CASES = [
    (Layer("x"), (5,)),
    (Layer("x"), (4, 5, 6)),
    (Layer("x", "channels"), (5,)),
    (Layer("x", "channels"), (4, 5)),
    (Layer("x", "channels"), (4, 5, 6)),
    (Layer("x", "tokens"), (5,)),
    (Layer("x", "tokens"), (4, 5)),
    (Layer("x", "tokens"), (4, 5, 6)),
    (Layer("x", "tokens", (0, 1)), (4, 5)),
    (Layer("x", "tokens", (2,)), (4, 5)),
    (Layer("x", "tokens", (-1, 0)), (4, 5)),
]


@pytest.mark.parametrize("chunks", [1, CHUNKS])
@pytest.mark.parametrize(("layer", "shape"), CASES)
def test_vectors_equal_a_loop_and_a_clip_s_vector_is_their_mean(layer, shape, chunks):
    output = numbers(CLIPS * chunks, *shape)
    expected = by_hand(layer, output, chunks)
    torch.testing.assert_close(layer.vectors(output, CLIPS), expected, rtol=0, atol=0)
    torch.testing.assert_close(layer.vector(output, CLIPS), expected.mean(dim=1))


@pytest.mark.parametrize("chunks", [1, CHUNKS])
@pytest.mark.parametrize(("layer", "shape"), CASES)
def test_what_is_written_is_read_and_nothing_else_moves(layer, shape, chunks):
    output = numbers(CLIPS * chunks, *shape)
    kept = output.clone()
    vectors = layer.vectors(output, CLIPS)
    new = torch.arange(vectors.numel(), dtype=torch.float64).reshape(vectors.shape)
    asked = []

    def change(before):
        asked.append(before.clone())
        before += 7  # a change may spoil what it is given
        return new

    written = layer.write(output, CLIPS, change)
    torch.testing.assert_close(output, kept, rtol=0, atol=0)
    torch.testing.assert_close(asked[0], vectors, rtol=0, atol=0)
    torch.testing.assert_close(layer.vectors(written, CLIPS), new, rtol=0, atol=0)
    assert written.stride() == output.stride() and written.dtype == output.dtype
    if layer.tokens is not None:
        rest = [t for t in range(4) if t not in {t % 4 for t in layer.tokens}]
        torch.testing.assert_close(written[:, rest], output[:, rest], rtol=0, atol=0)
    same = layer.write(output, CLIPS, lambda before: before)
    torch.testing.assert_close(same, output, rtol=0, atol=0)


def test_a_map_in_channels_last_order_keeps_it():
    output = numbers(CLIPS, 4, 5, 6).to(memory_format=torch.channels_last)
    written = Layer("x", "channels").write(output, CLIPS, lambda v: 2 * v)
    assert written.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(written, 2 * output)


def test_half_precision_stays_and_whole_numbers_are_averaged():
    output = numbers(CLIPS, 4, 5).to(torch.bfloat16)
    written = Layer("x", "tokens").write(output, CLIPS, lambda v: v.float() + 1)
    assert written.dtype == torch.bfloat16
    codes = torch.tensor([[[1], [2]], [[5], [8]], [[0], [1]]])
    found = Layer("x", "tokens").vector(codes, CLIPS)
    torch.testing.assert_close(found, torch.tensor([[1.5], [6.5], [0.5]]))


def test_gradients_flow_through_what_is_written():
    output = numbers(CLIPS, 4, 5).requires_grad_()
    Layer("x", "tokens", (1,)).write(output, CLIPS, lambda v: 3 * v).sum().backward()
    expected = torch.ones_like(output)
    expected[:, 1] = 3
    torch.testing.assert_close(output.grad, expected)


def test_clips_may_be_on_another_axis():
    output = numbers(7, CLIPS, 5)  # (steps, clips, width)
    layer = Layer("x", "tokens", batch_axis=1)
    torch.testing.assert_close(layer.vectors(output, CLIPS), output.transpose(0, 1))
    written = layer.write(output, CLIPS, lambda v: v * torch.tensor([1.0, 2, 3])[:, None, None])
    for clip in range(CLIPS):
        torch.testing.assert_close(written[:, clip], output[:, clip] * (clip + 1))


@pytest.mark.parametrize(
    ("layer", "shape", "told"),
    [
        (Layer("a.b"), (5, 4), "layer 'a.b': a batch of 5 is no multiple of 3 clips"),
        (Layer("a.b"), (2, 4), "a batch of 2 is no multiple of 3 clips"),
        (Layer("a.b", "tokens"), (6,), r"'tokens' cannot be read from shape \(6,\)"),
        (Layer("a.b", "channels"), (6,), r"'channels' cannot be read from shape \(6,\)"),
        (Layer("a.b", batch_axis=1), (6,), "too few axes"),
        (Layer("a.b", "tokens", (0, 4)), (6, 4, 2), "no token 4 among 4 tokens"),
        (Layer("a.b", "tokens", (-5,)), (6, 4, 2), "no token -5 among 4 tokens"),
    ],
)
def test_shapes_that_cannot_be_read_are_refused(layer, shape, told):
    for ask in (layer.vectors, layer.vector, lambda o, n: layer.write(o, n, lambda v: v)):
        with pytest.raises(InputError, match=told):
            ask(torch.zeros(shape), CLIPS)
    with pytest.raises(InputError, match="no multiple of 0 clips"):
        Layer("x").vector(torch.zeros(3, 2), 0)


def test_a_change_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"makes \(3, 5\) of vectors of shape \(3, 4, 5\)"):
        Layer("x", "tokens").write(numbers(3, 4, 5), 3, lambda v: v.mean(dim=1))


# --- containers ---

Pair = namedtuple("Pair", ["loss", "hidden"])
A, B, C = numbers(3, 4), numbers(3, 5), numbers(2, 3, 6)


def outputs():
    return {
        "tensor": A,
        "tuple": (A, None, B),
        "list": [None, A],
        "named": Pair(None, A),
        "dict": {"steps": 3, "maps": A, "more": B},
        "ordered": OrderedDict(maps=A, last_hidden_state=B),
        "model output": BaseModelOutput(last_hidden_state=A, hidden_states=(B, C)),
        "classifier": SequenceClassifierOutput(logits=A, hidden_states=(B, C)),
        "lstm": (A, (B, C)),
        "only nested": {"states": (None, (B,)), "steps": 2},
    }


@pytest.mark.parametrize(
    ("name", "part", "keys"),
    [
        ("tensor", None, ()),
        ("tuple", None, (0,)),
        ("tuple", 2, (2,)),
        ("list", None, (1,)),
        ("named", None, (1,)),
        ("named", "hidden", (1,)),
        ("dict", None, ("maps",)),
        ("dict", "more", ("more",)),
        ("dict", 2, ("more",)),
        ("ordered", None, ("last_hidden_state",)),
        ("ordered", "maps", ("maps",)),
        ("model output", None, ("last_hidden_state",)),
        ("model output", "hidden_states.1", ("hidden_states", 1)),
        ("model output", "hidden_states", ("hidden_states", 0)),
        ("classifier", None, ("logits",)),
        ("classifier", "1.0", ("hidden_states", 0)),
        ("lstm", None, (0,)),
        ("lstm", "1.1", (1, 1)),
        ("lstm", 1, (1, 0)),
        ("only nested", None, ("states", 1, 0)),
    ],
)
def test_a_part_is_found_and_exchanged_in_an_output_of_the_same_type(name, part, keys):
    output, new = outputs()[name], torch.zeros(1)
    assert locate(output, part) == keys
    old = pick(output, keys)
    changed = exchange(output, keys, new)
    assert type(changed) is type(output)
    assert pick(changed, keys) is new and pick(output, keys) is old
    flat, before = leaves(changed), leaves(output)
    assert len(flat) == len(before)
    assert sum(a is not b for a, b in zip(flat, before, strict=True)) == 1


def leaves(output) -> list:
    if isinstance(output, dict):
        return [leaf for value in output.values() for leaf in leaves(value)]
    if isinstance(output, tuple | list):
        return [leaf for value in output for leaf in leaves(value)]
    return [output]


def test_a_model_output_keeps_its_attributes():
    changed = exchange(outputs()["classifier"], ("logits",), B)
    assert changed.logits is B and changed["logits"] is B and changed[0] is B


def test_layers_read_and_write_inside_containers():
    for name, output in outputs().items():
        layer = Layer("x", part="1.0" if name == "lstm" else None)
        tensor = pick(output, locate(output, layer.part))
        written = layer.write(output, 3, lambda v: v + 1)
        assert type(written) is type(output)
        torch.testing.assert_close(layer.vector(written, 3), layer.vector(output, 3) + 1)
        torch.testing.assert_close(pick(output, locate(output, layer.part)), tensor)


@pytest.mark.parametrize(
    ("output", "part", "told"),
    [
        ((A, B), 2, r"part '2': a tuple has no '2' \(known: 0, 1\)"),
        ((A, B), "x", "part 'x': a tuple has no 'x'"),
        ({"maps": A}, "map", "part 'map': a dict has no 'map' .did you mean 'maps'"),
        ({"maps": A}, 1, "a dict has no '1'"),
        ((A, (B,)), "1.1", r"part '1.1': a tuple has no '1'"),
        (A, 0, "part '0': a Tensor has no '0'"),
        ((None, 3), None, "tuple holds no tensor"),
        ({"steps": 3, "maps": A}, "steps", "part 'steps' of a dict holds no tensor"),
        (None, None, "NoneType holds no tensor"),
    ],
)
def test_parts_that_are_not_there_are_refused(output, part, told):
    with pytest.raises(InputError, match=told):
        locate(output, part)


def test_logits_are_found_in_whatever_a_classifier_returns():
    for output in (
        A,
        (A, B),
        [A],
        {"logits": A, "loss": B},
        {"loss": B, "logits": A},
        {"scores": A},
        SequenceClassifierOutput(loss=B, logits=A),
    ):
        assert logits(output) is A
    with pytest.raises(InputError, match="dict of scores, maps: call its class scores 'logits'"):
        logits({"scores": A, "maps": B, "steps": 3})
    with pytest.raises(InputError, match="holds no tensor"):
        logits((None,))


# --- grammar ---


def test_layers_are_parsed_and_described():
    declared = {
        "conv1": "body.0",
        "last": {"path": "body.4", "read": "channels"},
        "block": {"path": "encoder.layer.0", "read": "tokens", "tokens": [0, -1], "part": 0},
        "state": {"path": "lstm", "part": "1.0", "batch_axis": 1},
    }
    layers = parse(declared)
    assert list(layers) == ["conv1", "last", "block", "state"]
    assert layers["conv1"] == Layer("body.0", "all", None, None, 0)
    assert layers["last"] == Layer("body.4", "channels")
    assert layers["block"] == Layer("encoder.layer.0", "tokens", (0, -1), 0)
    assert layers["state"] == Layer("lstm", part="1.0", batch_axis=1)
    assert parse(describe(layers)) == layers
    assert describe(layers)["last"] == {"path": "body.4", "read": "channels"}
    assert list(parse([["b", "x"], ["a", "y"]])) == ["b", "a"]


def test_the_order_of_layers_survives_a_rule_s_parameters():
    import json

    entry = {"module": "a:B", "layers": {"second": "x", "first": "y", "10": "z"}}
    assert list(parse(json.loads(frozen(entry))["layers"])) == ["second", "first", "10"]
    assert frozen({"b": 1, "a": 2}) == frozen({"a": 2, "b": 1})


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({}, r"networks\.n\.layers: expected names of layers"),
        ("body", r"networks\.n\.layers: expected names"),
        ({"a b": "x"}, r"layers\.a b: a layer's name has"),
        ({"a/b": "x"}, r"layers\.a/b: a layer's name has"),
        ({"a": 3}, r"layers\.a: expected the path of a module, or a mapping"),
        ({"a": {"read": "all"}}, r"layers\.a: expected the path of a module, or a mapping"),
        ({"a": {"path": "x", "token": [0]}}, r"layers\.a: unknown key 'token'.*'tokens'"),
        ({"a": ""}, r"layers\.a\.path: expected the path of a module, not ''"),
        ({"a": {"path": 3}}, r"layers\.a\.path: expected the path of a module, not 3"),
        ({"a": {"path": "x", "read": "chanels"}}, r"a\.read: 'chanels' is not.*'channels'"),
        ({"a": {"path": "x", "tokens": [0]}}, r"a\.tokens: .*where 'read' is 'tokens' alone"),
        ({"a": {"path": "x", "read": "tokens", "tokens": []}}, r"a\.tokens: expected different"),
        ({"a": {"path": "x", "read": "tokens", "tokens": [1, 1]}}, r"a\.tokens: .*not \[1, 1\]"),
        ({"a": {"path": "x", "read": "tokens", "tokens": [True]}}, r"a\.tokens: expected"),
        ({"a": {"path": "x", "read": "tokens", "tokens": 1}}, r"a\.tokens: expected .*not 1"),
        ({"a": {"path": "x", "part": 1.5}}, r"a\.part: expected an index or a key, not 1.5"),
        ({"a": {"path": "x", "part": ""}}, r"a\.part: expected an index or a key, not ''"),
        ({"a": {"path": "x", "part": True}}, r"a\.part: expected an index or a key, not True"),
        ({"a": {"path": "x", "batch_axis": -1}}, r"a\.batch_axis: .*not -1"),
        ({"a": {"path": "x", "batch_axis": "1"}}, r"a\.batch_axis: .*not '1'"),
    ],
)
def test_mistakes_in_layers_are_named_by_their_key(declared, told):
    with pytest.raises(InputError, match=told):
        parse_entry({"layers": declared}, "networks.n")


def test_an_entry_may_leave_its_layers_open_but_not_call_them_stages():
    assert parse_entry({"architecture": "ast"}, "networks.n") is None
    for entry in ({"stages": {"a": "x"}}, {"stages": {"a": "x"}, "layers": {"a": "x"}}):
        with pytest.raises(InputError, match=r"networks\.n\.stages: the key is called 'layers'"):
            parse_entry(entry, "networks.n")


def test_a_view_reads_all_layers_in_one_way():
    layers = {"a": Layer("x", "tokens", (0, 1), 2, 1), "b": Layer("y")}
    assert with_view(layers, None) is layers and with_view(layers, "default") is layers
    for view in ("all", "channels", "tokens"):
        assert with_view(layers, view) == {
            "a": Layer("x", view, None, 2, 1),
            "b": Layer("y", view),
        }
    with pytest.raises(InputError, match="no view 'channel' of layers.*'channels'"):
        with_view(layers, "channel")


def test_a_path_that_is_not_there_lists_the_nearest():
    network = nn.Sequential(OrderedDict(body=nn.Sequential(nn.ReLU(), nn.ReLU()), head=nn.ReLU()))
    assert module_at(network, "body.1") is network.body[1]
    with pytest.raises(InputError, match=r"Sequential has no layer 'body.2'.*'body\.[01]'"):
        module_at(network, "body.2")
    with pytest.raises(InputError, match="no layer ''"):
        module_at(network, "")
