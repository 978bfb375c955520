"""Labels that disagree, keys that are spelt otherwise than files, settings about nothing."""

import json
import os
import re
import unicodedata

import pytest
from configs import SCHEMA, changed, default_config
from own_folders import csv_rule, labels, listed, put_names

from tonotopy.config import check
from tonotopy.corpora.folder import classes_of, labels_of
from tonotopy.corpora.labelling import check_expressions
from tonotopy.corpora.listed import Listed
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError

NFD = unicodedata.normalize("NFD", "Café")


def table(root, *rows, name="labels.csv"):
    (root / name).write_text("\n".join(["file,genre", *rows]) + "\n", encoding="utf-8")


# --- rows that disagree


@pytest.mark.parametrize(
    "rows",
    [
        ("a/0.wav,rock", "a/0.wav,jazz"),
        ("a/0.wav,rock", "./a/0.wav,jazz"),
        ("a\\0.wav,rock", "a/0.wav,rock ", "a/0.WAV,jazz", "a/0.wav,jazz"),
    ],
)
def test_rows_that_disagree_on_a_clip_are_both_named(tmp_path, rows):
    put_names(tmp_path, ["a/0.wav"])
    table(tmp_path, *rows)
    told = r"'a/0.wav' has two words: labels.csv line 2 \('rock'\) and .*line \d \('jazz'\)"
    with pytest.raises(InputError, match=told):
        labels(tmp_path, label=csv_rule())


def test_rows_that_differ_by_the_case_of_a_suffix_alone_may_disagree_too(tmp_path):
    put_names(tmp_path, ["0.wav"])
    table(tmp_path, "0.WAV,rock", "0.Wav,jazz")
    with pytest.raises(InputError, match=r"'0.WAV' has .*line 2 \('rock'\) and .*line 3 \('jazz'"):
        labels(tmp_path, label=csv_rule())
    put_names(tmp_path, ["0.WAV"])  # to each its own
    table(tmp_path, "0.WAV,rock", "0.wav,jazz")
    assert labels(tmp_path, label=csv_rule()) == {"0.WAV": "rock", "0.wav": "jazz"}


def test_rows_that_agree_or_are_of_no_clip_or_say_nothing_are_no_conflict(tmp_path):
    put_names(tmp_path, ["a/0.wav"])
    rows = ("a/0.wav,rock", "a/0.wav, rock", "a/0.wav,", "b.wav,x", "b.wav,y")
    table(tmp_path, *rows)
    assert labels(tmp_path, label=csv_rule()) == {"a/0.wav": "rock"}


def test_a_clip_in_two_lists_of_splits_is_an_error_that_names_both(tmp_path):
    put_names(tmp_path, ["a/0.wav", "a/1.wav"])
    for name, lines in {"dev.txt": "a/0.wav\na/1.wav", "test.txt": "\n./a/1.wav\n"}.items():
        (tmp_path / name).write_text(lines)
    rule = {"from": "lists", "lists": {"validation": "dev.txt", "test": "test.txt"}}
    told = r"'a/1.wav' has two words: dev.txt line 2 \('validation'\) and test.txt line 2 \('test'"
    with pytest.raises(InputError, match=told):
        listed(tmp_path, split=rule)
    (tmp_path / "test.txt").write_text("a/0.txt\n")
    assert [row.split for row in listed(tmp_path, split=rule).rows] == ["validation"] * 2


def test_lines_and_json_that_disagree_are_errors_too(tmp_path):
    put_names(tmp_path, ["a/0.wav", "a/1.wav"])
    (tmp_path / "lines.txt").write_text("rock a/0.wav\njazz 0.wav\njazz a/0\npop a/0.wav\n")
    with pytest.raises(InputError, match=r"lines.txt line 1 \('rock'\) and lines.txt line 4"):
        labels(tmp_path, label={"from": "lines", "file": "lines.txt"})
    (tmp_path / "a.json").write_text(
        '{"0": {"genre": "x"}, "1": {"genre": "y"}, "0": {"genre": 1}}'
    )
    with pytest.raises(InputError, match=r"'0' has two words: a.json '0' \('x'\) and .*\('1'\)"):
        labels(tmp_path, label={"from": "json", "file": "a.json", "column": "genre"})


# --- keys


def test_a_key_that_names_two_files_is_an_error_unless_each_has_a_longer_one(tmp_path):
    put_names(tmp_path, ["a/0.wav", "b/0.wav", "b/1.wav"])
    for key in ("0.wav", "0"):
        table(tmp_path, f"{key},rock", "1,jazz")
        told = rf"'{key}' in labels.csv line 2 \('rock'\) names 2 files: 'a/0.wav', 'b/0.wav'; wri"
        with pytest.raises(InputError, match=told):
            labels(tmp_path, label=csv_rule())
    table(tmp_path, "0.wav,rock", "b/0.wav,jazz", "1,pop")
    expected = {"a/0.wav": "rock", "b/0.wav": "jazz", "b/1.wav": "pop"}
    assert labels(tmp_path, label=csv_rule()) == expected
    with pytest.raises(InputError, match="names 2 files"):
        table(tmp_path, "0.wav,rock", "1,rock")
        listed(tmp_path, group=csv_rule())


@pytest.mark.parametrize(
    "key",
    [
        *("sub/x.wav", "./sub/x.wav", "sub\\x.wav", ".\\sub\\x.wav", "sub//x.wav", " sub/x.wav "),
        *("sub/x.WAV", "sub/x", "x.wav", "x", "X/../sub/x.wav", "ROOT/sub/x.wav", "LINK/sub/x.wav"),
    ],
)
def test_keys_meet_files_whatever_their_separator_prefix_and_suffix(tmp_path, key):
    root = tmp_path / "music"
    put_names(root, ["top/sub/x.wav", "sub/y.WAV"])
    (root / "top/sub/x.wav").rename(root / "sub/x.wav")
    (tmp_path / "linked").symlink_to(root)
    key = key.replace("ROOT", str(root)).replace("LINK", str(tmp_path / "linked"))
    table(root, f"{key},rock", f"{key.replace('x', 'y').replace('X', 'Y')},pop")
    found = labels(tmp_path / "linked", label=csv_rule())
    assert found == {"sub/x.wav": "rock", "sub/y.WAV": "pop"}


def test_the_end_of_a_path_is_a_key_and_the_longest_one_counts(tmp_path):
    put_names(tmp_path, ["p/a/0.wav", "p/b/0.wav", "q/a/0.wav"])
    table(tmp_path, "a/0.wav,x", "p/a/0.wav,y", "b/0,z", "0.wav,other")
    found = labels(tmp_path, label=csv_rule())
    assert found == {"p/a/0.wav": "y", "p/b/0.wav": "z", "q/a/0.wav": "x"}


@pytest.mark.parametrize(("file", "key"), [(f"{NFD}.wav", "Café.wav"), ("Café.wav", f"{NFD}.wav")])
def test_normal_forms_of_a_name_meet(tmp_path, file, key):
    put_names(tmp_path, [file])
    table(tmp_path, f"{key},{NFD}")
    listing = listed(tmp_path, label=csv_rule(), leave_out=())
    assert [row.labels for row in listing.rows] == [("Café",)]
    assert listing.notes == ["label 'Cafe\\u0301' of 1 clip(s) is read as 'Café'"]
    (tmp_path / "faulty.wav").touch()
    (tmp_path / file).rename(tmp_path / f"x {file}")
    rule = {"from": "name", "pattern": f"(x|{key[:-4]}|f)"}
    found = listed(tmp_path, label=rule, faults={f"x {key}": "hum"})
    assert [row.labels for row in found.rows] == [("f",)]


def test_rows_of_no_clip_are_counted(tmp_path):
    put_names(tmp_path, ["0.wav"])
    table(tmp_path, "0.wav,rock", "7.wav,rock", "8.wav,jazz")
    notes = listed(tmp_path, label=csv_rule()).notes
    assert notes == ["2 name(s) in labels.csv are of no clip here, such as '7.wav'"]


# --- words


def test_blanks_around_labels_are_left_out_and_told(tmp_path):
    put_names(tmp_path, ["0.wav", "1.wav", "2.wav"])
    table(tmp_path, "0.wav,rock", "1.wav,rock ", "2.wav,\trock")
    listing = listed(tmp_path, label=csv_rule())
    assert {row.labels for row in listing.rows} == {("rock",)}
    assert listing.notes == [
        "label '\\trock' of 1 clip(s) is read as 'rock'",
        "label 'rock ' of 1 clip(s) is read as 'rock'",
    ]


@pytest.mark.parametrize("other", ["rock ", NFD])
def test_class_folders_that_differ_by_blanks_or_normal_form_are_one_class(tmp_path, other):
    plain = unicodedata.normalize("NFC", other.strip())
    put_names(tmp_path, [f"{plain}/{n}.wav" for n in range(3)] + [f"{other}/9.wav"])
    listing = listed(tmp_path)
    assert {row.labels for row in listing.rows} == {(plain,)} and len(listing.rows) == 4
    (note,) = listing.notes
    assert note.endswith(f"of 1 clip(s) is read as '{plain}'")


def test_tags_are_stripped_and_count_once(tmp_path):
    put_names(tmp_path, [f"{n}.wav" for n in range(4)])
    table(tmp_path, '0.wav,"y,y"', '1.wav,"x, y"', '2.wav,"x,,y"', '3.wav,"z,y"')
    listing = listed(tmp_path, label=csv_rule(), tags=",")
    assert [row.labels for row in listing.rows] == [("y",), ("x", "y"), ("x", "y"), ("z", "y")]
    assert listing.notes == [
        "2 clip(s) have blanks around tags, or empty tags, which are left out, such as 'x, y' of "
        "'1.wav'",
        "1 clip(s) have a tag twice, which counts once, such as 'y,y' of '0.wav'",
    ]


def test_null_and_empty_in_json_are_no_label(tmp_path):
    put_names(tmp_path, [f"{n}.wav" for n in range(6)])
    words = {"0": {"genre": None}, "1": {"genre": ""}, "2": None, "3": {}, "4": {"genre": 5}}
    (tmp_path / "a.json").write_text(json.dumps(words))
    rule = {"from": "json", "file": "a.json", "column": "genre"}
    listing = listed(tmp_path, label=rule)
    assert [row.labels for row in listing.rows] == [("5",)]
    assert [clip for clip, reason in listing.dropped] == [f"{n}.wav" for n in (0, 1, 2, 3, 5)]
    assert {reason for _, reason in listing.dropped} == {f"no label found by {rule}"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"0": {"genre": ["x", "y"]}}, "'0' has a list or an object where one word is expected"),
        ({"0": {"gerne": "x"}}, "'0' has no 'genre' (did you mean 'gerne'"),
        ({"0": "rock"}, "expected {name: {...}} as JSON"),
        ([{"file": "0", "genre": "x"}], "expected {name: {...}} as JSON"),
    ],
)
def test_json_of_another_form_is_told(tmp_path, content, told):
    put_names(tmp_path, ["0.wav"])
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=re.escape(told)):
        labels(tmp_path, label={"from": "json", "file": "a.json", "column": "genre"})


# --- settings about nothing


@pytest.fixture
def classes(tmp_path):
    put_names(tmp_path, [f"{label}/{n}.wav" for label in ("solo", "band") for n in range(3)])
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"leave_out": ["solw"]}, r"leave_out: no clip has label 'solw' \(did you mean 'solo'"),
        ({"leave_out": ["x"], "names": {"solo": "x", "bnad": "y"}}, "names: .*'bnad'.*'band'"),
        ({"faults": {"solo/7.wav": "hum"}}, "faults: there is no labelled clip 'solo/7.wav'"),
        (
            {"split": {"from": "folder", "values": {"train": ["solo"], "test": ["bnd"]}}},
            r"split.values: no clip has split 'bnd' \(did you mean 'band'",
        ),
    ],
)
def test_settings_about_what_no_clip_has_are_refused_with_the_nearest(classes, changes, told):
    with pytest.raises(InputError, match=told):
        listed(classes, **changes)
    if "split" not in changes:
        declared = {"declared": ("solw",), "leave_out": changes.get("leave_out", ())}
        listed(classes, **{**changes, **declared})  # a public corpus's folder may hold a part


def test_settings_about_what_clips_have_do_what_they_say(classes):
    changes = {"names": {"solo": "one", "band": "many"}, "leave_out": ["many"]}
    found = listed(classes, **changes, faults={"solo/1": "hum"})
    assert [(row.file, row.labels) for row in found.rows] == [
        ("solo/0.wav", ("one",)),
        ("solo/2.wav", ("one",)),
    ]
    assert found.dropped == [("solo/1.wav", "known fault: hum")]
    assert found.notes == ["left out: 3 clip(s) labelled 'band'"]


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_path_is_refused(path):
    with pytest.raises(InputError, match="path: expected the folder of the audio"):
        FolderSettings(path, 8000, 1.0)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"tset": ["x"]}, "values: there is no split 'tset'.*'test'"),
        ({"train": ["x"], "test": ["y", "x"]}, "values: 'x' stands for train and for test"),
        ({"test": [True]}, "values.test: True is no word; put it in quotes"),
        ({"test": ["train"]}, "values: 'train' stands for train and for test"),
    ],
)
def test_values_of_splits_that_make_no_sense_are_refused(values, told):
    with pytest.raises(InputError, match=told):
        check_expressions({"from": "folder", "values": values})
    assert check_expressions({"from": "folder", "values": {"test": "x", "train": [1, "y"]}}) is None


def test_splits_that_nobody_knows_are_listed(tmp_path):
    put_names(tmp_path, [f"{s}/{n}.wav" for s in ("train", "tset", "odd") for n in range(2)])
    rule, label = {"from": "folder"}, {"from": "name", "pattern": r"(\d)$"}
    listing = listed(tmp_path, split=rule, label=label)
    assert [row.file for row in listing.rows] == ["train/0.wav", "train/1.wav"]
    assert listing.dropped[2][1].startswith("its split 'tset' is none of the known ones (did you")
    listing = listed(tmp_path, split={**rule, "rest": "test"}, label=label)
    assert [row.split for row in listing.rows] == ["test"] * 2 + ["train"] * 2 + ["test"] * 2
    assert listing.notes == [
        f"split '{s}' of 2 clip(s) counts as the rest: test" for s in ("odd", "tset")
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"path": ""}, "corpora.genres.path: expected the folder of the audio, not an empty text"),
        ({"path": " "}, "corpora.genres.path: expected the folder of the audio"),
        ({"maker": "gtzan", "task": "genre", "path": ""}, "corpora.genres.path: expected the fold"),
        ({"label": {"from": "random"}}, "corpora.genres.label: 'from: random', .* are for splits"),
        ({"group": {"from": "folder", "rest": "test"}}, "genres.group: .*'rest' are for splits"),
        (
            {"label": {"from": "folder", "column": "x"}},
            "label: 'column' means nothing with 'from: f",
        ),
        (
            {"split": csv_rule(shares={"train": 1.0})},
            r"split: 'shares' means nothing with 'from: csv' \(known: .*delimiter",
        ),
        ({"split": {"from": "folder", "values": {"dev": ["x"]}}}, "genres.split: values: there is"),
        ({"label": csv_rule(encoding="utf-88")}, "genres.label: encoding: there is no encoding"),
        ({"group": csv_rule(delimiter=";;")}, "genres.group.delimiter: ';;' is too long"),
    ],
)
def test_settings_that_cannot_work_are_told_before_anything_runs(entry, told):
    config = default_config()
    unmarked = [name for name in config["run"] if not name.startswith("validity/")]
    config = changed(config, "run", unmarked)
    good = {"maker": "folder", "path": "sounds", "rate": 22500, "seconds": 2.0}
    fine = {"label": csv_rule(encoding="latin-1", delimiter=";")}
    check(changed(config, "corpora.genres", {**good, **fine}), SCHEMA)
    with pytest.raises(InputError, match=told):
        check(changed(config, "corpora.genres", {**good, **entry}), SCHEMA)


# --- names


def test_files_whose_names_are_not_utf8_are_dropped_with_a_readable_name(tmp_path):
    put_names(tmp_path, [f"a/{n}.wav" for n in range(3)])
    for raw in (b"a/caf\xe9.wav", b"b\xff/0.wav"):
        os.makedirs(os.path.dirname(os.fsencode(tmp_path) + b"/" + raw), exist_ok=True)
        os.close(os.open(os.fsencode(tmp_path) + b"/" + raw, os.O_CREAT))
    listing = listed(tmp_path)
    assert len(listing.rows) == 3
    reason = "its name is not UTF-8, in which corpora are written: rename it"
    assert listing.dropped == [(r"a/caf\xe9.wav", reason), (r"b\xff/0.wav", reason)]


def test_classes_are_in_the_order_of_numbers_in_any_script():
    def order(*names):
        return classes_of([Listed("f", (name,), "g") for name in names])

    assert order("²", "10", "9", "x") == ["x", "²", "9", "10"]
    assert order("track 10", "track 9", "track 09") == ["track 09", "track 9", "track 10"]
    assert order("١٠", "٩", "8") == ["8", "٩", "١٠"]
    equal = ["0" * count + "1" for count in range(9)]
    assert order(*equal) == equal[::-1]  # in whichever order a set gives them
    assert order("1" * 5000, "2" * 4999) == ["2" * 4999, "1" * 5000]


@pytest.mark.parametrize("names", [("²", "³"), ("٣", "٤")])
def test_class_folders_may_be_digits_of_any_script(tmp_path, names):
    put_names(tmp_path, [f"{name}/{n}.wav" for name in names for n in range(3)])
    assert labels_of(FolderSettings(str(tmp_path), 8000, 1.0)) == list(names)
