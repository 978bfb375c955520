"""Evidence, figures, the front page and the report: everything here reads tables alone."""

from tonotopy import results


rule judge_claims:
    """Judge every claim; write the scorecard and a verdict on the controls."""
    input:
        tables=given(results.tables),
        claims=list(results.claims(config, WORKFLOW / "claims").values()),
        schema=WORKFLOW / "schemas/claims.schema.yaml",
        templates=templates("scorecard.html.j2", "verdicts.html.j2"),
    output:
        json=places.result("{scale}", "scorecard.json"),
        csv=places.result("{scale}", "scorecard.csv"),
        verdict=places.result("{scale}", "verdict.txt"),
        page=report(
            places.result("{scale}", "scorecard.html"),
            caption="../report/scorecard.rst",
            category="Scorecard",
        ),
    log:
        places.log("judge_claims"),
    conda:
        "../../envs/analysis.yaml"
    params:
        instances=lambda wildcards: frozen(results.instances(wildcards.scale, config)),
        figures=results.figure_names(config),
        claims=list(results.claims(config, WORKFLOW / "claims")),
        known=instances.known_names(config),
        titles={study.name: study.title for study in STUDIES.values()},
        statistics=frozen(config["statistics"]),
        notes=results.notes(config),
        seed=seed_of,
        code=code("report/judge_claims", *results.modules(config)),
    script:
        "../scripts/report/judge_claims.py"


rule enforce_controls:
    """Fail if a control failed, unless `controls: warn`: after all else, and in every run."""
    input:
        scorecard=places.result("{scale}", "scorecard.json"),
        verdict=places.result("{scale}", "verdict.txt"),
    output:
        places.result("{scale}", results.ENFORCED),
    log:
        places.log("enforce_controls"),
    priority: -1
    conda:
        "../../envs/analysis.yaml"
    params:
        controls=config["controls"],
        code=code("report/enforce_controls"),
    script:
        "../scripts/report/enforce_controls.py"


rule draw_figure:
    """Draw a figure of an instance."""
    input:
        given(results.figure_sources),
    output:
        svg=report(
            places.figure("{scale}", "{study}", "{instance}", "{figure}", "svg"),
            caption="../report/figure.rst",
            category=lambda wildcards: STUDIES[wildcards.study].title,
            subcategory="{instance}",
            labels={"figure": "{figure}"},
        ),
        png=places.figure("{scale}", "{study}", "{instance}", "{figure}", "png"),
    log:
        places.log("draw_figure", "{study}", "{instance}", "{figure}"),
    wildcard_constraints:
        figure=one_of(name for study in STUDIES.values() for name in study.figures),
    conda:
        "../../envs/analysis.yaml"
    params:
        figure=in_order(results.figure),
        caption=lambda wildcards: results.caption(wildcards, config),
        statistics=frozen(config["statistics"]),
        code=lambda wildcards: code(
            "report/draw_figure", STUDIES[wildcards.study].figure_module(wildcards.figure)
        ),
    script:
        "../scripts/report/draw_figure.py"


rule build_front_page:
    """Build the front page."""
    input:
        scorecard=places.result("{scale}", "scorecard.json"),
        figures=lambda wildcards: results.figures(wildcards.scale, config),
        corpora=lambda wildcards: results.used_corpora(wildcards.scale, config),
        networks=lambda wildcards: results.used_networks(wildcards.scale, config),
        overviews=lambda wildcards: results.overview_tables(wildcards.scale, config),
        citation=WORKFLOW.parent / "CITATION.cff",
        requirements=WORKFLOW.parent / "requirements.txt",
        templates=templates("front.html.j2", "verdicts.html.j2"),
    output:
        places.result("{scale}", "index.html"),
    log:
        places.log("build_front_page"),
    conda:
        "../../envs/analysis.yaml"
    params:
        studies=lambda wildcards: frozen(results.shown(wildcards.scale, config)),
        statistics=frozen(config["statistics"]),
        seed=seed_of,
        notes=results.notes(config),
        benchmarks=lambda wildcards: places.result(wildcards.scale, "benchmarks"),
        code=code("report/build_front_page", *results.overview_modules(config)),
    script:
        "../scripts/report/build_front_page.py"


rule build_report:
    """Build Snakemake's report of the run."""
    input:
        page=places.result("{scale}", "scorecard.html"),
        figures=lambda wildcards: results.figures(wildcards.scale, config),
    output:
        places.result("{scale}", "report.zip"),
    log:
        places.log("build_report"),
    conda:
        "../../envs/report.yaml"
    params:
        snakefile=workflow.main_snakefile,
        code=code("report/build_report"),
    script:
        "../scripts/report/build_report.py"
