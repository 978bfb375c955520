"""Study 3: what a network listened to, split into components that can be heard."""

from tonotopy.studies.relevance import inputs as relevance


rule classify_clips:
    """Store what the networks answer to clips."""
    input:
        network=given(relevance.network),
        learned=given(relevance.learned),
        explained=given(relevance.explained),
    output:
        places.table("{scale}", "relevance", "{instance}", "predictions"),
    log:
        places.log("classify_clips", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(relevance.setting("outputs")),
        accelerator=config["accelerator"],
        code=code("relevance/classify_clips"),
    script:
        "../scripts/relevance/classify_clips.py"


rule fit_subspaces:
    """Fit the subspaces that relevance is split by."""
    input:
        trained=given(relevance.network),
        untrained=given(relevance.untrained),
        corpus=given(relevance.learned),
    output:
        subspaces=directory(places.subspaces("{scale}", "relevance", "{instance}")),
        objectives=places.table("{scale}", "relevance", "{instance}", "objectives"),
    log:
        places.log("fit_subspaces", "{instance}"),
    benchmark:
        places.benchmark("fit_subspaces", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(
            relevance.setting("vectors", "components", "shown", "random", "ascent")
        ),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/fit_subspaces"),
    script:
        "../scripts/relevance/fit_subspaces.py"


rule explain_clips:
    """Explain answers to clips by relevance, whole and split by subspaces."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
        subspaces=given(relevance.subspaces),
    output:
        conservation=places.table("{scale}", "relevance", "{instance}", "conservation"),
        sums=places.table("{scale}", "relevance", "{instance}", "sums"),
        histogram=places.table("{scale}", "relevance", "{instance}", "histogram"),
        examples=places.table("{scale}", "relevance", "{instance}", "examples"),
        maps=places.table("{scale}", "relevance", "{instance}", "maps", "safetensors"),
    log:
        places.log("explain_clips", "{instance}"),
    benchmark:
        places.benchmark("explain_clips", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("shown", "clips", "exchanged", "objects")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/explain_clips"),
    script:
        "../scripts/relevance/explain_clips.py"


rule localise_relevance:
    """Compare relevance with the known parts of clips."""
    input:
        network=given(relevance.network),
        untrained=given(relevance.untrained),
        corpus=given(relevance.explained),
        subspaces=given(relevance.subspaces),
    output:
        overlaps=places.table("{scale}", "relevance", "{instance}", "overlaps"),
        localisation=places.table("{scale}", "relevance", "{instance}", "localisation"),
        renderings=places.table("{scale}", "relevance", "{instance}", "renderings"),
    log:
        places.log("localise_relevance", "{instance}"),
    benchmark:
        places.benchmark("localise_relevance", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("shown", "clips", "objects")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/localise_relevance"),
    script:
        "../scripts/relevance/localise_relevance.py"


rule flip_patches:
    """Flip patches in the order of their relevance and of controls."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
        subspaces=given(relevance.subspaces),
    output:
        places.table("{scale}", "relevance", "{instance}", "aupc"),
    log:
        places.log("flip_patches", "{instance}"),
    benchmark:
        places.benchmark("flip_patches", "{instance}")
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("shown", "flipping")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/flip_patches"),
    script:
        "../scripts/relevance/flip_patches.py"


rule exchange_subspaces:
    """Split explanations of one class by the subspaces of another."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
        subspaces=given(relevance.subspaces),
    output:
        places.table("{scale}", "relevance", "{instance}", "exchanged"),
    log:
        places.log("exchange_subspaces", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("shown", "flipping", "exchanged")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/exchange_subspaces"),
    script:
        "../scripts/relevance/exchange_subspaces.py"


rule randomise_weights:
    """Explain with randomised weights, layer after layer."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
    output:
        places.table("{scale}", "relevance", "{instance}", "randomisation"),
    log:
        places.log("randomise_weights", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("randomised")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/randomise_weights"),
    script:
        "../scripts/relevance/randomise_weights.py"


rule plant_subspaces:
    """Find subspaces that are known, by every method."""
    output:
        places.table("{scale}", "relevance", "{instance}", "planted"),
    log:
        places.log("plant_subspaces", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    params:
        settings=frozen_given(relevance.setting("planted")),
        seed=seed_of,
        code=code("relevance/plant_subspaces"),
    script:
        "../scripts/relevance/plant_subspaces.py"


rule render_exhibits:
    """Render relevance to be heard."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
        subspaces=given(relevance.subspaces),
    output:
        directory(places.exhibits("{scale}", "relevance", "{instance}")),
    log:
        places.log("render_exhibits", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("relevance") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("shown", "exhibits")),
        objects=given(relevance.rendered_objects),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/render_exhibits"),
    script:
        "../scripts/relevance/render_exhibits.py"


rule compare_gammas:
    """Choose gamma by patch flipping, where the entry asks for it."""
    input:
        network=given(relevance.network),
        corpus=given(relevance.explained),
    output:
        places.table("{scale}", "relevance", "{instance}", "gammas"),
    log:
        places.log("compare_gammas", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        explaining=frozen_given(relevance.explaining),
        settings=frozen_given(relevance.setting("gammas", "flipping")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/compare_gammas"),
    script:
        "../scripts/relevance/compare_gammas.py"


rule cross_validate:
    """Train a network anew for a fold, where the entry asks for it."""
    input:
        corpus=given(relevance.learned),
    output:
        temp(places.table("{scale}", "relevance", "{instance}", "fold-{by}-{fold}")),
    log:
        places.log("cross_validate", "{instance}", "{by}-{fold}"),
    wildcard_constraints:
        by="clip|group",
        fold=r"\d+",
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        settings=frozen_given(relevance.setting("folds")),
        network=frozen_given(relevance.training),
        checkpoints=given(relevance.fold_checkpoints),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("relevance/cross_validate"),
    script:
        "../scripts/relevance/cross_validate.py"


rule collect_folds:
    """Join the folds' answers."""
    input:
        given(relevance.fold_tables),
    output:
        places.table("{scale}", "relevance", "{instance}", "folds"),
    log:
        places.log("collect_folds", "{instance}"),
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("relevance/collect_folds"),
    script:
        "../scripts/relevance/collect_folds.py"
