"""Pictures of handwritten digits in the place of clips: what a network learns without any sound."""

import numpy as np

from tonotopy.errors import InputError
from tonotopy.seeding import generator

CLASSES = tuple("0123456789")
CLIPS, SAMPLES = 1797, 64  # pictures, and pixels of each
BRIGHTEST = 16  # of a pixel
RATE = 8000  # Hz by name alone; `frontends.picture` lays the samples out as pixels again
ABOUT = {
    "source": "scikit-learn",
    "about": "pictures of handwritten digits, 8 x 8 pixels as 64 samples: no sound",
    "citation": (
        "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine "
        "Learning Repository (1998), the test part, as sklearn.datasets.load_digits ships it"
    ),
    "licence": "CC BY 4.0 (UCI Machine Learning Repository); scikit-learn BSD-3-Clause",
}


def build(path, seed: int, test: int = 360) -> None:
    """Write the digits as a corpus: samples from 0 (paper) to 1 (ink), every clip its own group.

    Args:
        path: folder of the new corpus.
        seed: of the run; it draws the test split.
        test: pictures of the test split; all others are for training.

    Raises:
        InputError: one of the splits would be empty.
    """
    # here, because a plan needs the sizes above alone
    from sklearn.datasets import load_digits

    from tonotopy.corpora.writer import CorpusWriter

    pictures, labels = load_digits(return_X_y=True)
    if not 0 < test < len(labels):
        raise InputError(
            f"corpus with maker digits: 'test' is {test}, expected 1 to {len(labels) - 1} of the "
            f"{len(labels)} pictures"
        )
    order = generator(seed, "digits", "split").permutation(len(labels))
    tested = set(order[:test].tolist())
    with CorpusWriter(path, CLASSES, RATE, SAMPLES, ABOUT, embedded=True) as out:
        for number, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
            split = "test" if number in tested else "train"
            # full scale is the loudest that a sample can hold, just below 1
            samples = (pixels / BRIGHTEST).astype(np.float32)
            out.add(f"digit-{number:04d}", samples, CLASSES[label], split)
