"""A study for the tests: does a network's first layer tell how loud a clip is?"""

from tonotopy.studies.loudness import inputs as loudness


rule measure_levels:
    input:
        network=given(loudness.network),
        corpus=given(loudness.corpus),
    output:
        places.table("{scale}", "loudness", "{instance}", "levels"),
    log:
        places.log("measure_levels", "{instance}"),
    conda:
        "../../envs/torch.yaml"
    params:
        code=code("loudness/measure_levels"),
    script:
        "../scripts/loudness/measure_levels.py"
