"""A small world to sonify, made once."""

import pytest
from sonified_worlds import World, sonified_world
from threads import one_thread  # noqa: F401


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return sonified_world(tmp_path_factory.mktemp("sonified"))
