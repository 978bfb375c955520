"""The whole workflow, run once at smoke scale in a copy of the project; tests then vary it."""

import pytest
from projects import Project, copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The smoke scale, run to its end."""
    project = copy_project(tmp_path_factory.mktemp("smoke") / "tonotopy")
    project.snakemake()
    return project


@pytest.fixture
def changed(finished):
    """The finished project, whose edited files are put back after the test."""
    yield finished
    while finished.originals:
        path, text = finished.originals.popitem()
        path.write_text(text)
