"""Run methods on a bench: their scores, and why some of them do not apply."""

import inspect
import sys
from collections.abc import Callable
from importlib import import_module

import pandas as pd

from tonotopy.errors import InputError
from tonotopy.networks.own import imported
from tonotopy.studies.validity.bench import (
    KINDS,
    Bench,
    DoesNotApply,
    Scores,
    check_scores,
    score_table,
)
from tonotopy.studies.validity.catalogue import PACKAGE

COLUMNS = ("method", "kind", "set", "unit", "value", "class", "score")


def find(name: str) -> tuple[Callable[[Bench], Scores], str, str, str]:
    """Return a method's function, kind, description and module.

    Args:
        name: of a module in `methods`, or ``package.module:function`` of a user's own.

    Raises:
        InputError: it cannot be imported, or its module names a kind that there is not.
    """
    if ":" in name:
        function = imported(name, "function")
        module = sys.modules[name.partition(":")[0]]
    else:
        module = import_module(f"{PACKAGE}.{name}")
        function = module.matrix
    kind = getattr(module, "KIND", "own")
    if kind not in KINDS:
        raise InputError(f"method {name}: its KIND is '{kind}', expected one of {', '.join(KINDS)}")
    text = inspect.getdoc(module) or inspect.getdoc(function) or name
    return function, kind, text.splitlines()[0], module.__name__


def run_methods(names: list[str], bench: Bench) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run methods one after the other.

    Args:
        names: see `find`.
        bench: what they are given.

    Returns:
        Their scores, see `bench.score_table`; and a row for each: method, kind, description, unit
        (what is resampled), applies, reason (why not), module, attribute, order (from 0).

    Raises:
        InputError: a method fails or returns no scores; the message names it.
    """
    parts, rows = [pd.DataFrame(columns=list(COLUMNS))], []
    for order, name in enumerate(names):
        function, kind, description, module = find(name)
        scores, reason = _scored(name, function, bench)
        if scores is not None:
            parts.append(score_table(name, kind, scores, bench))
        rows.append(
            {
                "method": name,
                "kind": kind,
                "description": description,
                "unit": "" if scores is None else scores.unit,
                "applies": scores is not None,
                "reason": reason,
                "module": module,
                "attribute": bench.settings["attribute"],
                "order": order,
            }
        )
    table = pd.concat(parts[1:] or parts, ignore_index=True)
    words = ("method", "kind", "unit", "value", "class")
    return table.astype(dict.fromkeys(words, "category")), pd.DataFrame(rows)


def _scored(name: str, function: Callable, bench: Bench) -> tuple[Scores | None, str]:
    try:
        scores = function(bench)
        check_scores(scores, bench)
    except DoesNotApply as reason:
        print(f"method {name} does not apply: {reason}")
        return None, str(reason)
    except Exception as error:
        raise InputError(f"method {name}: {type(error).__name__}: {error}") from error
    return scores, ""
