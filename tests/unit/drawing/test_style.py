"""What all figures share: bands, and that nothing heavy is loaded to draw them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tonotopy.drawing.style import mean_band, provenance_note, read_source
from tonotopy.errors import InputError
from tonotopy.files import write_json, write_table

WORKFLOW = Path(__file__).parents[3] / "workflow"


def test_bands_hold_the_mean():
    values = np.random.default_rng(0).normal(1, 1, size=(100, 3))
    mean, low, high = mean_band(values, {"resamples": 500, "confidence": 0.95})
    assert (low < mean).all() and (mean < high).all() and (high - low < 0.6).all()


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_source_is_a_table_of_either_kind(tmp_path, name):
    table = pd.DataFrame({"epoch": [0, 1, 2], "train_loss": [0.5, 0.25, 0.125]})
    write_table(tmp_path / name, table)
    pd.testing.assert_frame_equal(read_source(tmp_path / name), table)
    (tmp_path / name).write_text("epoch\n7\n")
    with pytest.raises(InputError, match=name):
        read_source(str(tmp_path / name))


@pytest.mark.parametrize("kind", ["corpus", "network"])
def test_a_source_is_the_description_in_a_folder(tmp_path, kind):
    write_json(tmp_path / f"{kind}.json", {"classes": ["b", "a"]})
    assert read_source(tmp_path) == {"classes": ["b", "a"]}


def test_figures_and_evidence_never_load_torch():
    program = (
        "import sys, importlib\nfrom tonotopy.studies import STUDIES\n"
        "import tonotopy.evidence.scorecard, tonotopy.pages.scorecard\n"
        "for study in STUDIES.values():\n"
        "    importlib.import_module(study.statistics)\n"
        "    [importlib.import_module(study.figure_module(name)) for name in study.figures]\n"
        "print(sorted({'torch', 'lightning', 'datasets', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(WORKFLOW)},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("embedded", "words"),
    [
        (True, "embedded world: a calibration, no replication"),
        (False, "real recordings"),
        (None, "partly embedded sound, partly real recordings"),
    ],
)
def test_a_note_says_what_was_heard_whatever_the_scale_is_called(embedded, words):
    note = provenance_note("mini_music", "steering/mine", embedded)
    assert note == f"Scale mini_music ({words}), instance steering/mine."
