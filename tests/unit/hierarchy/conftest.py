"""Tables of a study with known profiles, and of one whose profiles are flat."""

import pytest
from hierarchy_loops import BOOTSTRAP, CLIPS
from study_tables import shuffle_rows, table_paths
from tables_of_hierarchy import HIERARCHY, hierarchy_tables

from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    folder = hierarchy_tables(tmp_path_factory.mktemp("study"), clips=CLIPS)
    return HierarchyTables(table_paths(shuffle_rows(folder)), HIERARCHY, BOOTSTRAP)


@pytest.fixture(scope="session")
def null(tmp_path_factory):
    folder = hierarchy_tables(tmp_path_factory.mktemp("null"), flat=0.5, clips=CLIPS)
    return HierarchyTables(table_paths(shuffle_rows(folder)), HIERARCHY, BOOTSTRAP)
