"""Study 2: concepts inside a classifier, and steering its answers with them."""


rule check_names:
    # first of all, so that a misspelt concept does not cost a training
    input:
        concepts=lambda wildcards: f"data/corpora/{wildcards.scale}/{study(wildcards)['concepts']}",
        classes=corpus_folder(class_corpus),
    output:
        "results/{scale}/steering/{study}/names.json",
    log:
        "results/{scale}/logs/check_names/{study}.log",
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda wildcards: frozen(
            {k: study(wildcards)[k] for k in ("pairs", "flat", "concepts")}
        ),
        code=code("check_names"),
    script:
        "../scripts/check_names.py"


rule predict:
    input:
        network=network_folder,
        corpus=corpus_folder(class_corpus),
        unseen=unseen_folder,
    output:
        "results/{scale}/steering/{study}/predictions.parquet",
    log:
        "results/{scale}/logs/predict/{study}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        accelerator=config["accelerator"],
        code=code("predict"),
    script:
        "../scripts/predict.py"


rule capture_tokens:
    input:
        network="results/{scale}/networks/{network}",
        corpus="data/corpora/{scale}/{corpus}",
    output:
        temp("results/{scale}/activations/{network}/{corpus}.{part}.npy"),
    log:
        "results/{scale}/logs/capture_tokens/{network}/{corpus}.{part}.log",
    wildcard_constraints:
        part="all|validation",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        accelerator=config["accelerator"],
        code=code("capture_tokens"),
    script:
        "../scripts/capture_tokens.py"


rule fit_probes:
    input:
        names="results/{scale}/steering/{study}/names.json",
        concepts=corpus_folder(lambda wildcards: study(wildcards)["concepts"]),
        classes=corpus_folder(class_corpus),
        trained=tokens("all"),
        untrained=tokens("all", copy="-untrained"),
        class_tokens=tokens("validation"),
    output:
        predictions="results/{scale}/steering/{study}/probe_predictions.parquet",
        scores="results/{scale}/steering/{study}/probe_scores.parquet",
        agreement="results/{scale}/steering/{study}/agreement.parquet",
        cosines="results/{scale}/steering/{study}/cosines.parquet",
        vectors="results/{scale}/steering/{study}/vectors.safetensors",
    log:
        "results/{scale}/logs/fit_probes/{study}.log",
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    params:
        probes=lambda wildcards: frozen(study(wildcards)["probes"]),
        seed=seed_of,
        code=code("fit_probes"),
    script:
        "../scripts/fit_probes.py"


rule steer:
    input:
        network=network_folder,
        vectors="results/{scale}/steering/{study}/vectors.safetensors",
        corpus=corpus_folder(sweep_corpus),
    output:
        "results/{scale}/steering/{study}/sweep-{sweep}.parquet",
    log:
        "results/{scale}/logs/steer/{study}/{sweep}.log",
    benchmark:
        "results/{scale}/benchmarks/steer/{study}/{sweep}.tsv"
    wildcard_constraints:
        sweep="test|unseen|layers|controls",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        strengths=lambda wildcards: study(wildcards)["strengths"],
        slope_range=lambda wildcards: study(wildcards)["slope_range"],
        clips=lambda wildcards: study(wildcards)["clips"][wildcards.sweep],
        concepts=lambda wildcards: sorted(p["concept"] for p in study(wildcards)["pairs"]),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("steer"),
    script:
        "../scripts/steer.py"


rule read_effects:
    input:
        sweeps=sweeps,
        corpus=corpus_folder(class_corpus),
    output:
        by_clip="results/{scale}/steering/{study}/clip_slopes.parquet",
        matrix="results/{scale}/steering/{study}/slopes.parquet",
        table="results/{scale}/steering/{study}/slopes.csv",
    log:
        "results/{scale}/logs/read_effects/{study}.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        slope_range=lambda wildcards: study(wildcards)["slope_range"],
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("read_effects"),
    script:
        "../scripts/read_effects.py"
