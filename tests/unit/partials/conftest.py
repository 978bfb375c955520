"""A small world of partials, made once."""

import pytest
from partials_worlds import World, partials_world
from threads import one_thread  # noqa: F401


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return partials_world(tmp_path_factory.mktemp("partials"))
