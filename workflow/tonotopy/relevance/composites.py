"""Composites: which LRP rule redistributes the relevance of which layer (study 3, section 2.2.1.1).

A composite is a mapping from layers to rules, as it stands in config.yaml::

    {conv1: flat, conv: {gamma: 0.8}, dense: {epsilon: 1.0e-7}}

A key is the name of one layer (``conv1``, ``dense3``, or the path of a module in a network of your
own) or a kind (``conv``, ``dense``): a name goes before its kind, wherever it stands. This module
imports torch nowhere, so that configurations are checked with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from tonotopy.errors import InputError, nearest

KINDS = ("conv", "dense")
PLAIN = ("flat", "w2", "zero")  # rules without a value
VALUED = ("gamma", "epsilon")
TINY = 1e-12  # stabiliser of all denominators but epsilon's


@dataclass(frozen=True)
class Rule:
    """How relevance R_k of a layer's outputs is shared among its inputs a_j.

    Attributes:
        name: ``zero``: by a_j w_jk (equation 2.10). ``epsilon``: the same, with the value added to
            the denominator, away from 0 (2.11). ``gamma``: by a_j (w_jk + value w_jk^+) (2.12;
            for negative inputs or outputs with the signs exchanged accordingly). ``w2``: by w_jk^2
            (B.1, which prints w). ``flat``: equally (B.2). Biases take their share with the first
            three alone.
        value: of gamma and epsilon, else None.
    """

    name: str
    value: float | None = None

    @property
    def sees_inputs(self) -> bool:
        """Whether shares depend on the inputs: an input of 0 then has no relevance."""
        return self.name not in ("flat", "w2")


@dataclass(frozen=True)
class Composite:
    """Rules by layer.

    Attributes:
        rules: names of layers or kinds with their rules, as pairs.
    """

    rules: tuple[tuple[str, Rule], ...]

    def rule(self, names: Iterable[str], kind: str) -> Rule:
        """Return the rule of a layer: that of its name, else that of its kind.

        Args:
            names: what the layer may be called.
            kind: ``conv`` or ``dense``.

        Raises:
            InputError: the composite has neither.
        """
        rules, names = dict(self.rules), list(names)
        for key in (*names, kind):
            if key in rules:
                return rules[key]
        raise InputError(
            f"composite has no rule for layer '{names[0]}': add one for it or for '{kind}', "
            f"such as {{{kind}: {{epsilon: 1.0e-7}}}}"
        )

    def check(self, names: Iterable[str]) -> None:
        """Refuse rules for layers that there are not.

        Args:
            names: all that the layers of the network may be called.

        Raises:
            InputError: naming the key and the nearest layer.
        """
        known = [*names, *KINDS]
        for key, _ in self.rules:
            if key not in known:
                raise InputError(f"composite: no layer '{key}'{nearest(key, known)}")


def parse(declared: Any, key: str = "composite") -> Composite:
    """Return a composite from its form in config.yaml, or by the name of a preset.

    Args:
        declared: name of one of `PRESETS`, or layers or kinds with their rules: ``flat``, ``w2``,
            ``zero``, ``{gamma: value}`` (at least 0) or ``{epsilon: value}`` (above 0).
        key: what an error begins with.

    Raises:
        InputError: naming the key, what was expected and the nearest known word.
    """
    if isinstance(declared, str):
        if declared not in PRESETS:
            raise InputError(f"{key}: no preset '{declared}'{nearest(declared, PRESETS)}")
        declared = PRESETS[declared]
    if not isinstance(declared, Mapping) or not declared:
        raise InputError(
            f"{key}: expected layers or kinds with their rules, such as "
            "{conv1: flat, conv: {gamma: 0.8}, dense: {epsilon: 1.0e-7}}, or the name of a preset"
        )
    return Composite(tuple((str(k), _rule(rule, f"{key}.{k}")) for k, rule in declared.items()))


def describe(composite: Composite) -> dict:
    """Return a composite in the form that `parse` reads."""
    return {k: r.name if r.value is None else {r.name: r.value} for k, r in composite.rules}


def uniform_gamma(gamma: float, convs: int = 5, first: str = "w2", epsilon: float = 1e-7) -> dict:
    """Return a composite with one gamma from conv2 on, as declared (figure B.1, left).

    Args:
        gamma: of every convolution but the first.
        convs: their number.
        first: rule of conv1.
        epsilon: of the dense layers.
    """
    return _gammas([gamma] * (convs - 1), first, epsilon)


def decreasing_gamma(
    gamma: float, convs: int = 5, first: str = "w2", epsilon: float = 1e-7
) -> dict:
    """Return a composite with gamma at conv2 and conv3, halved at every further convolution.

    That is the shape of table 4.3, and figure B.1, right, varies its largest value.

    Args:
        gamma: the largest.
        convs: number of convolutions.
        first: rule of conv1.
        epsilon: of the dense layers.
    """
    return _gammas([gamma * 0.5 ** max(0, n - 1) for n in range(convs - 1)], first, epsilon)


def _gammas(gammas: list[float], first: str, epsilon: float) -> dict:
    convs = {f"conv{n}": {"gamma": gamma} for n, gamma in enumerate(gammas, start=2)}
    return {"conv1": first, **convs, "dense": {"epsilon": epsilon}}


def _rule(declared: Any, key: str) -> Rule:
    if isinstance(declared, str) and declared in PLAIN:
        return Rule(declared)
    if isinstance(declared, Mapping) and len(declared) == 1:
        ((name, value),) = declared.items()
        if name in VALUED:
            return Rule(name, _value(name, value, key))
        declared = name
    hint = nearest(declared, [*PLAIN, *VALUED]) if isinstance(declared, str) else ""
    raise InputError(
        f"{key}: expected flat, w2, zero, {{gamma: value}} or {{epsilon: value}}, not "
        f"{declared!r}{hint}"
    )


def _value(name: str, value: Any, key: str) -> float:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 <= value < float("inf") or (name == "epsilon" and value == 0):
        least = "above 0 ('zero' is the rule without epsilon)" if name == "epsilon" else "from 0 on"
        raise InputError(f"{key}.{name}: expected a number {least}, not {value!r}")
    return float(value)


# chapter 4.1 and table 4.3
PRESETS = {
    "tones": {"conv1": "flat", "conv": {"gamma": 0.8}, "dense": {"epsilon": 1e-7}},
    "music": decreasing_gamma(0.4),
}
