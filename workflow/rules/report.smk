"""Evidence, figures and the report: everything here reads tables alone."""

from tonotopy.figures.catalogue import FIGURES, drawable

TABLES = (
    "predictions",
    "probe_predictions",
    "probe_scores",
    "agreement",
    "cosines",
    "clip_slopes",
    "slopes",
)
VALIDATION_SEEDS = range(5)


def figures(scale):
    """Every figure of the studies that run."""
    return [
        f"results/{scale}/figures/steering/{name}/{figure}.{suffix}"
        for name in STUDIES
        for figure in drawable(config["steering"][name])
        for suffix in ("svg", "png")
    ]


def evidence_tables(wildcards):
    """The tables that claims are judged by."""
    found = []
    for name in STUDIES:
        place = f"results/{wildcards.scale}/steering/{name}"
        found += [f"{place}/{table}.parquet" for table in TABLES]
        found += [f"{place}/sweep-{sweep}.parquet" for sweep in config["steering"][name]["sweeps"]]
    return found


def figure_sources(wildcards):
    """What a figure is drawn from: tables, corpus and network descriptions."""
    place = f"results/{wildcards.scale}/steering/{wildcards.study}"
    places = {
        "classes": corpus_folder(class_corpus)(wildcards),
        "concepts": f"data/corpora/{wildcards.scale}/{study(wildcards)['concepts']}",
        "network": network_folder(wildcards),
    }
    return [places.get(n, f"{place}/{n}.parquet") for n in FIGURES[wildcards.figure].sources]


rule judge_claims:
    input:
        tables=evidence_tables,
        claims=WORKFLOW / "claims.yaml",
        schema=WORKFLOW / "schemas/claims.schema.yaml",
    output:
        json="results/{scale}/scorecard.json",
        csv="results/{scale}/scorecard.csv",
        page=report(
            "results/{scale}/scorecard.html",
            caption="../report/scorecard.rst",
            category="Scorecard",
        ),
    log:
        "results/{scale}/logs/judge_claims.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        studies=frozen({name: config["steering"][name] for name in STUDIES}),
        known=sorted(config["steering"]),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        code=code("judge_claims"),
    script:
        "../scripts/judge_claims.py"


rule enforce_controls:
    # the run's last word: fails if a control failed, unless `controls: warn`
    input:
        scorecard="results/{scale}/scorecard.json",
    output:
        "results/{scale}/verdict.txt",
    log:
        "results/{scale}/logs/enforce_controls.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        controls=config["controls"],
        code=code("enforce_controls"),
    priority: -1
    script:
        "../scripts/enforce_controls.py"


rule draw_figure:
    input:
        figure_sources,
    output:
        svg=report(
            "results/{scale}/figures/steering/{study}/{figure}.svg",
            caption="../report/figure.rst",
            category="Study 2: steering",
            subcategory="{study}",
            labels={"figure": "{figure}"},
        ),
        png="results/{scale}/figures/steering/{study}/{figure}.png",
    log:
        "results/{scale}/logs/draw_figure/{study}/{figure}.log",
    wildcard_constraints:
        figure="|".join(FIGURES),
    conda:
        "../../envs/analysis.yaml"
    params:
        caption=lambda wildcards: FIGURES[wildcards.figure].caption,
        options=lambda wildcards: FIGURES[wildcards.figure].options,
        module=lambda wildcards: FIGURES[wildcards.figure].module,
        settings=lambda wildcards: frozen(
            {k: study(wildcards)[k] for k in ("pairs", "flat", "slope_range")}
        ),
        statistics=frozen(config["statistics"]),
        code=lambda wildcards: code("draw_figure", FIGURES[wildcards.figure].module),
    script:
        "../scripts/draw_figure.py"


rule build_report:
    input:
        page="results/{scale}/scorecard.html",
        figures=lambda wildcards: figures(wildcards.scale),
    output:
        "results/{scale}/report.zip",
    log:
        "results/{scale}/logs/build_report.log",
    conda:
        "../../envs/report.yaml"
    params:
        snakefile=workflow.main_snakefile,
        code=code("build_report"),
    script:
        "../scripts/build_report.py"


rule validation_summary:
    input:
        expand(
            "results/{scale}-seed{seed}/steering/{study}/slopes.parquet",
            scale=config["scale"],
            seed=VALIDATION_SEEDS,
            study=["world", "counterfactual"],
        ),
    output:
        "results/{scale}/world_validation.csv",
    log:
        "results/{scale}/logs/validation_summary.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("validation_summary"),
    script:
        "../scripts/validation_summary.py"


rule world_validation:
    """The planted worlds under five seeds; not part of `all`."""
    input:
        f"results/{config['scale']}/world_validation.csv",
