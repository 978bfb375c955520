"""What the rules of evidence and figures read: functions of wildcards and the configuration."""

from dataclasses import asdict
from pathlib import Path

from tonotopy import places
from tonotopy.corpora.audioset import extent
from tonotopy.instances import (
    Instance,
    as_constructed,
    embedded,
    instance,
    makers,
    of_user,
    running,
    used,
)

# of a scale's results: pages, what they are made of, the last word
LEFT = (
    *("index.html", "scorecard.html", "listen", "report.zip"),
    *("scorecard.json", "scorecard.csv", "verdict.txt"),
)
ENFORCED = ".enforced"  # beside them, where no control failed or none was to fail the run
SHOWN = ("name", "title", "source", "question", "headline", "lead")  # of a study, on the front page


def _tables(one: Instance, scale: str, config: dict) -> dict[str, str]:
    """Return name -> file of the tables that an instance's claims are judged by."""
    study = one.study.name
    names = one.study.judged_tables(one.entry, config)
    return {name: places.table(scale, study, one.name, name) for name in names}


def tables(wildcards, config: dict) -> list[str]:
    """Return the tables that claims are judged by, in the order of `instances`."""
    return _judged_tables(wildcards.scale, config)


def _judged_tables(scale: str, config: dict) -> list[str]:
    return [path for one in running(config) for path in _tables(one, scale, config).values()]


def everything(scale: str, config: dict) -> list[str]:
    """Return all files and folders that a run leaves for people."""
    return [
        *(places.result(scale, name) for name in (*LEFT, ENFORCED)),
        places.names(scale),
        *_judged_tables(scale, config),
        *used_networks(scale, config),
        *figures(scale, config),
        *exhibits(scale, config),
    ]


def instances(scale: str, config: dict) -> list[dict]:
    """Return what judging depends on, for each instance of a run.

    Returns:
        Dicts of study, name, settings, tables (their names, in the order of `tables`), embedded
        (True, False, or None where sounds are mixed), own (see `instances.of_user`), statistics (a
        module's import path) and figures (name -> address of those that are drawn, relative to the
        page).
    """
    return [
        {
            "study": one.study.name,
            "name": one.name,
            "settings": one.study.shown_settings(one.entry),
            "tables": one.study.judged_tables(one.entry, config),
            "embedded": embedded(one, config),
            "own": of_user(one, config),
            "statistics": one.study.statistics,
            "figures": {
                name: _address(scale, one, name, "svg")
                for name in one.study.drawable(one.entry, config)
            },
        }
        for one in running(config)
    ]


def _address(scale: str, one: Instance, figure: str, suffix: str) -> str:
    """Return the address of a figure, relative to the pages of a scale's results."""
    path = places.figure(scale, one.study.name, one.name, figure, suffix)
    return path.removeprefix(places.result(scale, ""))


def figure_names(config: dict) -> dict[str, list[str]]:
    """Return study -> names of all its figures, of the studies that run."""
    return {one.study.name: list(one.study.figures) for one in running(config)}


def shown(scale: str, config: dict) -> list[dict]:
    """Return what the front page is told of each study of a run.

    Returns:
        Dicts of name, title, source, question, headline (name of a figure, or None), lead (text, or
        empty), answers (see `study.Answer`) and instances: dicts of name, embedded, figures (name,
        caption, svg and png, the last two relative to the page), sounds (address of their page, or
        None) and overview (module and sources of `study.Overview`, or None).
    """
    studies: dict[str, dict] = {}
    for one in running(config):
        study = one.study
        about = {key: getattr(study, key) for key in SHOWN}
        answers = [asdict(answer) for answer in study.answers]
        about |= {"answers": answers, "instances": []}
        shown_instance = _shown_instance(scale, one, config)
        studies.setdefault(study.name, about)["instances"].append(shown_instance)
    return list(studies.values())


def _shown_instance(scale: str, one: Instance, config: dict) -> dict:
    figures = [
        {
            "name": name,
            "caption": _caption(one, name, config),
            **{suffix: _address(scale, one, name, suffix) for suffix in ("svg", "png")},
        }
        for name in one.study.drawable(one.entry, config)
    ]
    sounds = f"listen/{places.players(one.study.name, one.name)}" if one.study.exhibits else None
    return {
        "name": one.name,
        "embedded": embedded(one, config),
        "figures": figures,
        "sounds": sounds,
        "overview": _overview(one),
    }


def _overview(one: Instance) -> dict | None:
    if one.study.overview is None:
        return None
    return {"module": one.study.overview_module(), "sources": list(one.study.overview.sources)}


def overview_tables(scale: str, config: dict) -> list[str]:
    """Return the tables that overviews on the front page are made of, in the order of `shown`."""
    return [
        places.table(scale, one.study.name, one.name, name)
        for one in running(config)
        for name in (one.study.overview.sources if one.study.overview else ())
    ]


def overview_modules(config: dict) -> list[str]:
    """Return the modules that make overviews of a run's instances."""
    return sorted({one.study.overview_module() for one in running(config)} - {None})


def _caption(one: Instance, figure: str, config: dict) -> str:
    words = one.study.figures[figure].words(of_user(one, config), embedded(one, config))
    return " ".join([words, *_constructed(as_constructed(one, config))])


def _constructed(names: list[str]) -> list[str]:
    """Return a sentence on networks without weights, which pages and claims call trained."""
    if not names:
        return []
    several = len(names) > 1
    return [
        f"Network{'s' * several} {', '.join(names)}: no weights were given, so that what is called "
        f"the trained network here is {'each' if several else 'it'} as its constructor makes it."
    ]


def used_corpora(scale: str, config: dict) -> list[str]:
    """Return the folders of the corpora of a run."""
    return [places.corpus(scale, name) for name in used(config)[0]]


def used_networks(scale: str, config: dict) -> list[str]:
    """Return the folders of the networks of a run."""
    return [places.network(scale, name) for name in used(config)[1]]


def notes(config: dict) -> list[str]:
    """Return what every page of a run says: AudioSet in part, networks without weights."""
    names = [name for one in running(config) for name in as_constructed(one, config)]
    return [*extent.notes(config, used(config)[0]), *_constructed(list(dict.fromkeys(names)))]


def modules(config: dict) -> list[str]:
    """Return the modules of statistics that judge a run."""
    return sorted({one.study.statistics for one in running(config)})


def claims(config: dict, folder: Path) -> dict[str, Path]:
    """Return study -> file of its claims, of the studies that run and have claims."""
    names = dict.fromkeys(one.study.name for one in running(config))
    paths = {name: folder / f"{name}.yaml" for name in names}
    return {name: path for name, path in paths.items() if path.is_file()}


def figures(scale: str, config: dict) -> list[str]:
    """Return the files of all figures of a run at a scale."""
    return [
        places.figure(scale, one.study.name, one.name, name, suffix)
        for one in running(config)
        for name in one.study.drawable(one.entry, config)
        for suffix in ("svg", "png")
    ]


def exhibits(scale: str, config: dict) -> list[str]:
    """Return the folders of what a run's instances found of clips, to be heard."""
    return [
        places.exhibits(scale, one.study.name, one.name)
        for one in running(config)
        if one.study.exhibits is not None
    ]


def figure_sources(wildcards, config: dict) -> list[str]:
    """Return what a figure is drawn from: tables, and folders of corpora and networks."""
    one = instance(config, wildcards.study, wildcards.instance)
    folders = one.study.sources(wildcards.scale, one.entry, config)
    return [
        folders.get(name) or places.table(wildcards.scale, one.study.name, one.name, name)
        for name in one.study.figures[wildcards.figure].sources
    ]


def caption(wildcards, config: dict) -> str:
    """Return the caption of a figure."""
    one = instance(config, wildcards.study, wildcards.instance)
    return _caption(one, wildcards.figure, config)


def figure(wildcards, config: dict) -> dict:
    """Return what drawing a figure depends on.

    Returns:
        module (import path), sources (names, in the order of `figure_sources`), about (what the
        figure reads of the entry, its options, and three facts: own, see `instances.of_user`,
        makers, corpus -> maker, and constructed, see `instances.as_constructed`), embedded (see
        `instances`).
    """
    one = instance(config, wildcards.study, wildcards.instance)
    declared = one.study.figures[wildcards.figure]
    facts = {"own": of_user(one, config), "makers": makers(one, config)}
    facts["constructed"] = as_constructed(one, config)
    return {
        "module": one.study.figure_module(wildcards.figure),
        "sources": list(declared.sources),
        "about": {**one.study.shown_settings(one.entry), **declared.options, **facts},
        "embedded": embedded(one, config),
    }
