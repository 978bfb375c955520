"""Table 2.2: the corpora of the tasks."""

from tonotopy.drawing.names import literal
from tonotopy.drawing.style import only, text_table
from tonotopy.studies.hierarchy.figures.profile_rows import ordered_tasks, task_name
from tonotopy.studies.hierarchy.thesis import CORPORA, MAKERS

COLUMNS = ("task", "level", "corpus", "clips", "classes", "seconds", "chance")
PRINTED = ("clips (thesis)", "classes (thesis)", "seconds (thesis)")


def draw(sources: dict, about: dict):
    """Draw a table: task, level, clips, classes, seconds and chance.

    The thesis's numbers stand beside those of its own corpora.
    """
    table = only(sources).drop_duplicates("task").set_index("task")
    tasks = ordered_tasks(about)
    compared = {task for task in tasks if _printed(task, about)}
    rows = []
    for task in tasks:
        corpus = literal(about["tasks"][task]["corpus"])
        row = [task_name(task), about["tasks"][task]["level"], corpus, *_here(table, task)]
        if compared:
            row += [str(v) for v in CORPORA[task]] if task in compared else ["-"] * len(PRINTED)
        rows.append(row)
    columns = [*COLUMNS, *(PRINTED if compared else ())]
    width = 8.2 if compared else 5.6
    return text_table(rows, columns, width=width, height=0.5 + 0.24 * len(rows))


def _here(table, task: str) -> list[str]:
    if task not in table.index:
        return ["-"] * 4
    ours = table.loc[task]
    classes, chance = f"{1 / ours['chance']:.0f}", f"{ours['chance']:.3f}"
    return [str(ours["clips"]), classes, f"{ours['seconds']:g}", chance]


def _printed(task: str, about: dict) -> bool:
    """Tell whether a task is heard in the corpus that the thesis hears it in."""
    maker = about["makers"].get(about["tasks"][task]["corpus"])
    return task in MAKERS and maker == MAKERS[task]
