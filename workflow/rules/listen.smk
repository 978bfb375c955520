"""The listening room: what a run found, and a user's own sound, to be heard."""

from tonotopy import results
from tonotopy.listening import planning as listening

PLAYER = ("players.html.j2", "player.js", "player.css")


rule build_room:
    """Build the listening room."""
    input:
        exhibits=lambda wildcards: results.exhibits(wildcards.scale, config),
        templates=templates("room.html.j2", "room.js", *PLAYER),
    output:
        directory(places.result("{scale}", "listen")),
    log:
        places.log("build_room"),
    conda:
        "../../envs/analysis.yaml"
    params:
        titles={study.name: study.title for study in STUDIES.values()},
        notes=results.notes(config),
        code=code("listen/build_room"),
    script:
        "../scripts/listen/build_room.py"


# a user's own sound


HEARD = listening.name_of(config["audio"]) if config.get("audio") else NEVER
# where a sound is named: here a refusal ends with its message alone
PAGES = refusing(listening.pages, config["scale"], config) if config.get("audio") else None


rule read_own_sound:
    """Decode every file of your own once; others, or changed ones, are read anew."""
    output:
        sounds=temp(directory(places.heard("{scale}", "{heard}", "sounds"))),
        whole=directory(places.heard("{scale}", "{heard}", "whole")),
    log:
        places.log("read_own_sound", "{heard}"),
    wildcard_constraints:
        heard=HEARD,
    conda:
        "../../envs/torch.yaml"
    params:
        files=lambda wildcards: frozen(listening.listing(config)),
        settings=frozen(listening.settings(config)),
        code=code("listen/read_own_sound"),
    script:
        "../scripts/listen/read_own_sound.py"


rule hear_own_sound:
    """Tell what several networks, and the studies of the run, know of your own sound."""
    input:
        sounds=places.heard("{scale}", "{heard}", "sounds"),
        whole=places.heard("{scale}", "{heard}", "whole"),
        known=given(listening.part_files),
    output:
        directory(places.heard("{scale}", "{heard}", "part{part}")),
    log:
        places.log("hear_own_sound", "{heard}", "{part}"),
    wildcard_constraints:
        heard=HEARD,
        part=r"\d+",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus(),
    params:
        networks=frozen_given(listening.part),
        settings=frozen(listening.settings(config)),
        seed=seed_of,
        accelerator=config["accelerator"],
        code=code("listen/hear_own_sound", *listening.modules(config)),
    script:
        "../scripts/listen/hear_own_sound.py"


rule build_heard_pages:
    """Build the pages of your own sound."""
    input:
        whole=places.heard("{scale}", "{heard}", "whole"),
        parts=[
            places.heard("{scale}", "{heard}", f"part{part}")
            for part in range(listening.parts(config))
        ],
        templates=templates("heard.html.j2", *PLAYER),
    output:
        words=places.heard("{scale}", "{heard}", "heard.txt"),
        page=places.heard("{scale}", "{heard}", "index.html"),
    log:
        places.log("build_heard_pages", "{heard}"),
    wildcard_constraints:
        heard=HEARD,
    conda:
        "../../envs/analysis.yaml"
    params:
        networks=listening.networks(config),
        title=listening.title(config),
        settings=frozen(listening.settings(config)),
        code=code("listen/build_heard_pages"),
    script:
        "../scripts/listen/build_heard_pages.py"


rule listen:
    """What the networks of the run tell of your own sound: --config audio=PATH."""
    input:
        lambda wildcards: PAGES or refusing(listening.pages, config["scale"], config),
