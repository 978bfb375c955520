"""What all rules share: a checked configuration, the code's fingerprint, a job's seed and threads."""

import json
import re
import sys
from functools import cache

from tonotopy import ending, instances, places, preflight, progress, recovery
from tonotopy.config import check, config_schema, frozen
from tonotopy.ending import refusing
from tonotopy.provenance import code_hash
from tonotopy.studies import STUDIES

WORKFLOW = Path(workflow.basedir) / "workflow"
recovery.mark_this_run()
ending.mind_disks()
refusing(check, config, config_schema(WORKFLOW / "schemas"), WORKFLOW.parent / "config.yaml")
following = progress.Progress()
if workflow.is_main_process:
    recovery.mark_incomplete(places.kept_folders(config["scale"]))


@cache
def tell_what_is_missing():
    """In a dry run, say what a run would be refused for as it begins."""
    if workflow.dryrun:
        for note in preflight.missing(config):
            print(note, file=sys.stderr)


NEVER = "(?!)"  # a regular expression that nothing matches


def one_of(names):
    """Return a regular expression of names; nothing matches it where there are none."""
    return "|".join(map(re.escape, names)) or NEVER


wildcard_constraints:
    # mini-seed3 is mini with another seed, see `places.seeded`
    scale=re.escape(config["scale"]) + r"(-seed\d+)?",
    corpus=one_of(config["corpora"]),
    network=one_of(config["networks"]),
    study=one_of(STUDIES),
    instance=one_of(sorted({n for names in instances.known_names(config).values() for n in names})),


def code(script, *modules):
    """Return the fingerprint of a rule's script and of the project code that it imports."""
    return code_hash(WORKFLOW / "scripts" / f"{script}.py", *modules)


def templates(*names):
    """Return the files of pages' templates, and those that all pages are made with."""
    return [
        WORKFLOW / "tonotopy/pages/templates" / n for n in ("base.html.j2", "style.css", *names)
    ]


def seed_of(wildcards):
    """Return the seed of a scale: the run's own, or the one in its name."""
    match = re.search(r"-seed(\d+)$", wildcards.scale)
    return int(match.group(1)) if match else config["seed"]


def gpus():
    """Return the GPUs of a job: counted where the run insists on them."""
    return int(config["accelerator"] == "gpu")


def half_of_the_cores(wildcards):
    """Return the threads of a job that is best run beside another of its kind."""
    return max(1, (workflow.cores or 8) // 2)


def everything(wildcards):
    """Return the files that a run leaves; a dry run says what it lacks."""
    tell_what_is_missing()
    return results.everything(config["scale"], config)


def given(function):
    """Return a function of wildcards from one of (wildcards, config), for inputs and parameters."""
    return lambda wildcards: function(wildcards, config)


def frozen_given(function):
    """Return the same as text that does not depend on the order of keys, for parameters."""
    return lambda wildcards: frozen(function(wildcards, config))


def in_order(function):
    """Return the same, but in the order of the entry, in which figures show its networks."""
    return lambda wildcards: json.dumps(function(wildcards, config))
