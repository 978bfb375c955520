"""Study 7: which method recovers what causes the answer, marked against interventions."""

from tonotopy.studies.validity import inputs as validity


rule intervene:
    """Ask the network for twins, and for clips with one layer of a twin."""
    input:
        network=given(validity.network()),
        untrained=given(validity.network("untrained")),
        classes=given(validity.classes),
        twins=given(validity.all_twins),
    output:
        effects=places.table("{scale}", "validity", "{instance}", "effects"),
        layers=places.table("{scale}", "validity", "{instance}", "layers"),
    log:
        places.log("intervene", "{instance}"),
    benchmark:
        places.benchmark("intervene", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        attributes=given(validity.attributes),
        settings=frozen_given(validity.answers),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("validity/intervene"),
    script:
        "../scripts/validity/intervene.py"


rule run_methods:
    """Make every method's matrix of attribute values and classes."""
    input:
        network=given(validity.network()),
        untrained=given(validity.network("untrained")),
        classes=given(validity.classes),
        concepts=given(validity.concepts),
        activations=given(validity.activations),
        vectors=given(validity.steering_table("vectors", "safetensors")),
        scores=given(validity.steering_table("probe_scores")),
        twins=given(validity.twins),
        parts=given(validity.parts),
    output:
        matrices=places.table("{scale}", "validity", "{instance}", "matrices"),
        methods=places.table("{scale}", "validity", "{instance}", "methods"),
    log:
        places.log("run_methods", "{instance}"),
    benchmark:
        places.benchmark("run_methods", "{instance}")
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(validity.method_settings),
        own=frozen_given(validity.own_methods),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=lambda wildcards: code(
            "validity/run_methods", *validity.method_modules(wildcards, config)
        ),
    script:
        "../scripts/validity/run_methods.py"


rule mark_methods:
    """Mark each method by how well its matrix agrees with the interventions."""
    input:
        effects=places.table("{scale}", "validity", "{instance}", "effects"),
        matrices=places.table("{scale}", "validity", "{instance}", "matrices"),
        methods=places.table("{scale}", "validity", "{instance}", "methods"),
    output:
        marks=places.table("{scale}", "validity", "{instance}", "marks"),
        draws=places.table("{scale}", "validity", "{instance}", "mark_draws"),
    log:
        places.log("mark_methods", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("validity/mark_methods"),
    script:
        "../scripts/validity/mark_methods.py"


rule summarise_seeds:
    """Summarise the marks of several seeds."""
    input:
        marks=given(validity.validation_tables("marks")),
        draws=given(validity.validation_tables("mark_draws")),
        slopes=given(validity.validation_slopes),
    output:
        places.result("{scale}", "world_validation.csv"),
    log:
        places.log("summarise_seeds"),
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=given(validity.validation_rows),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("validity/summarise_seeds"),
    script:
        "../scripts/validity/summarise_seeds.py"


rule world_validation:
    """The planted worlds under five seeds: every method's marks; not part of `all`."""
    input:
        places.result(config["scale"], "world_validation.csv"),
