"""Figure B.2: the ascent of subspaces."""

from tonotopy.drawing.names import literal
from tonotopy.drawing.style import legend_above, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import (
    LOOKS,
    NAMES,
    WIDTH,
    classes_of,
    number,
    write,
)

ACROSS = 4
METHODS = ("drsa", "dsa")


def draw(sources: dict, about: dict):
    """Draw a panel per class: the objective over steps, a line per start, the best one thick."""
    table, shown = only(sources), about["shown"]
    chosen = (table["layer"] == shown["layer"]) & (table["components"] == shown["components"])
    rows = table[chosen & (table["copy"] == "trained")]
    if rows.empty:
        return nothing_to_draw(f"no subspaces were fitted at {literal(shown['layer'])}")
    classes = classes_of(rows)
    columns = min(ACROSS, len(classes))
    size = {"width": min(3.4, WIDTH / columns), "height": 2.1 if columns < ACROSS else 1.6}
    figure, grid = panels(len(classes), columns=columns, sharey=True, **size)
    layer = literal(shown["layer"])
    for n, (axes, label) in enumerate(zip(grid, classes, strict=True)):
        own = rows[rows["label"].astype(str) == label]
        spreads = [_starts(axes, own[own["method"] == m], m) for m in METHODS]
        title = f"{literal(label)}\nspread {', '.join(filter(None, spreads))}"
        write(axes, title, "step", "objective" if n % columns == 0 else "")
    heading = f"{layer}, K = {shown['components']}; spread of the last values of all starts:"
    heading += " " + ", ".join(NAMES[method] for method in METHODS if method in set(rows["method"]))
    legend_above(figure, grid[0], title=heading, title_fontsize=7)
    return figure


def _starts(axes, rows, method: str) -> str:
    """Draw the starts of a method; return by how much the worst stays below the best."""
    if rows.empty:
        return ""
    wide = rows.pivot(index="step", columns="start", values="objective").sort_index()
    last = wide.ffill().iloc[-1]
    look = {k: v for k, v in LOOKS[method].items() if k != "marker"}
    for start in wide:
        best = start == last.idxmax()
        line = wide[start].dropna()
        name = NAMES[method] if best else None
        axes.plot(line.index, line, linewidth=2 if best else 0.8, label=name, **look)
    spread = (last.max() - last.min()) / abs(last.max()) if last.max() else 0.0
    return f"{number(100 * spread, 2)} %"
