"""Build the listening room: an index of a run's exhibits and a page of players per instance."""

from tonotopy.logs import to_log
from tonotopy.pages.room import write_room

to_log(snakemake.log[0])
write_room(
    snakemake.output[0],
    snakemake.input.exhibits,
    snakemake.params.titles,
    snakemake.wildcards.scale,
    snakemake.params.notes,
)
