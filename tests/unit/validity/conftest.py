"""Benches of three kinds of network, made once."""

import pytest
from validity_worlds import make_bench


@pytest.fixture(scope="session")
def benches(tmp_path_factory):
    return {k: make_bench(tmp_path_factory.mktemp(k), k) for k in ("ast", "cnn", "raw")}


@pytest.fixture
def ast_bench(benches):
    return benches["ast"]
