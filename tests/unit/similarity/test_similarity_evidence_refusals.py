"""What statistics of study 5 refuse, with their messages; the order of rows changes nothing."""

import numpy as np
import pandas as pd
import pytest
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_similarity import SETTINGS, World, similarity_tables

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.similarity.statistics import STATISTICS, Tables

DRAWS, SEED = 14, 5
SMALL = World(seed=3, layers={"stem": 9, "wide": 11, "body": 8, "top": 10})


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(similarity_tables(tmp_path_factory.mktemp("similarity"), SMALL))
    return Tables(table_paths(folder), SETTINGS, Bootstrap(DRAWS, 0.95, SEED))


def refused(tables, statistic, *arguments, **named):
    with pytest.raises(NotRun) as caught:
        STATISTICS[statistic](tables, *arguments, **named)
    return str(caught.value)


def rows_without(tables, layer, feature):
    """Return the similarities but those of a feature with a layer."""
    rows = tables.table("similarities")
    return rows[(rows["layer"] != layer) | (rows["feature"] != feature)]


def test_what_cannot_be_computed_says_why(tables, tmp_path):
    wide = ("vgg", "harmonic", "wide")
    assert refused(tables, "best_raw", "wav", "harmonic") == (
        "the instance has no network 'wav' (it has vgg, cnn)"
    )
    assert refused(tables, "best_raw", "vgg", "rms", "wide") == (
        "the table 'similarities' has nothing for network 'vgg', copy 'trained', layer 'wide', "
        "feature 'rms'"
    )
    lacking = changed(tables, tmp_path, similarities=rows_without(tables, "wide", "harmonic"))
    for statistic, arguments in (
        ("best_raw", wide),
        ("best_raw_difference", ("vgg", "harmonic", "random", "wide")),
        ("share_above_random", wide),
        ("share_beyond_clips", wide),
        ("share_beating", ("vgg", "harmonic", "unheard", "wide")),
        ("share_beating_all", wide),
    ):
        assert refused(lacking, statistic, *arguments) == (
            "feature 'harmonic' has too few cells on the grid of layer 'wide' of network 'vgg', or "
            "tells rows apart where maps have one"
        )
    assert STATISTICS["best_raw"](lacking, "vgg", "harmonic", "body").n == 11
    assert refused(lacking, "best_raw", "vgg", "harmonic", "fifth") == (
        "the table 'similarities' has nothing for network 'vgg', copy 'trained', layer 'fifth', "
        "feature 'harmonic'"
    )
    for statistic in ("share_above_random", "share_beyond_clips", "share_beating_all"):
        assert refused(tables, statistic, "cnn", "rms", "all") == (
            "no layer of network 'cnn' is compared with feature 'rms'"
        )
    assert "copy 'unheard', layer 'wide'" in refused(
        tables, "share_beating", "cnn", "harmonic", "unheard", "wide"
    )
    assert refused(without(tables, "known"), "known_contrast", "difference") == (
        "the table 'known' is not part of this run"
    )
    assert refused(tables, "known_similarity", "difference", "rms") == (
        "the table 'known' has nothing for layer 'difference', feature 'rms'"
    )
    assert refused(tables, "known_over_phase", "chroma_bank", "chroma_stft") == (
        "layer 'chroma_bank' was not made of clips with random phases"
    )
    assert refused(tables, "accuracy", "cnn", "unheard") == (
        "the table 'answers' has nothing for network 'cnn', copy 'unheard'"
    )
    for columns in (None, ["network", "copy"]):
        empty = changed(tables, tmp_path, answers=pd.DataFrame(columns=columns))
        assert "'answers' has nothing for" in refused(empty, "accuracy", "cnn")
    rows = tables.table("similarities")
    alone = rows[(rows["copy"] != "random") | (rows["run"] == 2)]
    assert refused(changed(tables, tmp_path, similarities=alone), "share_above_random", *wide) == (
        "one random copy has no other that it could be compared with"
    )
    few = rows[rows["map"] < 7]
    assert refused(changed(tables, tmp_path, similarities=few), "share_above_random", *wide) == (
        "7 observations are too few for an interval (8 are needed)"
    )
    clips = tables.table("clips").assign(group="one")
    assert refused(changed(tables, tmp_path, clips=clips), "best_raw", *wide) == (
        "one group of clips cannot both choose a map and judge it"
    )
    layers = tables.table("layers")
    two = changed(tables, tmp_path, layers=layers[layers["depth"] < 3])
    assert refused(two, "probe_deepening", "vgg", "chroma", "input") == "2 layers have no thirds"
    assert refused(two, "probe_score", "vgg", "pitch") == (
        "the table 'probes' has nothing for network 'vgg', copy 'trained', target 'pitch'"
    )
    still = tables.table("probes").assign(total=0.0)
    assert refused(
        changed(tables, tmp_path, probes=still), "probe_score", "vgg", "level"
    ).startswith("undefined here")


def test_damaged_tables_are_refused(tables, tmp_path):
    rows = tables.table("similarities")
    one = (rows["network"] == "vgg") & (rows["copy"] == "trained") & (rows["layer"] == "wide")
    one &= (rows["feature"] == "harmonic") & (rows["map"] == 4)
    calls = ("share_beating", "vgg", "harmonic", "random", "wide")

    def refuses(table):
        with pytest.raises(InputError) as caught:
            STATISTICS[calls[0]](changed(tables, tmp_path, similarities=table), *calls[1:])
        return str(caught.value)

    assert "map 4, feature harmonic occurs twice; make" in refuses(pd.concat([rows, rows[one]]))
    for change in (lambda r: r[:-1], lambda r: np.where(np.arange(len(r)) == 3, np.nan, r)):
        broken = rows.assign(r=[change(r) if o else r for r, o in zip(rows["r"], one, strict=True)])
        assert "expected a number for each of the 37 clips in every map's 'r'" in refuses(broken)
    calls = ("share_beating", "vgg", "harmonic", "phase", "wide")
    other = rows["map"].where(rows["copy"] != "phase", rows["map"] + 1)
    assert "copies trained and phase have other maps" in refuses(rows.assign(map=other))


def test_order_of_rows_changes_nothing(tables, tmp_path):
    folder = shuffle_rows(similarity_tables(tmp_path, SMALL), seed=9)
    other = Tables(table_paths(folder), SETTINGS, Bootstrap(DRAWS, 0.95, SEED))
    for statistic, arguments in (
        ("share_beating_all", ("vgg", "harmonic", "wide")),
        ("share_above_random", ("cnn", "harmonic", "wide")),
        ("share_above_random", ("cnn", "percussive", "all")),
        ("share_beyond_clips", ("vgg", "percussive", "all")),
        ("best_raw", ("cnn", "harmonic", "wide", "random")),
        ("probe_difference", ("cnn", "level", "random")),
        ("known_contrast", ("difference",)),
        ("known_over_phase", ("difference", "harmonic")),
        ("accuracy", ("cnn",)),
    ):
        one, two = (STATISTICS[statistic](each, *arguments) for each in (tables, other))
        assert one.draws == pytest.approx(two.draws, abs=1e-12) and one.value == two.value
