"""Corpora: downloads, and the one corpus format that every study reads."""

from tonotopy.corpora.catalogue import PUBLIC, listing


def corpus_sources(wildcards):
    """The unpacked download that a public corpus is built from; nothing for the others."""
    maker = config["corpora"][wildcards.corpus]["maker"]
    return [f"data/downloads/{maker}"] if maker in PUBLIC else []


def corpus_listing(wildcards):
    """Names and sizes of a user's own files, so that a changed folder is read again."""
    settings = config["corpora"][wildcards.corpus]
    return listing(settings["path"]) if settings["maker"] == "folder" else ""


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
