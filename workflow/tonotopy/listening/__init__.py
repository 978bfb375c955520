"""What the networks of a run, and its studies, tell of a user's own sound."""

INDEX = "files.json"  # of the files, in the folder of what pages play of them
HEARD = "heard.json"  # of what networks say of them, in the folder of a job
