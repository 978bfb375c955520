"""Table 3.2: the transforms that training applied."""

from tonotopy.drawing.style import only, text_table

# thesis table 3.2: range of size, scale or steps, and probability
THESIS = {
    "noise": ((0.01, 0.1), 0.5, "standard deviation, full scale 1"),
    "pitch_mask": ((2, 4), 0.25, "mel bands"),
    "time_mask": ((4, 64), 0.25, "frames"),
    "pitch_shift": ((-0.5, 0.5), 0.5, "semitones"),
}


def draw(sources: dict, about: dict):
    """Draw a table: transform, unit, our range and probability, the thesis's."""
    used = only(sources)["augmentation"]
    rows = []
    for name, (limits, p, unit) in THESIS.items():
        ours = used[name]
        told = f"{_range(ours['range'])}, p {ours['p']:g}" if ours["p"] else "not applied"
        rows.append([name.replace("_", " "), unit, told, f"{_range(limits)}, p {p:g}"])
    return text_table(rows, ["transform", "unit", "here", "thesis"], width=6.4, height=1.7)


def _range(limits) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"
