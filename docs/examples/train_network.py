"""Train the small network in your own way, outside of the workflow, and save its weights.

python docs/examples/train_network.py data/example
"""

import sys
from pathlib import Path

import soundfile
import torch
from safetensors.torch import save_file
from small_network import SmallNetwork
from torch.nn.functional import cross_entropy

from tonotopy.frontends.registry import build

FRONT_END = {"kind": "log_mel", "rate": 16000, "hop_ms": 20.0, "mels": 64, "frames": 100}

torch.manual_seed(0)
root = Path(sys.argv[1])
files = sorted((root / "music").glob("*/*.wav"))
genres = sorted({file.parent.name for file in files})
waveforms = torch.stack([torch.from_numpy(soundfile.read(f, dtype="float32")[0]) for f in files])
spectrograms = build(FRONT_END)(waveforms)
labels = torch.tensor([genres.index(file.parent.name) for file in files])
network = SmallNetwork(len(genres))
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in range(150):
    loss = cross_entropy(network(spectrograms), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
accuracy = (network(spectrograms).argmax(dim=1) == labels).float().mean()
print(f"{len(files)} clips, {len(genres)} genres, accuracy in training {accuracy:.2f}")
save_file(network.state_dict(), root / "small_network.safetensors")
