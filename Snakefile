"""tonotopy: what audio networks hear, from sound to scorecard. See README.md."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27.1")
sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))


configfile: Path(workflow.basedir) / "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


onstart:
    builds = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "build_corpus"]
    refusing(preflight.check_sources, {job.wildcards.corpus for job in builds}, config)
    refusing(preflight.check_adopted, workflow.dag.needrun_jobs(), config)
    refusing(recovery.refuse_beside_orphans, Path.cwd())
    refusing(instances.check_expected_names, config)
    recovery.note_run(on_cluster=workflow.non_local_exec)
    following.begin(workflow.dag.needrun_jobs(), places.result(config["scale"], "benchmarks"))


onerror:
    progress.tell_causes(following.failed)


onsuccess:
    recovery.discard_checkpoints(config["scale"])
    ending.tell_verdict(workflow.dag.jobs)


include: "workflow/rules/corpora.smk"
include: "workflow/rules/networks.smk"


for name in STUDIES:

    include: f"workflow/rules/{name}.smk"


include: "workflow/rules/report.smk"
include: "workflow/rules/listen.smk"


rule all:
    """Make everything that the configuration's run leaves for people."""
    default_target: True
    input:
        everything,
