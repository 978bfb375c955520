"""Libraries that compile code while they are loaded are loaded by one process at a time."""

import fcntl
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tonotopy.compiled import alone

LOADS = """
import sys
from tonotopy.compiled import librosa
print(librosa.mel_frequencies(3, fmin=0, fmax=1000).round(3).tolist())
"""


def loading(folder) -> subprocess.Popen:
    """A process that loads librosa, with a cache of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", LOADS],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_waits_for_another_that_loads(tmp_path):
    with alone("librosa"):
        process = loading(tmp_path)
        time.sleep(4)
        assert process.poll() is None and not list(tmp_path.rglob("*.nbc"))
    assert process.communicate(timeout=240)[0] == "[0.0, 500.0, 1000.0]\n"
    assert list(tmp_path.rglob("guf-*.nbc"))


def test_processes_that_begin_together_in_a_new_environment_all_load(tmp_path):
    processes = [loading(tmp_path) for _ in range(3)]
    for process in processes:
        assert process.communicate(timeout=240)[0] and process.returncode == 0


def test_a_library_is_free_again_after_an_error():
    """One that no other test loads meanwhile."""
    with pytest.raises(KeyError), alone("pyloudnorm"):
        raise KeyError
    folder = os.open(Path(find_spec("pyloudnorm").origin).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # else BlockingIOError
    finally:
        os.close(folder)
