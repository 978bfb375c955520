"""Table 2.2: the corpora of the tasks."""

from tonotopy.drawing.style import only, text_table
from tonotopy.studies.hierarchy.figures.profile_rows import TITLES, ordered_tasks
from tonotopy.studies.hierarchy.thesis import CORPORA


def draw(sources: dict, about: dict):
    """Draw a table: task, level, clips, seconds, classes and chance here, then the thesis's."""
    table = only(sources).drop_duplicates("task").set_index("task")
    rows = []
    for task in ordered_tasks(about):
        if task in table.index:
            ours = table.loc[task]
            here = [
                str(ours["clips"]),
                f"{1 / ours['chance']:.0f}",
                f"{ours['seconds']:g}",
                f"{ours['chance']:.3f}",
            ]
        else:
            here = ["-"] * 4
        theirs = [str(value) for value in CORPORA.get(task, ("-",) * 3)]
        about_task = about["tasks"][task]
        rows.append(
            [TITLES.get(task, task), about_task["level"], about_task["corpus"], *here, *theirs]
        )
    columns = ["task", "level", "corpus", "clips", "classes", "seconds", "chance"]
    columns += ["clips (thesis)", "classes (thesis)", "seconds (thesis)"]
    return text_table(rows, columns, width=8.2, height=0.5 + 0.24 * len(rows))
