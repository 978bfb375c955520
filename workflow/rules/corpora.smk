"""Corpora: downloads, and the one corpus format that every study reads."""


rule download_corpus:
    output:
        directory("data/downloads/{source}"),
    log:
        "results/logs/download_corpus/{source}.log",
    wildcard_constraints:
        source="|".join(PUBLIC),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("download_corpus"),
    script:
        "../scripts/download_corpus.py"


rule build_corpus:
    input:
        sources=corpus_sources,
    output:
        directory("data/corpora/{scale}/{corpus}"),
    log:
        "results/{scale}/logs/build_corpus/{corpus}.log",
    conda:
        "../../envs/audio.yaml"
    threads: half_of_the_cores
    params:
        settings=lambda wildcards: frozen(config["corpora"][wildcards.corpus]),
        listing=corpus_listing,
        seed=seed_of,
        code=code("build_corpus"),
    script:
        "../scripts/build_corpus.py"
