"""Tables as programs write them: encodings, delimiters, quotation, ends of lines, odd rows."""

import codecs
import re

import pytest
from own_folders import csv_rule, labels, listed, put_names

from tonotopy.corpora.labelling import check_expressions, reader
from tonotopy.errors import InputError

EXPECTED = {"0.wav": "Café", "1.wav": "jazz"}
PLAIN = "file,genre\n0.wav,Café\n1.wav,jazz\n"


@pytest.fixture
def folder(tmp_path):
    put_names(tmp_path, EXPECTED)
    return tmp_path


def write(folder, text: str, encoding: str = "utf-8") -> None:
    (folder / "labels.csv").write_bytes(text.encode(encoding))


# --- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("given", [False, True])
def test_unicode_is_read_by_its_mark_or_as_it_is_said(folder, encoding, given):
    write(folder, PLAIN, encoding)
    rule = csv_rule(encoding=encoding) if given else csv_rule()
    listing = listed(folder, label=rule)
    assert {row.file: row.labels[0] for row in listing.rows} == EXPECTED and listing.notes == []


def test_utf_16_of_the_other_order_has_a_mark_too(folder):
    (folder / "labels.csv").write_bytes(codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"))
    assert labels(folder, label=csv_rule()) == EXPECTED


@pytest.mark.parametrize(("encoding", "likely"), [("utf-16-le", "utf-16-le"), ("utf-16-be",) * 2])
def test_utf_16_without_a_mark_has_to_be_said(folder, encoding, likely):
    write(folder, PLAIN, encoding)
    told = f"labels.csv: line 1 cannot be read as utf-8.*set 'encoding'.*'encoding: {likely}'"
    with pytest.raises(InputError, match=told):
        labels(folder, label=csv_rule())
    assert labels(folder, label=csv_rule(encoding=encoding)) == EXPECTED


def test_windows_1252_is_a_guess_that_is_told_and_can_be_said(folder):
    write(folder, PLAIN, "cp1252")
    listing = listed(folder, label=csv_rule())
    assert {row.file: row.labels[0] for row in listing.rows} == EXPECTED
    (note,) = listing.notes
    assert note.startswith("labels.csv is not UTF-8 and was read as cp1252: line 2 has '")
    assert "Café" in note and note.endswith("; set 'encoding' if that is wrong")
    assert listed(folder, label=csv_rule(encoding="cp1252")).notes == []


@pytest.mark.parametrize("kind", ["csv", "json", "lists", "lines"])
def test_other_tables_may_be_of_another_encoding_too(folder, kind):
    texts = {
        "csv": PLAIN,
        "json": '{"0.wav": {"genre": "Café"}, "1.wav": {"genre": "jazz"}}',
        "lists": "0.wav\n",
        "lines": "Café 0.wav\njazz 1.wav\n",
    }
    rule = csv_rule(**{"from": kind})
    if kind == "lists":
        (folder / "one.txt").write_text("\ufeff1.wav\n", encoding="utf-8")
        rule["lists"] = {"Café": "labels.csv", "jazz": "one.txt"}
        del rule["file"]
    write(folder, texts[kind], "utf-16")
    assert labels(folder, label=rule) == EXPECTED


def test_bytes_that_no_encoding_reads_are_told_with_file_line_and_what_to_set(folder):
    (folder / "labels.csv").write_bytes(b"file,genre\n0.wav,a\n1.wav,b\x81\xff\n")
    told = r"labels.csv: line 3 cannot be read as utf-8 \(.*x81.*'encoding: mac-roman'"
    with pytest.raises(InputError, match=told):
        labels(folder, label=csv_rule())
    with pytest.raises(InputError, match="line 3 cannot be read as cp1252"):
        labels(folder, label=csv_rule(encoding="cp1252"))
    with pytest.raises(InputError, match="line 3 cannot be read as ascii"):
        labels(folder, label=csv_rule(encoding="ascii"))


def test_a_fault_far_below_is_found_with_its_line(folder):
    rows = "".join(f"x{number}.wav,{'y' * 50}\n" for number in range(30_000))
    (folder / "labels.csv").write_bytes(b"file,genre\n" + rows.encode() + b"0.wav,\xff\x81\n")
    with pytest.raises(InputError, match="labels.csv: line 30002 cannot be read"):
        labels(folder, label=csv_rule())


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"encoding": "utf-88"}, r"there is no encoding 'utf-88' \(did you mean 'utf-8'"),
        ({"encoding": "hex"}, "there is no encoding 'hex'"),
        ({"delimiter": ";;"}, "delimiter: expected one character between fields, not ';;'"),
        ({"delimiter": '"'}, "delimiter: expected one character"),
    ],
)
def test_dialects_that_do_not_exist_are_refused(folder, rule, told):
    write(folder, PLAIN)
    with pytest.raises(InputError, match=told):
        check_expressions(csv_rule(**rule))
    with pytest.raises(InputError, match=told):
        reader(csv_rule(**rule), folder)


# --- delimiters, quotation, ends of lines


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines_are_detected(folder, delimiter, end):
    lines = ["file,genre,note", "0.wav,Café,x", "", "1.wav,jazz,y"]
    write(folder, end.join(lines).replace(",", delimiter) + end)
    assert labels(folder, label=csv_rule()) == EXPECTED


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("file;n,or style, or so;genre\n0.wav;a,b,c;Café\n", "genre"),
        ("file;genre,style\n0.wav;Café\n", "genre,style"),
        ('"a;b;c;d",file,genre\nn,0.wav,Café\n', "genre"),
        ("file;x|y|z|v|w;genre\n0.wav;n;Café\n", "genre"),
        ("file\ta,b\tgenre\n0.wav\tx,y,z\tCafé\n", "genre"),
    ],
)
def test_the_delimiter_is_the_one_that_finds_the_columns(folder, text, column):
    write(folder, text)
    assert labels(folder, label=csv_rule(column=column)) == {"0.wav": "Café"}


def test_a_delimiter_may_be_said(folder):
    write(folder, "file#genre\n0.wav#Café\n1.wav#jazz\n")
    with pytest.raises(InputError, match=r"no column 'file' for 'key' .known: file#genre"):
        labels(folder, label=csv_rule())
    assert labels(folder, label=csv_rule(delimiter="#")) == EXPECTED


def test_quoted_fields_hold_delimiters_marks_and_ends_of_lines(folder):
    rows = ['0.wav,"a, ""b""\nc"', '1.wav,12" vinyl']
    write(folder, "\n".join(["file,genre", *rows]) + "\n")
    assert labels(folder, label=csv_rule()) == {"0.wav": 'a, "b"\nc', "1.wav": '12" vinyl'}


def test_a_mark_that_is_not_closed_is_told_with_its_line(folder):
    write(folder, 'file,genre\n0.wav,"a\nb"\n1.wav,"jazz\n2.wav,rock\n')
    with pytest.raises(InputError, match="labels.csv: line 4 is no row of a CSV .*close its quot"):
        labels(folder, label=csv_rule())


def test_fields_may_be_of_any_length(folder):
    write(folder, f"file,genre,lyrics\n0.wav,Café,{'la ' * 100_000}\n1.wav,jazz,{'x' * 200_000}\n")
    assert labels(folder, label=csv_rule()) == EXPECTED


# --- headers and rows


def test_names_of_columns_are_found_in_spite_of_blanks(folder):
    write(folder, "\n \n file , genre\n\n,\n0.wav,Café\n1.wav,jazz\n")
    assert labels(folder, label=csv_rule()) == EXPECTED


def test_two_columns_of_the_same_name_are_told(folder):
    write(folder, "file,genre,genre\n0.wav,Café,x\n")
    with pytest.raises(InputError, match="has 2 columns 'genre' for 'column', expected one"):
        labels(folder, label=csv_rule())
    write(folder, "file,x,x,genre\n0.wav,,,Café\n1.wav,,,jazz\n")
    assert labels(folder, label=csv_rule()) == EXPECTED


def test_rows_of_another_length_are_told(folder):
    write(folder, "file,genre,n\n0.wav,Café\n1.wav,jazz,1,\n2.wav\n2.wav,a,b,c\n3.wav\n")
    listing = listed(folder, label=csv_rule())
    assert {row.file: row.labels[0] for row in listing.rows} == EXPECTED
    assert listing.notes[:2] == [
        "2 row(s) of labels.csv have fewer fields than are needed and are passed over, such as "
        "line 4",
        "1 row(s) of labels.csv have more fields than the header, such as line 5",
    ]


@pytest.mark.parametrize(("delimiter", "other"), [(",", ";"), (";", ","), (",", "\t")])
def test_a_delimiter_that_separates_nothing_is_told_with_another(folder, delimiter, other):
    write(folder, PLAIN.replace(",", other))
    told = re.escape(f"; if columns are separated by {other!r}, set 'delimiter'")
    with pytest.raises(InputError, match=f"no column 'file' for 'key'.*{told}$"):
        labels(folder, label=csv_rule(delimiter=delimiter))


def test_a_table_of_which_no_column_is_named_is_told_so(folder):
    write(folder, PLAIN)
    rule = {key: value for key, value in csv_rule().items() if key != "column"}
    with pytest.raises(InputError, match=r"labels.csv: 'column' names no column .known: file, ge"):
        labels(folder, label=rule)


def test_two_lines_of_header_may_be_of_unequal_length(folder):
    write(folder, ",track\n,genre,n\nid,,\n0.wav,Café,2\n1.wav,jazz\n")
    rule = {"from": "csv", "file": "labels.csv", "header": 2, "column": "track.genre"}
    assert labels(folder, label=rule) == EXPECTED


def test_an_empty_table_is_told(folder):
    for text in ("", "\n \n"):
        write(folder, text)
        with pytest.raises(InputError, match=re.escape("labels.csv: no column 'file' for 'key'")):
            labels(folder, label=csv_rule())
