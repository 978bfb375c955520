"""Study 6: do partials stabilise inside networks that hear waveforms?"""

from tonotopy.entries import check_layer, network_needs, trainings
from tonotopy.errors import InputError, nearest
from tonotopy.networks.published import front_end_kind
from tonotopy.studies.partials.figures import FIGURES
from tonotopy.study import Answer, Config, Entry, Need, Study

HEARS = "waveform"  # the kind of front end that gives a network the samples themselves
LOWEST_RATE = 5000  # Hz, that complexes on the highest fundamental need
KNOWN = "known"  # what the tables call codes whose answer is known
STUDIED = "studied"
ROLES = ("positive", "negative")  # of networks whose answer is known


def role_of(kind: str, entry: Entry) -> str:
    """Return what is known of a network beforehand: positive, negative, or nothing (studied)."""
    expected = entry.get("expected") or {}
    return next((role for role in ROLES if kind in expected.get(role, ())), STUDIED)


def kinds_of(kind: str, entry: Entry) -> list[str]:
    """Return which directions of a network are looked at; of those with a known answer, units."""
    return list(entry["directions"]) if role_of(kind, entry) == STUDIED else ["unit"]


def _needs(entry: Entry) -> list[Need]:
    return [
        *network_needs(entry),
        Need("corpora", entry["heard"], "heard"),
        Need("corpora", entry["contexts"]["corpus"], "contexts.corpus"),
    ]


def _tables(entry: Entry) -> list[str]:
    always = ["layers", "filters", "limits", "responses", "directions", "natural"]
    return [*always, "codes", "reconstructions", "answers"] if entry.get("codes") else always


def _check(path: str, entry: Entry, config: Config) -> None:
    for kind, _, name in trainings(entry):
        _check_hears(f"{path}.networks.{kind}", name, config)
    if KNOWN in entry["networks"]:
        raise InputError(
            f"{path}.networks.{KNOWN}: is the name of the codes whose answer is known: choose "
            "another one"
        )
    _check_expected(path, entry)
    names = {"layers": entry.get("layers") or {}}
    names["codes.networks"] = (entry.get("codes") or {}).get("networks", [])
    for key, kinds in names.items():
        _check_known(f"{path}.{key}", kinds, entry)
    for kind, _, name in trainings(entry):
        if kind in names["layers"]:
            check_layer(f"{path}.layers.{kind}", names["layers"][kind], name, config)
    low, high = entry["tones"]["low"], entry["tones"]["high"]
    if low >= high:
        raise InputError(f"{path}.tones: low ({low}) must be below high ({high})")


def _check_expected(path: str, entry: Entry) -> None:
    expected = entry.get("expected") or {}
    for role, kinds in expected.items():
        _check_known(f"{path}.expected.{role}", kinds, entry)
    for kind in expected.get("positive", []):
        if kind in expected.get("negative", []):
            raise InputError(f"{path}.expected: '{kind}' is both positive and negative")


def _check_known(place: str, kinds, entry: Entry) -> None:
    for kind in kinds:
        if kind not in entry["networks"]:
            hint = nearest(kind, entry["networks"])
            raise InputError(f"{place}: '{kind}' is not among the networks{hint}")


def _check_hears(place: str, name: str, config: Config) -> None:
    network = config["networks"][name]
    kind = front_end_kind(network)
    if kind != HEARS:
        raise InputError(
            f"{place}: network '{name}' hears through front end '{kind}'; partials are looked for "
            "in networks that hear the samples themselves "
            f"(front_end: {{kind: {HEARS}, rate: ...}})"
        )
    rate = (network.get("front_end") or {}).get("rate", LOWEST_RATE)
    if rate < LOWEST_RATE:
        raise InputError(
            f"{place}: network '{name}' hears at {rate} Hz; complexes of partials "
            f"need {LOWEST_RATE} Hz"
        )


ANSWERS = (
    Answer(
        "partials.first_filters",
        supported="In every first layer judged, less than a quarter of the filters have most of "
        "their energy in a third of an octave (up to 4186 Hz).",
        contradicted="In every first layer judged, more than a quarter of the filters have most of "
        "their energy in a third of an octave (up to 4186 Hz).",
        inconclusive="Whether less than a quarter of first-layer filters have most of their energy "
        "in a third of an octave, this run cannot tell.",
    ),
    Answer(
        "partials.stable",
        supported="In the layer looked at (by default the last), less than a quarter of the units "
        "and fitted directions, in every network and kind judged, isolate a band on tones, in "
        "complexes and in natural sound.",
        contradicted="In the layer looked at (by default the last), more than a quarter of the "
        "units and fitted directions, in every network and kind judged, isolate a band on tones, "
        "in complexes and in natural sound.",
        inconclusive="Whether less than a quarter of units and fitted directions isolate a band on "
        "tones, in complexes and in natural sound, this run cannot tell.",
    ),
    Answer(
        "partials.codes",
        supported="A code of one frame (of a codec its first codebook, else a cluster) tells less "
        "than .3 of the entropy of the strongest partial's semitone.",
        contradicted="A code of one frame (of a codec its first codebook, else a cluster) tells "
        "more than .3 of the entropy of the strongest partial's semitone.",
        inconclusive="Whether a code of one frame tells less than .3 of the entropy of the "
        "strongest partial's semitone, this run cannot tell.",
    ),
)

STUDY = Study(
    name="partials",
    title="Study 6: partials",
    source="N. Cosme, What kind of brain lives inside a neural audio model?",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.partials.statistics",
    settings=(
        "networks",
        "expected",
        "directions",
        "tones",
        "codes",
        "limits",
    ),
    check=_check,
    exhibits="tonotopy.studies.partials.exhibits",
    listening="tonotopy.studies.partials.listening",
    question="Does any direction inside networks that hear waveforms isolate a partial, whatever "
    "sounds around it?",
    headline="steps",
    answers=ANSWERS,
)
