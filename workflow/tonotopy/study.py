"""What a study declares of itself; `tonotopy.studies` has those that there are.

Everything that the rest of the project asks a study is asked here: planning, checks of the
configuration, figures, claims. A declaration imports nothing heavy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Entry = dict  # of a study's section in the configuration
Config = dict  # the whole configuration


@dataclass(frozen=True)
class Need:
    """A corpus or network that an entry names.

    Attributes:
        section: "corpora" or "networks".
        name: of the corpus or network.
        key: where the entry names it, such as ``tasks.note.corpus``.
    """

    section: str
    name: str
    key: str


@dataclass(frozen=True)
class ClassName:
    """A class that an entry names, and the corpus that must have it.

    Attributes:
        key: where the entry names it, such as ``pairs.0.concept``.
        name: of the class.
        corpus: name of the corpus.
        splits: in each of them the corpus must have clips of the class.
    """

    key: str
    name: str
    corpus: str
    splits: tuple[str, ...] = ()


def _nothing(*_) -> None:
    """The answer of a study that has nothing to refuse."""


@dataclass(frozen=True)
class Figure:
    """A figure of a study.

    Attributes:
        module: module in the study's ``figures`` with ``draw(sources, about)``.
        sources: names of its tables in the instance's folder, or of other files that
            `Study.sources` knows.
        caption: what it shows, for the report.
        printed: where a paper shows the same: told of no user's own instance.
        planted: what it shows of planted causes: told where all sound is made here.
        options: further entries of ``about``.
        obstacle: (entry, config) -> why it is not drawn for this entry, or None if it is.
    """

    module: str
    sources: tuple[str, ...]
    caption: str
    options: dict = field(default_factory=dict)
    obstacle: Callable[[Entry, Config], str | None] = _nothing
    printed: str = ""
    planted: str = ""

    def words(self, own: bool, embedded: bool | None) -> str:
        """Return the caption of an instance.

        Args:
            own: whether it is a user's own, see `instances.of_user`.
            embedded: whether all its sound is made here; None where some of it is recorded.
        """
        planted, printed = self.planted if embedded else "", "" if own else self.printed
        return " ".join(filter(None, (self.caption, planted, printed)))


@dataclass(frozen=True)
class Answer:
    """What the front page says of a claim, one sentence for each verdict.

    Attributes:
        claim: id of a row of the study's claims, such as ``steering.auroc``.
        supported: the sentence where all judged parts of it are supported.
        contradicted: where all are contradicted.
        inconclusive: where all are inconclusive. Where parts differ, none of the three is shown.
    """

    claim: str
    supported: str
    contradicted: str
    inconclusive: str


@dataclass(frozen=True)
class Overview:
    """A table of an instance on the front page.

    Attributes:
        module: module in the study's folder with ``overview(sources)``: name of a table -> its
            rows, to what `pages.front.page` shows.
        sources: names of the instance's tables that it is made of.
    """

    module: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """A kind of investigation.

    Attributes:
        name: of its section in the configuration and of its folders.
        title: as pages and reports show it.
        source: what it reproduces.
        needs: entry -> corpora and networks that it names; what these need in turn is known.
        tables: entry -> names of the tables that its claims are judged by.
        given_tables: (entry, config) -> names of further ones, which only some networks or corpora
            have.
        figures: name -> figure.
        statistics: module with ``Tables`` and ``STATISTICS``.
        settings: keys of an entry that statistics and figures read.
        check: (place, entry, config) -> None; raises InputError, whose message begins with the
            place, for an entry that makes no sense. Its needs are known by then.
        class_names: (entry, config) -> classes that it names: looked for before any training.
        sources: (scale, entry, config) -> name -> path of what figures are drawn from beside the
            study's tables.
        exhibits: module that writes what the study found of clips, to be heard and seen, into the
            folder `places.exhibits` of every instance, as `exhibiting` has it; None where it shows
            none.
        listening: module that shows what the study knows of an excerpt of a user's own sound (see
            `tonotopy.excerpts`), by what the ``listened`` of its ``inputs`` names; or None.
        question: that it asks, one sentence of the front page.
        answers: what the front page says of its central claims, two or three.
        headline: name of the figure on the front page, or None.
        overview: what the front page shows of every instance in a table, or None.
        lead: what the headlines of this study prove of all other studies, and what not; the front
            page begins with it and them. Empty for none.
    """

    name: str
    title: str
    source: str
    needs: Callable[[Entry], list[Need]]
    tables: Callable[[Entry], list[str]]
    figures: Mapping[str, Figure]
    statistics: str
    settings: tuple[str, ...]
    given_tables: Callable[[Entry, Config], list[str]] = lambda entry, config: []
    check: Callable[[str, Entry, Config], None] = _nothing
    class_names: Callable[[Entry, Config], list[ClassName]] = lambda entry, config: []
    sources: Callable[[str, Entry, Config], dict[str, str]] = lambda scale, entry, config: {}
    exhibits: str | None = None
    listening: str | None = None
    question: str = ""
    answers: tuple[Answer, ...] = ()
    headline: str | None = None
    overview: Overview | None = None
    lead: str = ""

    def figure_module(self, name: str) -> str:
        """Return the import path of the module that draws a figure."""
        return f"tonotopy.studies.{self.name}.figures.{self.figures[name].module}"

    def overview_module(self) -> str | None:
        """Return the import path of the module that makes the overview, None without one."""
        made = self.overview
        return f"tonotopy.studies.{self.name}.{made.module}" if made else None

    def judged_tables(self, entry: Entry, config: Config) -> list[str]:
        """Return the names of all tables that an entry's claims are judged by."""
        return [*self.tables(entry), *self.given_tables(entry, config)]

    def drawable(self, entry: Entry, config: Config) -> list[str]:
        """Return the names of the figures that are drawn for an entry."""
        return [n for n, figure in self.figures.items() if figure.obstacle(entry, config) is None]

    def shown_settings(self, entry: Entry) -> Entry:
        """Return the part of an entry that statistics and figures read."""
        return {key: entry[key] for key in self.settings if key in entry}
