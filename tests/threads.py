"""A fixture for test modules of tiny networks, which more threads would only slow down."""

import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tensors are small: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
