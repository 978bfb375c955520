"""Corpora: downloads, and the one corpus format that every study reads."""

from tonotopy.corpora import inputs as corpora
from tonotopy.corpora.catalogue import DOWNLOADS


rule download_corpus:
    """Fetch a public corpus, check it against its checksums and unpack it."""
    output:
        directory(places.download("{source}")),
    log:
        places.shared_log("download_corpus", "{source}"),
    wildcard_constraints:
        source="|".join(DOWNLOADS),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("corpora/download_corpus"),
    script:
        "../scripts/corpora/download_corpus.py"


rule download_segments:
    """Fetch one of AudioSet's tables of segments."""
    output:
        places.download("audioset/{segments}_segments.csv"),
    log:
        places.shared_log("download_segments", "{segments}"),
    wildcard_constraints:
        segments="balanced_train|unbalanced_train|eval",
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("corpora/download_segments"),
    script:
        "../scripts/corpora/download_segments.py"


rule audioset_tables:
    """Tell which clips are GTZANLike and MedleySolosDBLike, and why the others are not."""
    input:
        segments=corpora.segments(config),
    output:
        genre=places.audioset(config["scale"], "genre"),
        instrument=places.audioset(config["scale"], "instrument"),
        report=places.audioset(config["scale"], "report"),
    log:
        places.log("audioset_tables", scale=config["scale"]),
    conda:
        "../../envs/audio.yaml"
    params:
        sources=config["audioset"]["segments"],
        exclusive=config["audioset"]["exclusive"],
        per_class=config["audioset"]["per_class"],
        shares=frozen(config["audioset"]["shares"]),
        seed=config["seed"],
        code=code("corpora/audioset_tables"),
    script:
        "../scripts/corpora/audioset_tables.py"


rule audioset_tags:
    """List all clips of AudioSet with all of their labels."""
    input:
        corpora.segments(config),
    output:
        places.audioset(config["scale"], "tags"),
    log:
        places.log("audioset_tags", scale=config["scale"]),
    conda:
        "../../envs/audio.yaml"
    params:
        sources=config["audioset"]["segments"],
        seed=config["seed"],
        code=code("corpora/audioset_tags"),
    script:
        "../scripts/corpora/audioset_tags.py"


rule gather_audioset:
    """Fetch clips into data/downloads/audioset/clips, where nothing is fetched twice."""
    input:
        given(corpora.tables_to_gather),
    output:
        places.audioset(config["scale"], "{gathered}"),
    log:
        places.log("gather_audioset", "{gathered}", scale=config["scale"]),
    wildcard_constraints:
        gathered=one_of(corpora.GATHERED),
    conda:
        "../../envs/audio.yaml"
    params:
        repository=config["audioset"]["repository"],
        revision=config["audioset"]["revision"],
        shards=config["audioset"]["shards"],
        clips=corpora.clip_folder(config),
        code=code("corpora/gather_audioset"),
    script:
        "../scripts/corpora/gather_audioset.py"


rule build_corpus:
    """Build a corpus: made here, from a download, or from a folder of your own."""
    input:
        sources=lambda wildcards: corpora.sources(wildcards, config, instances.used(config)[0]),
    output:
        directory(places.corpus("{scale}", "{corpus}")),
    log:
        places.log("build_corpus", "{corpus}"),
    conda:
        "../../envs/audio.yaml"
    threads: half_of_the_cores
    params:
        settings=frozen_given(corpora.settings_without_paths),
        places=lambda wildcards, input: corpora.sources_by_name(wildcards, config, input),
        content=given(corpora.own_content),
        seed=seed_of,
        code=code("corpora/build_corpus"),
    script:
        "../scripts/corpora/build_corpus.py"


rule plan:
    """Tell what a run will do, fetch and fill and how long it may take; not part of `all`."""
    log:
        places.log("plan", scale=config["scale"]),
    conda:
        "../../envs/audio.yaml"
    params:
        snakefile=workflow.main_snakefile,
        code=code("corpora/plan"),
    script:
        "../scripts/corpora/plan.py"
