"""Study 2: concepts inside a classifier, and steering its answers with them."""

from tonotopy.studies.steering import inputs as steering


rule predict:
    """Store what the network answers to every role's clips."""
    input:
        network=given(steering.network),
        corpus=given(steering.classes),
        unseen=given(steering.unseen),
    output:
        places.table("{scale}", "steering", "{instance}", "predictions"),
    log:
        places.log("predict", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        outputs=frozen_given(steering.optional("outputs")),
        activation=given(steering.activation),
        accelerator=config["accelerator"],
        code=code("steering/predict"),
    script:
        "../scripts/steering/predict.py"


rule fit_probes:
    """Fit concept probes and their controls on every layer."""
    input:
        network=given(steering.network),
        concepts=given(steering.concepts),
        classes=given(steering.classes),
        trained=given(steering.activations("concepts", "all")),
        untrained=given(steering.activations("concepts", "all", "untrained")),
        start=given(steering.start_activations),
        class_activations=given(steering.activations("classes", "validation")),
    output:
        predictions=places.table("{scale}", "steering", "{instance}", "probe_predictions"),
        scores=places.table("{scale}", "steering", "{instance}", "probe_scores"),
        clips=places.table("{scale}", "steering", "{instance}", "probe_clips"),
        agreement=places.table("{scale}", "steering", "{instance}", "agreement"),
        cosines=places.table("{scale}", "steering", "{instance}", "cosines"),
        vectors=places.table("{scale}", "steering", "{instance}", "vectors", "safetensors"),
    log:
        places.log("fit_probes", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    params:
        probes=frozen_given(steering.setting("probes")),
        view=given(steering.view),
        seed=seed_of,
        code=code("steering/fit_probes"),
    script:
        "../scripts/steering/fit_probes.py"


rule steer:
    """Steer the network along concept vectors, and along controls."""
    input:
        network=given(steering.network),
        vectors=places.table("{scale}", "steering", "{instance}", "vectors", "safetensors"),
        corpus=given(steering.steered_corpus),
    output:
        places.table("{scale}", "steering", "{instance}", "sweep-{sweep}"),
    log:
        places.log("steer", "{instance}", "{sweep}"),
    benchmark:
        places.benchmark("steer", "{instance}", "{sweep}")
    wildcard_constraints:
        sweep="test|unseen|layers|controls|unseen_controls",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        strengths=given(steering.setting("strengths")),
        slope_range=given(steering.setting("slope_range")),
        clips=given(steering.clips),
        concepts=given(steering.paired_concepts),
        view=given(steering.view),
        outputs=frozen_given(steering.optional("outputs")),
        activation=given(steering.activation),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("steering/steer"),
    script:
        "../scripts/steering/steer.py"


rule read_effects:
    """Read effects and their slopes from steered answers."""
    input:
        sweeps=given(steering.sweeps),
        corpus=given(steering.classes),
    output:
        by_clip=places.table("{scale}", "steering", "{instance}", "clip_slopes"),
        matrix=places.table("{scale}", "steering", "{instance}", "slopes"),
        table=places.table("{scale}", "steering", "{instance}", "slopes", "csv"),
    log:
        places.log("read_effects", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        sweep_names=given(steering.sweep_names),
        slope_range=given(steering.setting("slope_range")),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("steering/read_effects"),
    script:
        "../scripts/steering/read_effects.py"


rule render_steering:
    """Render steered answers for the listening room."""
    input:
        network=given(steering.network),
        vectors=places.table("{scale}", "steering", "{instance}", "vectors", "safetensors"),
        corpus=given(steering.classes),
    output:
        directory(places.exhibits("{scale}", "steering", "{instance}")),
    log:
        places.log("render_steering", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("steering") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(steering.settings("strengths", "pairs", "exhibits")),
        view=given(steering.view),
        outputs=frozen_given(steering.optional("outputs")),
        activation=given(steering.activation),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("steering/render_steering"),
    script:
        "../scripts/steering/render_steering.py"
