"""The study's figure."""

from tonotopy.study import Figure

FIGURES = {"levels": Figure("levels", ("levels",), "Answer of the first layer over level.")}
