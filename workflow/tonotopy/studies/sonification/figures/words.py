"""How the figures of study 4 call ways of learning and measures."""

LEARN = {"head": "classifier alone (fconly)", "all": "whole network (full)"}
MEASURES = {"average precision": "mAP", "recall": "accuracy"}
