"""The figures of study 6: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure

SHARES = (
    "Intervals are over directions, and over trainings where there are three or more; a share of 0 "
    "or 1 has one too (rule of three)."
)
KNOWN = (
    "Known answers: filter banks of the ear and of a constant-Q transform isolate bands, filters "
    "of white noise do not."
)
NATURAL = "Natural sound is the corpus of the entry's contexts."
SYNTHESISED = "Natural sound is notes of several instruments here, synthesised."


def _without_codes(entry: Entry, config: Config) -> str | None:
    """Say that no network's codes are read."""
    return None if entry.get("codes") else "the entry has no 'codes'"


FIGURES = {
    "limits": Figure(
        "limits",
        ("limits", "filters"),
        "First panel: the largest share of a filter's energy that can lie within a band of a third "
        "of an octave, whatever is learned, by the number of taps. Others: filters of the first "
        "layer of every network in their best bands (first run, disc), the limits of their length "
        "in these bands (line), and random filters of that length (open). "
        f"{KNOWN}",
    ),
    "responses": Figure(
        "responses",
        ("responses", "directions"),
        "Responses (levels) to pure tones, each over its own peak, of at most 40 directions of the "
        "first run of every network, the lowest peak below: of studied networks those (not the "
        "random ones) with the largest share of their squared response near the peak, of known "
        "answers some that are spread over all. Black is the peak, white the median of the sweep "
        "or less. Marks at the right: isolates a band on tones (square), also in complexes "
        f"(triangle), also in natural sound (disc). {NATURAL} {KNOWN}",
        planted=SYNTHESISED,
    ),
    "steps": Figure(
        "steps",
        ("directions",),
        "Share of directions that isolate a band on pure tones (1), that also follow it in "
        f"complexes of partials (2), and that also do so in natural sound (3). {NATURAL} {KNOWN} "
        f"{SHARES}",
        planted=SYNTHESISED,
    ),
    "contexts": Figure(
        "contexts",
        ("directions",),
        "Directions that isolate a band on pure tones (how many of all, random ones left out): "
        "rank correlation of their responses with the level at their band, in complexes: "
        "with partials that fall off (1/k), with odd ones, equally strong ones, and without the "
        "fundamental. "
        "Dots are directions; bars are medians, with intervals over directions where there are "
        "eight or more; there is none where too few of the complexes reach the bands (no level "
        f"varies). Dotted: what the smallest of the four must exceed. {KNOWN}",
    ),
    "codes": Figure(
        "codes",
        ("codes", "reconstructions"),
        "Mutual information of a code and of the semitone of the strongest partial, minus that of "
        "codes exchanged between whole clips, as a share of the semitone's entropy. Networks that "
        "have no codes of their own get those of clusters (k-means). Intervals are over groups of "
        "clips, and over trainings where there are three or more. Known answers: "
        "clusters of spectra in semitones, which tell of pitch by construction, and one random "
        "code for every clip, which tells nothing.",
        obstacle=_without_codes,
    ),
    "pitch": Figure(
        "pitch",
        ("directions",),
        "Share of directions that follow a partial, and of those that follow the pitch: that "
        "answer a complex whose fundamental is left out as they answer the fundamental alone. The "
        f"rest does not isolate a band, or peaks where no complex is built. {SHARES}",
    ),
}
