"""Study 1: what each layer of a network encodes."""

from tonotopy.studies.hierarchy import inputs as hierarchy


rule probe_layers:
    """Probe all layers of a network and of its baselines on one task."""
    input:
        networks=given(hierarchy.probed_networks),
        corpus=given(hierarchy.task_corpus),
    output:
        places.table("{scale}", "hierarchy", "{instance}", "correct/{network}.{task}"),
    log:
        places.log("probe_layers", "{instance}", "{network}.{task}"),
    benchmark:
        places.benchmark("probe_layers", "{instance}.{network}.{task}")
    wildcard_constraints:
        task=r"\w+",
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(hierarchy.probe_settings),
        copies=given(hierarchy.probed_copies),
        vectors=places.activations("{scale}", "{instance}.{network}.{task}"),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("hierarchy/probe_layers"),
    script:
        "../scripts/hierarchy/probe_layers.py"


rule probe_controls:
    """Probe networks whose profile is known; tell what clips and folds have in common."""
    input:
        corpora=given(hierarchy.task_corpora),
    output:
        controls=places.table("{scale}", "hierarchy", "{instance}", "controls"),
        clips=places.table("{scale}", "hierarchy", "{instance}", "clips"),
        folds=places.table("{scale}", "hierarchy", "{instance}", "folds"),
    log:
        places.log("probe_controls", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    params:
        tasks=given(hierarchy.task_names),
        keep_groups=given(hierarchy.kept_groups),
        folds=given(hierarchy.fold_kinds),
        vectors=places.activations("{scale}", "{instance}.controls"),
        seed=seed_of,
        code=code("hierarchy/probe_controls"),
    script:
        "../scripts/hierarchy/probe_controls.py"


rule score_tagging:
    """Score what the networks make of the corpus that they were trained to tag."""
    input:
        networks=given(hierarchy.tagging_networks),
        corpus=given(hierarchy.tagging_corpus),
    output:
        places.table("{scale}", "hierarchy", "{instance}", "tagging"),
    log:
        places.log("score_tagging", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    params:
        names=given(hierarchy.tagged_names),
        copies=given(hierarchy.tagged_kinds),
        families=frozen_given(hierarchy.network_families),
        code=code("hierarchy/score_tagging"),
    script:
        "../scripts/hierarchy/score_tagging.py"


rule join_known_answers:
    """Join what the published networks hear in recordings of which that is known."""
    input:
        given(hierarchy.known_answers),
    output:
        places.table("{scale}", "hierarchy", "{instance}", "known_answers"),
    log:
        places.log("join_known_answers", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("hierarchy/join_known_answers"),
    script:
        "../scripts/hierarchy/join_known_answers.py"


rule summarise_layers:
    """Summarise the profiles of all networks over layers."""
    input:
        correct=given(hierarchy.correct_tables),
        clips=places.table("{scale}", "hierarchy", "{instance}", "clips"),
    output:
        correct=places.table("{scale}", "hierarchy", "{instance}", "correct"),
        profiles=places.table("{scale}", "hierarchy", "{instance}", "profiles"),
        centres=places.table("{scale}", "hierarchy", "{instance}", "centres"),
    log:
        places.log("summarise_layers", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        families=frozen_given(hierarchy.network_families),
        levels=frozen_given(hierarchy.task_levels),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("hierarchy/summarise_layers"),
    script:
        "../scripts/hierarchy/summarise_layers.py"
