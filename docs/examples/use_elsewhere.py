"""Load a network, its front end and a steering vector; print what the vector does to a sound.

python docs/examples/use_elsewhere.py NETWORK VECTORS CONCEPT SOUND
"""

import sys

import soundfile
import torch

from tonotopy.files import read_tensors
from tonotopy.networks.bundle import load
from tonotopy.networks.layers import with_view
from tonotopy.studies.steering.sweep import sweep

network, vectors, concept, sound = sys.argv[1:]
bundle, (arrays, facts) = load(network), read_tensors(vectors)
samples, rate = soundfile.read(sound, dtype="float32")
assert rate == bundle.rate, f"the network hears at {bundle.rate} Hz, the sound has {rate} Hz"
row = facts["concepts"].index(concept)
means = {name: arrays[f"trained/{name}"].mean(axis=0)[[row]] for name in facts["layers"]}
directions = {name: torch.from_numpy(mean) for name, mean in means.items()}
inputs = bundle.front_end(torch.from_numpy(samples)[None])
layers, strengths = with_view(bundle.layers, facts["view"]), torch.tensor([0.0, 0.1])
before, after = sweep(bundle, layers, inputs, directions, strengths)[0, :, 0].tolist()
for label, one, other in zip(bundle.classes, before, after, strict=True):
    print(f"{label}: {one:.3f}, with more of {concept}: {other:.3f}")
