"""A small world to sonify, made once."""

import pytest
import torch
from sonified_worlds import World, sonified_world


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tensors are small: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return sonified_world(tmp_path_factory.mktemp("sonified"))
