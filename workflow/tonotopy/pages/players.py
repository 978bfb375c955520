"""Pages of players: one player per exhibit, with its tracks, pictures, sliders and timelines.

Everything that can be heard and seen stands in the HTML; the script turns it into players.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tonotopy.evidence.numbers import number
from tonotopy.pages.drawn import frequency_ticks, percent, placed, points, time_ticks
from tonotopy.pages.html import render


def players_page(
    title: str,
    notes: Sequence[str],
    exhibits: Sequence[dict],
    media: str,
    links: Mapping[str, str],
    problems: Sequence[str] = (),
) -> str:
    """Return a page of players as HTML; all text is escaped, nothing is fetched.

    Args:
        title: heading of the page.
        notes: sentences below it.
        exhibits: as in the indexes of exhibits, see `tonotopy.exhibiting`; the player of the
            exhibit at position n has the id ``exhibit-n``.
        media: what leads from the page to the folders of the exhibits, such as
            ``study/instance/``.
        links: href -> text of the line of links.
        problems: messages that are shown as alarms.
    """
    players = [_player(exhibit, number, media) for number, exhibit in enumerate(exhibits)]
    return render(
        "players.html.j2",
        title=title,
        notes=notes,
        problems=problems,
        players=players,
        links=links,
        here="",
    )


def shown_facts(facts: Mapping) -> list[tuple[str, str]]:
    """Return facts as pairs of name and text; what is None is left out."""
    return [(str(name), _text(value)) for name, value in facts.items() if value is not None]


def _text(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)


def url(*parts: str) -> str:
    """Return the relative address of a file by the names on the way to it."""
    return "/".join(quote(part) for part in parts)


def _player(exhibit: dict, number: int, media: str) -> dict:
    folder = f"{quote(media)}{url(exhibit['folder'])}/"
    about = {"class": exhibit["label"] or None, "network": exhibit["network"] or None}
    tracks = [_track(track, exhibit, folder) for track in exhibit["tracks"]]
    return {
        "id": f"exhibit-{number}",
        "title": exhibit["title"],
        "facts": shown_facts({**about, **exhibit["facts"]}),
        "seconds": exhibit["seconds"],
        "times": time_ticks(exhibit["seconds"]),
        "tracks": tracks,
        "overlaid": any(track["overlay"] for track in tracks),
        "epochs": _epochs(exhibit["tracks"]),
        "sliders": [_slider(slider) for slider in exhibit["sliders"]],
        "timelines": [_timeline(line, exhibit["seconds"]) for line in exhibit["timelines"]],
    }


def _track(track: dict, exhibit: dict, folder: str) -> dict:
    files = {kind: track.get(kind) for kind in ("audio", "picture", "overlay")}
    ticks = frequency_ticks(track.get("ticks", exhibit["ticks"]))
    return {
        "name": track["name"],
        "kind": track["kind"],
        **_button(track),
        **{kind: file and folder + url(file) for kind, file in files.items()},
        "facts": shown_facts(track["facts"]),
        "ticks": ticks,
        "alt": _alternative(track, exhibit, ticks),
    }


def _button(track: dict) -> dict:
    """Return the row that a track's button stands in, and what it says there.

    Tracks of a network's layers stand in a row of that network; others in one of their kind.
    """
    network, layer = (track["facts"].get(key) for key in ("network", "layer"))
    if layer and track["name"] == f"{network}, {layer}":
        return {"row": network, "button": layer}
    return {"row": "", "button": track["name"]}


def _alternative(track: dict, exhibit: dict, ticks: list) -> str:
    """Return what a screen reader says of a track's picture."""
    heatmap = ", with a heatmap over it" if track.get("overlay") else ""
    axis = f", {ticks[0][0]} to {ticks[-1][0]}" if ticks else ""
    seconds = f"{number(exhibit['seconds'])} s"
    return f"Picture of {track['name']}, {exhibit['title']}: {seconds}{axis}{heatmap}"


def _epochs(tracks: list[dict]) -> list[dict]:
    """Return the trainings among the tracks: name, and positions and names of their epochs."""
    trainings: dict[str, list[int]] = {}
    for place, track in enumerate(tracks):
        if track["kind"] == "epoch":
            of = [str(track["facts"][key]) for key in ("network", "layer") if key in track["facts"]]
            trainings.setdefault(", ".join(of), []).append(place)
    return [
        {"name": name, "tracks": numbers, "last": len(numbers) - 1}
        for name, numbers in trainings.items()
    ]


def _slider(slider: dict) -> dict:
    across = placed(slider["values"])
    start = slider["start"]
    curves = [
        {
            "name": curve["name"],
            "shares": " ".join(f"{value:.4g}" for value in curve["values"]),
            "points": points(across, curve["values"]),
            "percent": percent(curve["values"][start]),
            "text": f"{curve['values'][start]:.0%}",
        }
        for curve in slider["curves"]
    ]
    values = [number(value) for value in slider["values"]]
    shown = sorted({0, start, len(values) - 1})
    return {
        "name": slider["name"],
        "note": slider["note"],
        "strengths": values,
        "across": [percent(share) for share in across],
        "start": start,
        "ticks": [(values[n], percent(across[n])) for n in shown],
        "curves": curves,
    }


def _timeline(timeline: dict, seconds: float) -> dict:
    across = [time / seconds for time in timeline["seconds"]]
    curves = [
        {"name": curve["name"], "points": points(across, curve["values"])}
        for curve in timeline["curves"]
    ]
    return {"name": timeline["name"], "curves": curves}
