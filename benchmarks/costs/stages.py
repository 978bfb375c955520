"""What is known of the work of every rule: that of no study, and each study's own."""

import importlib
import importlib.util
from functools import reduce
from operator import add

from costs import shared
from costs.run import Run
from costs.shared import Stage
from costs.work import NotKnown, Work
from tonotopy.instances import Instance
from tonotopy.studies import STUDIES


def stages_of(study: str) -> dict[str, Stage]:
    """Return rule -> stage of a study's module beside this one; empty where there is none."""
    name = f"costs.{study}"
    return importlib.import_module(name).STAGES if importlib.util.find_spec(name) else {}


def work_of(rule: str, run: Run) -> Work:
    """Return what the jobs of a rule do, added up over the studies that have such jobs.

    Raises:
        NotKnown: no module has the rule, or what its work depends on is not known.
    """
    asked: list[tuple[dict[str, Stage], list[Instance]]] = [(shared.STAGES, run.instances)]
    for study in STUDIES:
        instances = [one for one in run.instances if one.study.name == study]
        if instances:
            asked.append((stages_of(study), instances))
    works = [stages[rule](run, instances) for stages, instances in asked if rule in stages]
    if not works:
        raise NotKnown("no stage in benchmarks/costs")
    return reduce(add, works)
