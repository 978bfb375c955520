"""Study 5: maps compared with hand-made audio features."""

from tonotopy.studies.similarity import inputs as similarity


rule compare_maps:
    """Compare every map with every feature, beside nulls and known answers."""
    input:
        networks=given(similarity.networks),
        unheard=given(similarity.unheard_networks),
        heard=given(similarity.heard),
        learned=given(similarity.unheard_corpora),
    output:
        clips=places.table("{scale}", "similarity", "{instance}", "clips"),
        layers=places.table("{scale}", "similarity", "{instance}", "layers"),
        similarities=places.table("{scale}", "similarity", "{instance}", "similarities"),
        pictures=places.table("{scale}", "similarity", "{instance}", "pictures"),
        answers=places.table("{scale}", "similarity", "{instance}", "answers"),
        known=places.table("{scale}", "similarity", "{instance}", "known"),
    log:
        places.log("compare_maps", "{instance}"),
    benchmark:
        places.benchmark("compare_maps", "{instance}")
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        columns=given(similarity.columns),
        unheard=given(similarity.unheard_columns),
        settings=frozen_given(
            similarity.setting(
                "layers",
                "grids",
                "seen_through",
                "random",
                "clips",
                "probed",
                "calibrated",
                "known",
                "shown",
            )
        ),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("similarity/compare_maps"),
    script:
        "../scripts/similarity/compare_maps.py"


rule probe_features:
    """Tell hand-made features from layers, and from the input on their grids."""
    input:
        networks=given(similarity.networks),
        unheard=given(similarity.unheard_networks),
        heard=given(similarity.heard),
    output:
        places.table("{scale}", "similarity", "{instance}", "probes"),
    log:
        places.log("probe_features", "{instance}"),
    benchmark:
        places.benchmark("probe_features", "{instance}")
    conda:
        "../../envs/torch.yaml"
    threads: half_of_the_cores
    resources:
        gpu=gpus(),
    params:
        columns=given(similarity.columns),
        unheard=given(similarity.unheard_columns),
        settings=frozen_given(
            similarity.setting(
                "layers",
                "grids",
                "seen_through",
                "random",
                "probed",
                "calibrated",
                "folds",
            )
        ),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("similarity/probe_features"),
    script:
        "../scripts/similarity/probe_features.py"


rule render_matches:
    """Render the maps and features that match best."""
    input:
        networks=given(similarity.networks),
        heard=given(similarity.heard),
        similarities=places.table("{scale}", "similarity", "{instance}", "similarities"),
        clips=places.table("{scale}", "similarity", "{instance}", "clips"),
    output:
        directory(places.exhibits("{scale}", "similarity", "{instance}")),
    log:
        places.log("render_matches", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("similarity") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(similarity.columns),
        settings=frozen_given(similarity.setting("layers", "grids", "seen_through", "exhibits")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("similarity/render_matches"),
    script:
        "../scripts/similarity/render_matches.py"
