"""Networks: training, untrained copies, tuning."""


rule download_weights:
    output:
        "data/downloads/weights/{weights}",
    log:
        "results/logs/download_weights/{weights}.log",
    wildcard_constraints:
        weights="|".join(map(re.escape, REMOTES)),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("download_weights"),
    script:
        "../scripts/download_weights.py"


rule train_network:
    input:
        corpus=corpus_folder(training_corpus),
        initial_weights=initial_weights,
        teacher=teacher,
    output:
        network=directory("results/{scale}/networks/{network}"),
        history="results/{scale}/training/{network}.csv",
    log:
        "results/{scale}/logs/train_network/{network}.log",
    benchmark:
        "results/{scale}/benchmarks/train_network/{network}.tsv"
    wildcard_constraints:
        network=networks_with("architecture"),
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=lambda wildcards: gpus() * devices(wildcards),
        devices=devices,  # no parameter: with another number the same is learned
    params:
        settings=training_settings,
        seed=seed_of,
        accelerator=config["accelerator"],
        checkpoints="results/{scale}/checkpoints/{network}",
        tensorboard="results/{scale}/logs/tensorboard/{network}",
        code=code("train_network"),
    script:
        "../scripts/train_network.py"


rule publish_network:
    input:
        weights=published_weights,
    output:
        network=directory("results/{scale}/networks/{network}"),
    log:
        "results/{scale}/logs/publish_network/{network}.log",
    wildcard_constraints:
        network=networks_with("published"),
    conda:
        "../../envs/torch.yaml"
    params:
        published=lambda wildcards: config["networks"][wildcards.network]["published"],
        code=code("publish_network"),
    script:
        "../scripts/publish_network.py"


rule adopt_network:
    input:
        weights=own_weights,
    output:
        network=directory("results/{scale}/networks/{network}"),
    log:
        "results/{scale}/logs/adopt_network/{network}.log",
    wildcard_constraints:
        network=networks_with("module"),
    conda:
        "../../envs/torch.yaml"
    params:
        settings=lambda wildcards: frozen(config["networks"][wildcards.network]),
        source=own_source,
        seed=seed_of,
        code=code("adopt_network"),
    script:
        "../scripts/adopt_network.py"


rule untrained_network:
    input:
        network="results/{scale}/networks/{network}",
    output:
        network=directory("results/{scale}/networks/{network}-untrained"),
    log:
        "results/{scale}/logs/untrained_network/{network}.log",
    wildcard_constraints:
        network=NETWORKS,
    conda:
        "../../envs/torch.yaml"
    params:
        seed=seed_of,
        code=code("untrained_network"),
    script:
        "../scripts/untrained_network.py"


rule tune_network:
    # not part of `all`: random search, then a grid around its best
    input:
        corpus=corpus_folder(training_corpus),
        initial_weights=initial_weights,
    output:
        trials="results/{scale}/tuning/{network}.csv",
    log:
        "results/{scale}/logs/tune_network/{network}.log",
    wildcard_constraints:
        network=NETWORKS,
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=lambda wildcards: frozen(config["networks"][wildcards.network]),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("tune_network"),
    script:
        "../scripts/tune_network.py"


rule tune:
    """Tune every network that has a `tuning` entry."""
    input:
        [
            f"results/{config['scale']}/tuning/{name}.csv"
            for name, settings in config["networks"].items()
            if "tuning" in settings
        ],
