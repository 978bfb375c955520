"""Networks: training, published and own weights, untrained copies, activations, tuning."""

from tonotopy.listening.planning import clip_seconds
from tonotopy.networks import inputs as networks
from tonotopy.networks.published import REMOTES
from tonotopy.networks.recordings import FOLDER, RECORDINGS


rule download_weights:
    """Fetch published weights and check them."""
    output:
        places.weights("{weights}"),
    log:
        places.shared_log("download_weights", "{weights}"),
    wildcard_constraints:
        weights=one_of(REMOTES),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("networks/download_weights"),
    script:
        "../scripts/networks/download_weights.py"


rule check_names:
    """Check the classes that the configuration names as soon as corpora are built."""
    input:
        [places.corpus(config["scale"], name) for name in instances.named_corpora(config)],
    output:
        places.names(config["scale"]),
    log:
        places.log("check_names", scale=config["scale"]),
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    params:
        names=frozen(instances.class_names(config)),
        corpora=instances.named_corpora(config),
        code=code("networks/check_names"),
    script:
        "../scripts/networks/check_names.py"


rule train_network:
    """Train a network on its corpus."""
    input:
        corpus=given(networks.training_corpus),
        initial_weights=given(networks.initial_weights),
        teacher=given(networks.teacher),
    output:
        network=directory(places.network("{scale}", "{network}")),
        history=places.history("{scale}", "{network}"),
    log:
        places.log("train_network", "{network}"),
    benchmark:
        places.benchmark("train_network", "{network}")
    wildcard_constraints:
        network=one_of(networks.with_key(config, "architecture")),
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=lambda wildcards: gpus() * networks.devices(wildcards, config),
        devices=given(networks.devices),  # no parameter: with another number the same is learned
    params:
        settings=frozen_given(networks.training_settings),
        seed=seed_of,
        accelerator=config["accelerator"],
        checkpoints=places.checkpoints("{scale}", "{network}"),
        tensorboard=places.tensorboard("{scale}", "{network}"),
        code=code("networks/train_network"),
    script:
        "../scripts/networks/train_network.py"


rule publish_network:
    """Turn published weights into a network with its front end."""
    input:
        weights=given(networks.published_weights),
    output:
        network=directory(places.network("{scale}", "{network}")),
    log:
        places.log("publish_network", "{network}"),
    wildcard_constraints:
        network=one_of(networks.with_key(config, "published")),
    conda:
        "../../envs/torch.yaml"
    params:
        settings=frozen_given(networks.settings),
        code=code("networks/publish_network"),
    script:
        "../scripts/networks/publish_network.py"


rule download_recording:
    """Fetch a recording of which it is known what must be heard in it."""
    output:
        places.download(f"{FOLDER}/{{recording}}"),
    log:
        places.shared_log("download_recording", "{recording}"),
    wildcard_constraints:
        recording=one_of(recording.remote.name for recording in RECORDINGS.values()),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("networks/download_recording"),
    script:
        "../scripts/networks/download_recording.py"


rule recognise_recordings:
    """Ask published weights for known answers, through their front end and names."""
    input:
        network=places.network("{scale}", "{network}"),
        recordings=[recording.path for recording in RECORDINGS.values()],
        texts=given(networks.text_files),
    output:
        places.known_answers("{scale}", "{network}"),
    log:
        places.log("recognise_recordings", "{network}"),
    wildcard_constraints:
        network=one_of(networks.with_key(config, "published")),
    conda:
        "../../envs/torch.yaml"
    params:
        code=code("networks/recognise_recordings"),
    script:
        "../scripts/networks/recognise_recordings.py"


rule download_snapshot:
    """Fetch a network of transformers by its name on the hub and its revision."""
    output:
        directory(places.download(f"{networks.SNAPSHOTS}/{{snapshot}}")),
    log:
        places.shared_log("download_snapshot", "{snapshot}"),
    wildcard_constraints:
        snapshot=one_of(networks.snapshots(config)),
    conda:
        "../../envs/torch.yaml"
    params:
        entry=frozen_given(networks.snapshot),
        code=code("networks/download_snapshot"),
    script:
        "../scripts/networks/download_snapshot.py"


rule adopt_network:
    """Turn your own module, or a network of transformers, into one with its front end."""
    input:
        files=given(networks.adopted_files),
    output:
        network=directory(places.network("{scale}", "{network}")),
    log:
        places.log("adopt_network", "{network}"),
    wildcard_constraints:
        network=one_of(networks.adopted(config)),
    priority: 100  # a wrong layer or file ends the run before anything is trained
    conda:
        "../../envs/torch.yaml"
    resources:  # no parameter: tried on clips of another length, the network is the same
        tried_ms=lambda wildcards: round(1000 * clip_seconds(wildcards.network, config)),
    params:
        settings=frozen_given(networks.settings),
        source=given(networks.own_source),
        seed=seed_of,
        code=code("networks/adopt_network"),
    script:
        "../scripts/networks/adopt_network.py"


rule untrained_network:
    """Make a network's copy with random weights."""
    input:
        network=places.network("{scale}", "{network}"),
    output:
        network=directory(places.network("{scale}", "{network}", "untrained")),
    log:
        places.log("untrained_network", "{network}"),
    conda:
        "../../envs/torch.yaml"
    params:
        source=given(networks.untrained_source),
        seed=seed_of,
        code=code("networks/untrained_network"),
    script:
        "../scripts/networks/untrained_network.py"


rule start_network:
    """Make the network that a training from published weights started from."""
    input:
        network=places.network("{scale}", "{network}"),
        weights=given(networks.initial_weights),
    output:
        network=directory(places.network("{scale}", "{network}", "start")),
    log:
        places.log("start_network", "{network}"),
    wildcard_constraints:
        network=one_of(networks.starting(config)),
    conda:
        "../../envs/torch.yaml"
    params:
        code=code("networks/start_network"),
    script:
        "../scripts/networks/start_network.py"


rule capture_activations:
    """Store what every layer of a network, or of a baseline, makes of a corpus."""
    input:
        network=places.network("{scale}", "{variant}"),
        corpus=places.corpus("{scale}", "{corpus}"),
    output:
        temp(directory(places.activations("{scale}", "{variant}", "{corpus}.{part}.{view}"))),
    log:
        places.log("capture_activations", "{variant}", "{corpus}.{part}.{view}"),
    wildcard_constraints:
        variant=f"({one_of(config['networks'])})(-untrained|-start)?",
        part="all|validation|apart",
        view="default|all|tokens|channels",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        accelerator=config["accelerator"],
        code=code("networks/capture_activations"),
    script:
        "../scripts/networks/capture_activations.py"


rule tune_network:
    """Search for learning rate and weight decay: at random, then around the best."""
    input:
        corpus=given(networks.training_corpus),
        initial_weights=given(networks.initial_weights),
    output:
        trials=places.trials("{scale}", "{network}"),
    log:
        places.log("tune_network", "{network}"),
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(networks.settings),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("networks/tune_network"),
    script:
        "../scripts/networks/tune_network.py"


rule tune:
    """Tune every network that has a `tuning` entry."""
    input:
        [places.trials(config["scale"], name) for name in networks.with_key(config, "tuning")],
