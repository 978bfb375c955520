"""Tune learning rate and weight decay with Optuna: random search, then a grid around its best."""

import tempfile
from pathlib import Path

import optuna
import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.training.fit import train

GRID = (0.5, 1.0, 2.0)  # factors around the best random draw
METRIC = "validation_macro_f1"  # of the objective classify
TUNED = ("learning_rate", "weight_decay")


def tune(
    corpus: Corpus,
    settings: dict,
    seed: int,
    accelerator: str = "auto",
    initial_weights: Path | None = None,
) -> pd.DataFrame:
    """Try settings and return a row per trial: the tuned values, the stage and the score.

    Args:
        corpus: trained on and validated with.
        settings: a network's entry in config.yaml; its ``tuning`` says how many random trials,
            epochs per trial, and the ranges of learning rate and weight decay (drawn
            logarithmically).
        seed: seed of the search and of every training.
        accelerator: auto, cpu or gpu.
        initial_weights: a DeiT checkpoint to start from.

    Raises:
        InputError: the network has no ``tuning`` entry.
    """
    if "tuning" not in settings:
        raise InputError("this network has no 'tuning' entry in the configuration")
    plan = settings["tuning"]

    def score(trial: optuna.Trial) -> float:
        """Train with the trial's values and return the best validation macro-F1."""
        values = {name: trial.suggest_float(name, *plan[name], log=True) for name in TUNED}
        # one device: trials are many and short, and the rule asks for one
        training = {**settings["training"], **values, "epochs": plan["epochs"], "devices": 1}
        training.pop("snapshots", None)  # nobody looks into a trial
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            history = train(
                corpus,
                {**settings, "training": training},
                path / "network",
                path / "checkpoints",
                path / "logs",
                seed,
                accelerator,
                initial_weights,
            )
        return float(history[METRIC].max())

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    random = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    random.optimize(score, n_trials=plan["trials"])
    around = {name: _around(random.best_params[name], plan[name]) for name in TUNED}
    grid = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.GridSampler(around, seed=seed)
    )
    grid.optimize(score)
    return pd.concat([_rows(random, "random"), _rows(grid, "grid")], ignore_index=True)


def _around(value: float, limits: list[float]) -> list[float]:
    return sorted({min(max(value * factor, limits[0]), limits[1]) for factor in GRID})


def _rows(study: optuna.Study, stage: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"stage": stage, "trial": t.number, **t.params, METRIC: t.value} for t in study.trials
    )
