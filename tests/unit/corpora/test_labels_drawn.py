"""Properties over folders, labels and dialects of tables: what is written comes back."""

import csv
import io
import re
import tempfile
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from own_folders import built, csv_rule, dropped, labels, notes, put, put_broken, put_names

# of every script; what ends names and paths is left out
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\.")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
PROFILE = {"deadline": None, "derandomize": True, "database": None}


def words(longest: int = 10) -> st.SearchStrategy[str]:
    """Words without blanks around them that no system passes over."""
    return st.text(LETTERS, max_size=longest).map(lambda text: f"w{text}w")


def plain(word: str) -> str:
    return unicodedata.normalize("NFC", word)


def same(word: str) -> str:
    """What words have in common that differ in their normal form or case alone."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())


@st.composite
def files(draw, least: int = 1, most: int = 12) -> list[str]:
    """Names in folders of three depths, in some of which the suffix is in capitals."""
    folders = ["", *(f"{draw(words())}/" for _ in range(2)), f"{draw(words())}/{draw(words())}/"]
    names = draw(st.lists(words(), min_size=least, max_size=most, unique_by=same))
    return [
        draw(st.sampled_from(folders)) + name + draw(st.sampled_from((".wav", ".WAV", ".Wav")))
        for name in names
    ]


@st.composite
def keys(draw, file: str, root: Path) -> str:
    """A key that means a file, in one of the ways in which programs write it."""
    stem, suffix = file.rsplit(".", 1)
    ways = [
        *(file, f"./{file}", file.replace("/", "\\"), f"{root}/{file}", f" {file} "),
        *(stem, f"{stem}.{suffix.upper()}", file.rsplit("/", 1)[-1], stem.rsplit("/", 1)[-1]),
        *(unicodedata.normalize(form, file) for form in ("NFC", "NFD")),
    ]
    return draw(st.sampled_from(ways))


@st.composite
def tables(draw, rows: list[tuple[str, str]]) -> bytes:
    """The rows as a CSV of some dialect, in some order."""
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(("\n", "\r\n", "\r"))),
        quoting=draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))),
    )
    numbered = [(number, *row) for number, row in enumerate(draw(st.permutations(rows)))]
    writer.writerows([("number", "file", "genre"), *numbered])
    return text.getvalue().encode(draw(st.sampled_from(ENCODINGS)))


@settings(max_examples=100, **PROFILE)
@given(st.data())
def test_every_label_of_a_table_reaches_its_file(data):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        names, genres = data.draw(files()), data.draw(st.lists(words(40), min_size=1, max_size=4))
        put_names(root, names)
        expected = {name: data.draw(st.sampled_from(genres)) for name in names}
        rows = [(data.draw(keys(name, root)), genre) for name, genre in expected.items()]
        (root / "labels.csv").write_bytes(data.draw(tables(rows)))
        found = labels(root, label=csv_rule())
        assert found == {name: plain(genre) for name, genre in expected.items()}


@settings(max_examples=15, **PROFILE)
@given(st.data())
def test_every_file_is_kept_dropped_or_left_out(data):
    """The clips that are kept have their own label; two processes give the same corpus."""
    with tempfile.TemporaryDirectory() as folder:
        root, names = Path(folder) / "m", data.draw(files(least=12, most=30))
        genres = data.draw(st.lists(words(), min_size=3, max_size=4, unique_by=same))
        put(root, names[:6])  # of two classes there are enough
        kinds = dict.fromkeys(names[:6], "good")
        for name in names[6:]:
            kinds[name] = data.draw(st.sampled_from(("good", "good", "broken", "unlabelled")))
            (put_broken if kinds[name] == "broken" else put)(root, [name])
        expected = {name: genres[n % 2] for n, name in enumerate(names[:6])}
        expected[names[6]], kinds[names[6]] = genres[2], "good"
        put(root, [names[6]])
        for name in names[7:]:
            if kinds[name] != "unlabelled":
                expected[name] = data.draw(st.sampled_from(genres))
        rows = [(data.draw(keys(name, root)), genre) for name, genre in expected.items()]
        (root / "labels.csv").write_bytes(data.draw(tables(rows)))
        changes = {
            "label": csv_rule(),
            "leave_out": genres[2:3],
            "seed": data.draw(st.integers(0, 9)),
        }
        corpus = built(root, Path(folder) / "c", **changes)
        for clip, label in zip(corpus.clips, corpus.labels, strict=True):
            assert corpus.classes[label] == plain(expected[clip]) and kinds[clip] == "good"
        counted = [re.match(r"left out: (\d+) clip", note) for note in notes(corpus)]
        out = sum(int(match[1]) for match in counted if match)
        assert out == list(expected.values()).count(genres[2])
        assert len(corpus) + len(dropped(corpus)) + out == len(names)
        assert not set(corpus.clips) & set(dropped(corpus))
        assert built(root, Path(folder) / "again/c", workers=2, **changes).info == corpus.info
