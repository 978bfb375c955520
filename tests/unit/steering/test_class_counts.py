"""Table 3.1: the thesis's counts stand beside those of its own two corpora, and nowhere else."""

import matplotlib.pyplot as plt
import pytest

from tonotopy.corpora.audioset.labels import GENRES, INSTRUMENTS, source
from tonotopy.studies.steering.figures.class_counts import draw


def corpus(name: str, classes, **about) -> dict:
    counts = {split: dict.fromkeys(classes, 7) for split in ("train", "validation", "test")}
    return {"name": name, "classes": list(classes), "counts": counts, **about}


def words(sources: dict) -> list[str]:
    makers = {"gtzanlike": "audioset", "medley": "audioset", "genres": "planted_music"}
    figure = draw(sources, {"makers": makers})
    found = [text.get_text().strip() for axes in figure.axes for text in axes.texts]
    plt.close(figure)
    return found


def test_every_printed_count_is_drawn_hip_hop_s_too():
    sources = {
        "classes": corpus("gtzanlike", GENRES, source=source("genre")),
        "concepts": corpus("medley", INSTRUMENTS, source=source("instrument")),
    }
    found = words(sources)
    labels = [*GENRES.values(), *INSTRUMENTS.values()]
    assert found == [f"21 (thesis {label.thesis})" for label in labels]
    assert found[list(GENRES).index("hip hop")] == "21 (thesis 5952)"


@pytest.mark.parametrize("about", [{}, {"source": "planted world"}, {"source": "gtzan"}])
def test_classes_of_the_same_name_elsewhere_have_none(about):
    sources = {
        "classes": corpus("genres", [*GENRES, "hiphop"], **about),
        "concepts": corpus("medley", ["violin"], source=source("instrument")),
    }
    assert words(sources) == ["21"] * 11 + ["21 (thesis 23175)"]
