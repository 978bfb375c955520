"""What tests of study 3's figures do with them: draw, read, and compute again in plain loops."""

from math import isnan
from statistics import fmean

import numpy as np
from drawn import STATISTICS, draw
from pictures_of_relevance import Show
from tables_of_relevance import LAYERS, OBJECTS, SETTINGS

from tonotopy.seeding import generator
from tonotopy.studies.relevance.study import STUDY

THEIRS = {"makers": {"songs": "gtzan"}}  # the thesis's corpus, beside whose numbers its own stand
ABOUT = {**SETTINGS, **STATISTICS, **THEIRS}
SHOW = Show(layers=LAYERS, layer="conv3", objects=OBJECTS, numbers=(2, 4, 6))


def figure_of(folder, name, change=lambda table: table, **settings):
    return draw(folder, STUDY, name, {**SETTINGS, **THEIRS, **settings}, change)


def axes_of(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def bars(axes, label=None):
    """x, y and the ends of the intervals of what is drawn with error bars under a label."""
    (found,) = [c for c in axes.containers if label is None or c.get_label() == label]
    return bars_of(found)


def bars_of(container):
    points, _, (whiskers,) = container.lines
    ends = np.array([segment[:, 1] for segment in whiskers.get_segments()])
    return np.column_stack([points.get_xydata(), ends])


def literal_mean(rows, value):
    """Mean over classes of means over clips of means over a clip's rows; nan is left out."""
    clips, classes = {}, {}
    for row in rows.to_dict("records"):
        if not isnan(row[value]):
            clips.setdefault((row["label"], row["clip"]), []).append(row[value])
    for (label, _), values in clips.items():
        classes.setdefault(label, []).append(fmean(values))
    return fmean(fmean(values) for values in classes.values())


def literal_draws(rows, statistic, resamples=50):
    """A statistic of rows repeated as groups are drawn: groups in the order of sorted clips."""
    clips = sorted({(r["label"], r["clip"], r["group"]) for r in rows.to_dict("records")})
    groups = list(dict.fromkeys(group for *_, group in clips))
    shares = np.full(len(groups), 1 / len(groups))
    counts = generator(0, "figure").multinomial(len(groups), shares, size=resamples)
    return [statistic(dict(zip(groups, row, strict=True))) for row in counts]


def select(table, **keys):
    for column, value in keys.items():
        table = table[table[column] == value]
    return table


def weighted_mean(rows, value, counts):
    """`literal_mean` where every clip counts as often as its group is drawn."""
    means = []
    for _, own in rows.groupby("label"):
        weights = own["group"].map(counts)
        means += [(own[value] * weights).sum() / weights.sum()] if weights.sum() else []
    return fmean(means)
