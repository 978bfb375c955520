"""What several tests of networks share."""

import pytest


@pytest.fixture(scope="session")
def adopted(tmp_path_factory):
    """Every tiny checkpoint as a bundle, made once: name -> bundle, the saved network, entry."""
    from tiny_transformers import adopted as adopt  # transformers takes seconds, which few need

    kept = {}

    def made(name):
        if name not in kept:
            kept[name] = adopt(name, tmp_path_factory.mktemp("hub"))
        return kept[name]

    return made
