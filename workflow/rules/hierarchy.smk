"""Study 1: what each layer of a network encodes."""


rule probe_layers:
    # a network and its untrained copy on one task, all layers
    input:
        trained="results/{scale}/networks/{network}",
        untrained="results/{scale}/networks/{network}-untrained",
        corpus=task_corpus,
    output:
        "results/{scale}/hierarchy/{study}/correct/{network}.{task}.parquet",
    log:
        "results/{scale}/logs/probe_layers/{study}/{network}.{task}.log",
    benchmark:
        "results/{scale}/benchmarks/probe_layers/{study}.{network}.{task}.tsv"
    wildcard_constraints:
        network=NETWORKS,
        study=HIERARCHIES,
        task=r"\w+",
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=probe_settings,
        vectors="results/{scale}/activations/{study}.{network}.{task}",
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("probe_layers"),
    script:
        "../scripts/probe_layers.py"


rule probe_controls:
    # networks whose profile is known, and whether groups stay in one fold
    input:
        corpora=task_corpora,
    output:
        controls="results/{scale}/hierarchy/{study}/controls.parquet",
        folds="results/{scale}/hierarchy/{study}/folds.parquet",
    log:
        "results/{scale}/logs/probe_controls/{study}.log",
    wildcard_constraints:
        study=HIERARCHIES,
    conda:
        "../../envs/torch.yaml"
    params:
        tasks=task_names,
        keep_groups=task_groups,
        folds=lambda wildcards: config["hierarchy"][wildcards.study]["folds"],
        vectors="results/{scale}/activations/{study}.controls",
        seed=seed_of,
        code=code("probe_controls"),
    script:
        "../scripts/probe_controls.py"


rule score_tagging:
    # what the networks of a study make of the corpus that they were trained to tag
    input:
        networks=tagging_networks,
        corpus=tagging_corpus,
    output:
        "results/{scale}/hierarchy/{study}/tagging.parquet",
    log:
        "results/{scale}/logs/score_tagging/{study}.log",
    wildcard_constraints:
        study=HIERARCHIES,
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    params:
        families=lambda wildcards: frozen(families(wildcards)),
        code=code("score_tagging"),
    script:
        "../scripts/score_tagging.py"


rule summarise_layers:
    input:
        correct=correct_tables,
    output:
        correct="results/{scale}/hierarchy/{study}/correct.parquet",
        profiles="results/{scale}/hierarchy/{study}/profiles.parquet",
        centres="results/{scale}/hierarchy/{study}/centres.parquet",
    log:
        "results/{scale}/logs/summarise_layers/{study}.log",
    wildcard_constraints:
        study=HIERARCHIES,
    conda:
        "../../envs/analysis.yaml"
    params:
        families=lambda wildcards: frozen(families(wildcards)),
        levels=lambda wildcards: frozen(levels(wildcards)),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("summarise_layers"),
    script:
        "../scripts/summarise_layers.py"
