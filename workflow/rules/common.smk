"""What all rules share: names of files, narrow parameters, the code's fingerprint."""

import re

from tonotopy.config import frozen
from tonotopy.corpora.audioset.labels import SEGMENTS
from tonotopy.corpora.catalogue import DOWNLOADS, PUBLIC, listing
from tonotopy.figures.catalogue import FIGURES, drawable
from tonotopy.studies.hierarchy.families import family
from tonotopy.networks.places import own_file
from tonotopy.networks.published import INITIAL, PUBLISHED, REMOTES
from tonotopy.provenance import code_hash

WORKFLOW = Path(workflow.basedir) / "workflow"
STUDIES = config["run"]["steering"]
NETWORKS = "|".join(config["networks"])
HIERARCHIES = "|".join(config["hierarchy"]) or "(?!)"
TABLES = (
    "predictions",
    "probe_predictions",
    "probe_scores",
    "agreement",
    "cosines",
    "clip_slopes",
    "slopes",
)
VALIDATION_SEEDS = (1, 2, 3, 4)  # beside the run's own


wildcard_constraints:
    # mini-seed3 is mini with another seed: see world_validation
    scale=re.escape(config["scale"]) + r"(-seed\d+)?",
    corpus="|".join(config["corpora"]),
    study="|".join([*config["steering"], *config["hierarchy"]]),


def code(script, *modules):
    """Fingerprint of a rule's script and of the project code that it imports."""
    return code_hash(WORKFLOW / "scripts" / f"{script}.py", *modules)


def seed_of(wildcards):
    """The seed of a scale: the run's own, or the one in its name."""
    match = re.search(r"-seed(\d+)$", wildcards.scale)
    return int(match.group(1)) if match else config["seed"]


def gpus():
    """GPUs per job: counted where the run insists on them."""
    return int(config["accelerator"] == "gpu")


def half_of_the_cores(wildcards):
    """Threads of a job that is best run beside another of its kind."""
    return max(1, (workflow.cores or 8) // 2)


def study(wildcards):
    """The entry of a steering study in the configuration."""
    return config["steering"][wildcards.study]


def class_corpus(wildcards):
    """Name of the corpus that a study's network was trained on."""
    return config["networks"][study(wildcards)["network"]]["corpus"]


def corpus_folder(name):
    """Folder of a corpus, for input functions: ``name`` is a function of the wildcards."""
    return lambda wildcards: f"data/corpora/{wildcards.scale}/{name(wildcards)}"


def network_folder(wildcards):
    """Folder of a study's trained network."""
    return f"results/{wildcards.scale}/networks/{study(wildcards)['network']}"


# --- corpora ---


def corpus_sources(wildcards):
    """What a corpus is built from: an unpacked download, AudioSet's clips, or nothing."""
    settings = config["corpora"][wildcards.corpus]
    if settings["maker"] == "audioset":
        place = f"data/audioset/{config['scale']}"
        clips = [] if config["audioset"]["path"] else [f"{place}/gathered.csv"]
        return [f"{place}/{settings['task']}.csv", *clips]
    if settings["maker"] not in PUBLIC or settings.get("path"):
        return []
    source = PUBLIC[settings["maker"]].source(settings.get("version"))
    return [f"data/downloads/{source}"]


def corpus_places(wildcards, input):
    """The same by the names that the maker knows them by."""
    if config["corpora"][wildcards.corpus]["maker"] == "audioset":
        return {"table": input.sources[0], "clips": audioset_clips()}
    return {"download": input.sources[0]} if input.sources else {}


def corpus_listing(wildcards):
    """Names and sizes of a user's own files, so that a changed folder is read again."""
    path = config["corpora"][wildcards.corpus].get("path")
    return listing(path) if path else ""


def audioset_clips():
    """Folder of AudioSet clips: the user's, or the one that they are gathered in."""
    return config["audioset"]["path"] or "data/downloads/audioset/clips"


def audioset_segments(wildcards):
    """AudioSet's csv files: the user's, or downloads."""
    settings = config["audioset"]
    own = settings["files"]
    return [
        own.get(name) or f"data/downloads/{SEGMENTS[name].file}" for name in settings["segments"]
    ]


# --- networks ---


def networks_with(key):
    """Regular expression of the networks whose entry has a key; one that never matches if none."""
    return "|".join(n for n, entry in config["networks"].items() if key in entry) or "(?!)"


def initial_weights(wildcards):
    """Published weights that a training starts from, if its settings name any."""
    name = config["networks"][wildcards.network].get("initial_weights")
    return [f"data/downloads/weights/{INITIAL[name].file}"] if name else []


def published_weights(wildcards):
    """File of a published network's weights."""
    published = PUBLISHED[config["networks"][wildcards.network]["published"]]
    return f"data/downloads/weights/{published.remote.file}"


def own_weights(wildcards):
    """File of the weights of a user's own network, if there is one."""
    path = config["networks"][wildcards.network].get("weights")
    return [path] if path else []


def own_source(wildcards):
    """Hash of the module of a user's own network, so that an edit makes it anew."""
    path = own_file(config["networks"][wildcards.network]["module"])
    return code_hash(path) if path else ""


def training_corpus(wildcards):
    """Name of the corpus that a network is trained on."""
    return config["networks"][wildcards.network]["corpus"]


def training_settings(wildcards):
    """The network's entry without what only the tuning reads, and what changes nothing."""
    settings = config["networks"][wildcards.network]
    training = {k: v for k, v in settings["training"].items() if k != "devices"}
    return frozen({**{k: v for k, v in settings.items() if k != "tuning"}, "training": training})


def devices(wildcards):
    """How many devices share the batches of a network's training."""
    return config["networks"][wildcards.network]["training"].get("devices", 1)


def teacher(wildcards):
    """Network that another learns from, if its training names one."""
    name = config["networks"][wildcards.network]["training"].get("teacher")
    return [f"results/{wildcards.scale}/networks/{name}"] if name else []


# --- hierarchy ---


def hierarchy(wildcards):
    """The entry of a hierarchy study in the configuration."""
    return config["hierarchy"][wildcards.study]


def task_corpus(wildcards):
    """Folder of a task's corpus."""
    name = hierarchy(wildcards)["tasks"][wildcards.task]["corpus"]
    return f"data/corpora/{wildcards.scale}/{name}"


def task_names(wildcards):
    """Names of a study's tasks."""
    return list(hierarchy(wildcards)["tasks"])


def task_groups(wildcards):
    """Whether the paper's folds keep groups together, per task."""
    return [task.get("keep_groups", False) for task in hierarchy(wildcards)["tasks"].values()]


def task_corpora(wildcards):
    """Folders of the corpora of all tasks, in the order of the tasks."""
    tasks = hierarchy(wildcards)["tasks"].values()
    return [f"data/corpora/{wildcards.scale}/{task['corpus']}" for task in tasks]


def probe_settings(wildcards):
    """How the layers are probed on a task: the study's own keys and the task's."""
    study = hierarchy(wildcards)
    shared = {k: study[k] for k in ("ks", "folds", "second", "inverse_penalty", "shuffles")}
    keep = study["tasks"][wildcards.task].get("keep_groups", False)
    return frozen({**shared, "keep_groups": keep})


def correct_tables(wildcards):
    """The probed layers of every network and task of a study."""
    place = f"results/{wildcards.scale}/hierarchy/{wildcards.study}/correct"
    study = hierarchy(wildcards)
    return [f"{place}/{n}.{task}.parquet" for n in study["networks"] for task in study["tasks"]]


def families(wildcards):
    """Which of the thesis's networks each network of a study is."""
    return {n: family(config["networks"][n]) for n in hierarchy(wildcards)["networks"]}


def levels(wildcards):
    """Which level each task of a study is on."""
    return {name: task["level"] for name, task in hierarchy(wildcards)["tasks"].items()}


def tagging_networks(wildcards):
    """Networks of a study and their untrained copies."""
    place = f"results/{wildcards.scale}/networks"
    return [f"{place}/{n}{copy}" for n in hierarchy(wildcards)["networks"]
            for copy in ("", "-untrained")]  # fmt: skip


def tagging_corpus(wildcards):
    """Folder of the corpus that the networks of a study were trained to tag."""
    return f"data/corpora/{wildcards.scale}/{hierarchy(wildcards)['tagging']}"


# --- steering ---


def sweep_corpus(wildcards):
    """Name of the corpus that a sweep steers."""
    return study(wildcards)["unseen"] if wildcards.sweep == "unseen" else class_corpus(wildcards)


def unseen_folder(wildcards):
    """The corpus that the network never heard, if the study has one."""
    name = study(wildcards)["unseen"]
    return [f"data/corpora/{wildcards.scale}/{name}"] if name else []


def tokens(part, copy=""):
    """Class tokens of a study's concept corpus (part all) or class corpus (part validation)."""

    def path(wildcards):
        settings = study(wildcards)
        corpus = settings["concepts"] if part == "all" else class_corpus(wildcards)
        place = f"results/{wildcards.scale}/activations/{settings['network']}{copy}"
        return f"{place}/{corpus}.{part}.npy"

    return path


def sweeps(wildcards):
    """The sweeps that a study asks for; under another seed only the one behind its matrix."""
    place = f"results/{wildcards.scale}/steering/{wildcards.study}"
    asked = study(wildcards)["sweeps"] if wildcards.scale == config["scale"] else ["test"]
    return [f"{place}/sweep-{name}.parquet" for name in asked]


# --- evidence and figures ---

from tonotopy.evidence.claims import ROOMS

HIERARCHY_TABLES = ("correct", "profiles", "centres", "tagging", "controls", "folds")


def running(room):
    """Names of the studies of a kind that run."""
    return config["run"].get(room) or []


def studies_of(room):
    """Entries of all studies of a kind in the configuration, by name."""
    return config.get(room) or {}


def judged_settings(room, name):
    """What judging a study depends on."""
    entry = studies_of(room)[name]
    return {k: entry[k] for k in ("networks", "tasks")} if room == "hierarchy" else entry


def drawn_settings(wildcards):
    """What drawing a study's figures depends on."""
    keys = {"hierarchy": ("networks", "tasks"), "steering": ("pairs", "flat", "slope_range")}
    entry = studies_of(wildcards.room)[wildcards.study]
    return frozen({k: entry[k] for k in keys[wildcards.room]})


def kinds(study):
    """Which of the thesis's networks a study looks at."""
    names = study.get("networks") or [study["network"]]
    return {family(config["networks"][name]) for name in names}


def figures(scale):
    """Every figure of the studies that run."""
    return [
        f"results/{scale}/figures/{room}/{name}/{figure}.{suffix}"
        for room in ROOMS
        for name in running(room)
        for figure in drawable(room, studies_of(room)[name], kinds(studies_of(room)[name]))
        for suffix in ("svg", "png")
    ]


def study_tables(room, study):
    """Names of the tables that a study's claims are judged by."""
    if room == "hierarchy":
        return [n for n in HIERARCHY_TABLES if n != "tagging" or study["tagging"]]
    return [*TABLES, *(f"sweep-{sweep}" for sweep in study["sweeps"])]


def evidence_tables(wildcards):
    """The tables that claims are judged by."""
    return [
        f"results/{wildcards.scale}/{room}/{name}/{table}.parquet"
        for room in ROOMS
        for name in running(room)
        for table in study_tables(room, studies_of(room)[name])
    ]


def figure_sources(wildcards):
    """What a figure is drawn from: tables, corpus and network descriptions."""
    place = f"results/{wildcards.scale}/{wildcards.room}/{wildcards.study}"
    names = FIGURES[wildcards.figure].sources
    if wildcards.room == "hierarchy":
        return [f"{place}/{n}.parquet" for n in names]
    places = {
        "classes": corpus_folder(class_corpus)(wildcards),
        "concepts": f"data/corpora/{wildcards.scale}/{study(wildcards)['concepts']}",
        "network": network_folder(wildcards),
    }
    return [places.get(n, f"{place}/{n}.parquet") for n in names]
