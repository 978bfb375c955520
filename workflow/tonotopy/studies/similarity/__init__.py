"""Study 5: do the maps of a network match hand-made audio features?"""
