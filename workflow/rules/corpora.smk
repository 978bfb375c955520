"""Corpora: downloads, and the one corpus format that every study reads."""


rule download_corpus:
    output:
        directory("data/downloads/{source}"),
    log:
        "results/logs/download_corpus/{source}.log",
    wildcard_constraints:
        source="|".join(DOWNLOADS),
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("download_corpus"),
    script:
        "../scripts/download_corpus.py"


rule download_segments:
    output:
        "data/downloads/audioset/{segments}_segments.csv",
    log:
        "results/logs/download_segments/{segments}.log",
    wildcard_constraints:
        segments="balanced_train|unbalanced_train|eval",
    conda:
        "../../envs/audio.yaml"
    params:
        code=code("download_segments"),
    script:
        "../scripts/download_segments.py"


rule audioset_tables:
    # which clips are GTZANLike and MedleySolosDBLike, and why the others are not
    input:
        segments=audioset_segments,
    output:
        genre=f"data/audioset/{config['scale']}/genre.csv",
        instrument=f"data/audioset/{config['scale']}/instrument.csv",
        report=f"data/audioset/{config['scale']}/report.csv",
    log:
        f"results/{config['scale']}/logs/audioset_tables.log",
    conda:
        "../../envs/audio.yaml"
    params:
        sources=config["audioset"]["segments"],
        exclusive=config["audioset"]["exclusive"],
        per_class=config["audioset"]["per_class"],
        shares=frozen(config["audioset"]["shares"]),
        seed=config["seed"],
        code=code("audioset_tables"),
    script:
        "../scripts/audioset_tables.py"


rule gather_audioset:
    # the clips stay in data/downloads/audioset/clips, so that nothing is fetched twice
    input:
        genre=f"data/audioset/{config['scale']}/genre.csv",
        instrument=f"data/audioset/{config['scale']}/instrument.csv",
    output:
        f"data/audioset/{config['scale']}/gathered.csv",
    log:
        f"results/{config['scale']}/logs/gather_audioset.log",
    conda:
        "../../envs/audio.yaml"
    params:
        repository=config["audioset"]["repository"],
        revision=config["audioset"]["revision"],
        shards=config["audioset"]["shards"],
        clips=audioset_clips(),
        code=code("gather_audioset"),
    script:
        "../scripts/gather_audioset.py"


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
        places=corpus_places,
        listing=corpus_listing,
        seed=seed_of,
        code=code("build_corpus"),
    script:
        "../scripts/build_corpus.py"


rule plan:
    # not part of `all`: what a run will do, fetch and fill, told before anything is fetched
    log:
        f"results/{config['scale']}/logs/plan.log",
    conda:
        "../../envs/audio.yaml"
    params:
        snakefile=workflow.main_snakefile,
        code=code("plan"),
    script:
        "../scripts/plan.py"
