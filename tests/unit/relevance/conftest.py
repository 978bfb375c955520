"""A small world to explain, made once."""

import pytest
import torch
from explained_worlds import World, explained_world


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tensors are small: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return explained_world(tmp_path_factory.mktemp("explained"))
