"""Study 6: do partials stabilise inside networks that hear waveforms?"""

from tonotopy.studies.partials import inputs as partials


rule measure_filters:
    """Measure how much energy of first-layer filters lies in one band, and could."""
    input:
        networks=given(partials.networks),
    output:
        filters=places.table("{scale}", "partials", "{instance}", "filters"),
        limits=places.table("{scale}", "partials", "{instance}", "limits"),
    log:
        places.log("measure_filters", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("partials") or {}),
    conda:
        "../../envs/torch.yaml"
    params:
        columns=given(partials.columns),
        known=frozen_given(partials.known),
        settings=frozen_given(partials.setting("layers", "limits")),
        seed=seed_of,
        accelerator="cpu",
        code=code("partials/measure_filters"),
    script:
        "../scripts/partials/measure_filters.py"


rule sweep_tones:
    """Measure what directions answer to tones, to complexes and to natural sound."""
    input:
        networks=given(partials.networks),
        heard=given(partials.heard),
        contexts=given(partials.contexts),
    output:
        layers=places.table("{scale}", "partials", "{instance}", "layers"),
        responses=places.table("{scale}", "partials", "{instance}", "responses"),
        directions=places.table("{scale}", "partials", "{instance}", "directions"),
        natural=places.table("{scale}", "partials", "{instance}", "natural"),
    log:
        places.log("sweep_tones", "{instance}"),
    benchmark:
        places.benchmark("sweep_tones", "{instance}")
    wildcard_constraints:
        instance=one_of(config.get("partials") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(partials.columns),
        known=frozen_given(partials.known),
        settings=frozen_given(partials.setting("layers", "tones", "fitted", "contexts", "clips")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("partials/sweep_tones"),
    script:
        "../scripts/partials/sweep_tones.py"


rule read_codes:
    """Read codes of frames beside the semitone of their strongest partial."""
    input:
        networks=given(partials.coded),
        heard=given(partials.heard),
        own=given(partials.own_corpora),
    output:
        codes=places.table("{scale}", "partials", "{instance}", "codes"),
        reconstructions=places.table("{scale}", "partials", "{instance}", "reconstructions"),
        answers=places.table("{scale}", "partials", "{instance}", "answers"),
    log:
        places.log("read_codes", "{instance}"),
    benchmark:
        places.benchmark("read_codes", "{instance}")
    wildcard_constraints:
        instance=one_of(config.get("partials") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(partials.coded_columns),
        settings=frozen_given(partials.setting("layers", "tones", "codes")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("partials/read_codes"),
    script:
        "../scripts/partials/read_codes.py"


rule render_excitations:
    """Render what excites the directions that isolate a band best, and the codes."""
    input:
        networks=given(partials.networks),
        heard=given(partials.heard),
        directions=places.table("{scale}", "partials", "{instance}", "directions"),
        codes=given(partials.codes),
    output:
        directory(places.exhibits("{scale}", "partials", "{instance}")),
    log:
        places.log("render_excitations", "{instance}"),
    wildcard_constraints:
        instance=one_of(config.get("partials") or {}),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        columns=given(partials.columns),
        settings=frozen_given(partials.setting("layers", "tones", "exhibits")),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("partials/render_excitations"),
    script:
        "../scripts/partials/render_excitations.py"
