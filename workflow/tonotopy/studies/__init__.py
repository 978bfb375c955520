"""The studies that there are: a new one is a line here and a folder beside this file."""

from tonotopy.studies.hierarchy.study import STUDY as HIERARCHY
from tonotopy.studies.steering.study import STUDY as STEERING

STUDIES = {study.name: study for study in (HIERARCHY, STEERING)}
