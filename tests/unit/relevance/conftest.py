"""A small world to explain and tables to draw, made once."""

import pandas as pd
import pytest
from explained_worlds import World, explained_world
from figures_of_relevance import SHOW
from matplotlib import pyplot as plt
from pictures_of_relevance import examples, histogram, history
from study_tables import shuffle_rows
from tables_of_relevance import relevance_tables
from threads import one_thread  # noqa: F401


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return explained_world(tmp_path_factory.mktemp("explained"))


@pytest.fixture(scope="session")
def ordered(tmp_path_factory):
    root = relevance_tables(tmp_path_factory.mktemp("ordered"))
    examples(SHOW).to_parquet(root / "examples.parquet")
    histogram().to_parquet(root / "histogram.parquet")
    history().to_parquet(root / "history.parquet")
    return root


@pytest.fixture(scope="session")
def folder(ordered, tmp_path_factory):
    """The same tables, their rows shuffled."""
    root = tmp_path_factory.mktemp("shuffled")
    for path in ordered.glob("*.parquet"):
        pd.read_parquet(path).to_parquet(root / path.name)
    return shuffle_rows(root, seed=3)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")
