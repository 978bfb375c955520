"""Evidence, figures and the report: everything here reads tables alone."""


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
        studies=frozen(
            {room: {name: judged_settings(room, name) for name in running(room)} for room in ROOMS}
        ),
        known={room: sorted(studies_of(room)) for room in ROOMS},
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
    priority: -1
    conda:
        "../../envs/analysis.yaml"
    params:
        controls=config["controls"],
        code=code("enforce_controls"),
    script:
        "../scripts/enforce_controls.py"


rule draw_figure:
    input:
        figure_sources,
    output:
        svg=report(
            "results/{scale}/figures/{room}/{study}/{figure}.svg",
            caption="../report/figure.rst",
            category=lambda wildcards: ROOMS[wildcards.room],
            subcategory="{study}",
            labels={"figure": "{figure}"},
        ),
        png="results/{scale}/figures/{room}/{study}/{figure}.png",
    log:
        "results/{scale}/logs/draw_figure/{room}/{study}/{figure}.log",
    wildcard_constraints:
        room="|".join(ROOMS),
        study="|".join(name for room in ROOMS for name in studies_of(room)),
        figure="|".join(FIGURES),
    conda:
        "../../envs/analysis.yaml"
    params:
        caption=lambda wildcards: FIGURES[wildcards.figure].caption,
        options=lambda wildcards: FIGURES[wildcards.figure].options,
        module=lambda wildcards: FIGURES[wildcards.figure].module,
        settings=drawn_settings,
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
        lambda wildcards: [
            f"results/{wildcards.scale}{suffix}/steering/{name}/slopes.parquet"
            for suffix in ("", *(f"-seed{seed}" for seed in VALIDATION_SEEDS))
            for name in ("world", "counterfactual")
        ],
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
