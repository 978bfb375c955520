"""Method of study 5: maps of networks compared with hand-made audio features."""
