"""Study 4: feature maps of networks that hear raw waveforms, made audible."""

from tonotopy.studies.sonification import inputs as sonification


rule transfer_network:
    """Teach one network one task in every way that the entry asks for."""
    input:
        network=given(sonification.transferred),
        corpus=given(sonification.task_corpus),
    output:
        scores=temp(
            places.table("{scale}", "sonification", "{instance}", "transfer-{task}-{taught}-{run}")
        ),
        networks=directory(
            places.transfer("{scale}", "sonification", "{instance}", "{task}", "{taught}", "{run}")
        ),
    log:
        places.log("transfer_network", "{instance}", "{task}-{taught}-{run}"),
    wildcard_constraints:
        task="[a-z][a-z0-9_]*",
        taught="[a-z][a-z0-9_]*",
        run=r"\d+",
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        task=frozen_given(sonification.task),
        checkpoints=given(sonification.transfer_checkpoints),
        tensorboard=places.tensorboard("{scale}", "{instance}-{task}-{taught}-{run}"),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/transfer_network"),
    script:
        "../scripts/sonification/transfer_network.py"


rule collect_transfers:
    """Join the scores of all transfers."""
    input:
        given(sonification.transfer_tables),
    output:
        places.table("{scale}", "sonification", "{instance}", "transfers"),
    log:
        places.log("collect_transfers", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        names=lambda wildcards, input: [Path(path).stem for path in input],
        code=code("sonification/collect_transfers"),
    script:
        "../scripts/sonification/collect_transfers.py"


rule hear_maps:
    """Tell which clips and classes every map prefers, and what the networks answer."""
    input:
        networks=given(sonification.networks),
        heard=given(sonification.heard),
        learned=given(sonification.learned),
        own=given(sonification.own_corpora),
    output:
        favourites=places.table("{scale}", "sonification", "{instance}", "favourites"),
        selected=places.table("{scale}", "sonification", "{instance}", "selected"),
        answers=places.table("{scale}", "sonification", "{instance}", "answers"),
        filters=places.table("{scale}", "sonification", "{instance}", "filters"),
        responses=places.table("{scale}", "sonification", "{instance}", "responses"),
    log:
        places.log("hear_maps", "{instance}"),
    benchmark:
        places.benchmark("hear_maps", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "selecting")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/hear_maps"),
    script:
        "../scripts/sonification/hear_maps.py"


rule sonify_clips:
    """Sonify the most active maps, beside their inputs and known answers."""
    input:
        networks=given(sonification.networks),
        heard=given(sonification.heard),
    output:
        layers=places.table("{scale}", "sonification", "{instance}", "layers"),
        similarity=places.table("{scale}", "sonification", "{instance}", "similarity"),
        exactness=places.table("{scale}", "sonification", "{instance}", "exactness"),
        shifts=places.table("{scale}", "sonification", "{instance}", "shifts"),
        excerpts=places.table("{scale}", "sonification", "{instance}", "excerpts"),
    log:
        places.log("sonify_clips", "{instance}"),
    benchmark:
        places.benchmark("sonify_clips", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "clips", "coherence", "shifts")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/sonify_clips"),
    script:
        "../scripts/sonification/sonify_clips.py"


rule subtract_sonifications:
    """Ask networks for clips without the sonifications of their most active maps."""
    input:
        networks=given(sonification.networks),
        answering=given(sonification.answering),
        heard=given(sonification.heard),
    output:
        places.table("{scale}", "sonification", "{instance}", "residuals"),
    log:
        places.log("subtract_sonifications", "{instance}"),
    benchmark:
        places.benchmark("subtract_sonifications", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "clips")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/subtract_sonifications"),
    script:
        "../scripts/sonification/subtract_sonifications.py"


rule subtract_classes:
    """Ask networks for clips of two classes without the sonification of one."""
    input:
        networks=given(sonification.networks),
        answering=given(sonification.answering),
        heard=given(sonification.heard),
        selected=places.table("{scale}", "sonification", "{instance}", "selected"),
    output:
        places.table("{scale}", "sonification", "{instance}", "targeted"),
    log:
        places.log("subtract_classes", "{instance}"),
    benchmark:
        places.benchmark("subtract_classes", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "clips")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/subtract_classes"),
    script:
        "../scripts/sonification/subtract_classes.py"


rule match_parts:
    """Compare sonifications of the maps of events with the events themselves."""
    input:
        networks=given(sonification.networks),
        heard=given(sonification.heard),
        selected=places.table("{scale}", "sonification", "{instance}", "selected"),
    output:
        places.table("{scale}", "sonification", "{instance}", "matches"),
    log:
        places.log("match_parts", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "clips")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/match_parts"),
    script:
        "../scripts/sonification/match_parts.py"


rule picture_maps:
    """Store pictures of maps and of what they sound like."""
    input:
        networks=given(sonification.networks),
        heard=given(sonification.heard),
        favourites=places.table("{scale}", "sonification", "{instance}", "favourites"),
        selected=places.table("{scale}", "sonification", "{instance}", "selected"),
    output:
        pictures=places.table("{scale}", "sonification", "{instance}", "pictures"),
        evolution=places.table("{scale}", "sonification", "{instance}", "evolution"),
    log:
        places.log("picture_maps", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "shown", "evolution")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/picture_maps"),
    script:
        "../scripts/sonification/picture_maps.py"


rule render_sonifications:
    """Render sonifications to be heard."""
    input:
        networks=given(sonification.networks),
        heard=given(sonification.heard),
        selected=places.table("{scale}", "sonification", "{instance}", "selected"),
    output:
        directory(places.exhibits("{scale}", "sonification", "{instance}")),
    log:
        places.log("render_sonifications", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("sonification") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(sonification.columns),
        settings=frozen_given(sonification.setting("layers", "evolution", "exhibits")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("sonification/render_sonifications"),
    script:
        "../scripts/sonification/render_sonifications.py"
