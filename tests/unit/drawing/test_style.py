"""What all figures share: bands, and that nothing heavy is loaded to draw them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tonotopy.drawing import letters
from tonotopy.drawing.style import ROLES, band, mean_band, panels, provenance_note, read_source
from tonotopy.errors import InputError
from tonotopy.evidence import numbers
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


def test_rounding_noise_around_0_is_written_0():
    for value in (1.23e-17, -1.23e-17, -0.0, 9e-10):
        assert numbers.number(value) == letters.number(value) == "0"
    assert numbers.number(1.234e-5) == "1.23e-05" and letters.number(-0.5) == "−0.5"


def test_a_band_of_one_x_is_a_point_with_its_interval():
    values, about = np.array([[1.0], [2.0], [4.0]]), {"resamples": 50, "confidence": 0.95}
    _, (axes,) = panels(1)
    band(axes, [1], values, about, 0, "one")
    (container,) = axes.containers
    assert container.lines[0].get_marker() == "o" and not axes.collections[1:]
    ((low, high),) = (segment[:, 1] for segment in container.lines[2][0].get_segments())
    assert low < values.mean() < high


def test_no_two_roles_look_alike_and_the_untrained_is_grey_dashed_and_hollow():
    looks = [(r["color"], r["marker"], r["linestyle"]) for r in ROLES.values()]
    assert len(set(looks)) == len(looks)
    untrained = ROLES["untrained"]
    assert untrained["linestyle"] == "--" and untrained["markerfacecolor"] == "white"


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
