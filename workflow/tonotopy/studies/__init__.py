"""The studies that there are: a new one is a name here and a folder of that name."""

from importlib import import_module

NAMES = (
    "hierarchy",
    "steering",
    "relevance",
    "sonification",
    "similarity",
    "partials",
    "validity",
)
STUDIES = {name: import_module(f"tonotopy.studies.{name}.study").STUDY for name in NAMES}
