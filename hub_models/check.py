"""Does a checkpoint that is kept here still say what its row in the catalogue says? Recomputed, not believed."""

import hashlib

import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.loader import LOADER, find, module_of
from hub_models.local import WEIGHTS, checkpoint_to_json, read_config, read_golden

GOLDEN_TOLERANCE = 1e-3  # of a probability
MEGABYTES_TOLERANCE = 0.05  # rows are rounded to one or two digits
BLANK = np.zeros((32, 32, 3), np.uint8)


def faults(row: Checkpoint) -> list[str]:
    """What is not as the row says, in words; empty when all is well. HubError when the weights do not even load.

    Weights in a package bring neither a golden output nor a config.json of ours: for these the hash stands alone.
    """
    if row.kind == "hub":
        raise BadInput(
            "bad_value", "Expected weights that are kept here; those of the Hub are verified by fetch."
        )
    files = find(row)
    weights = files / WEIGHTS if files.is_dir() else files
    predictor = module_of(row).load(row, files, LOADER.device)  # what lies there now, not what is in memory
    with weights.open("rb") as file:
        wrong = differences("sha256", row.sha256, hashlib.file_digest(file, "sha256").hexdigest())
    parameters = sum(p.numel() for p in predictor.network.parameters())
    wrong += differences("parameters", row.parameters, parameters)
    megabytes = weights.stat().st_size / 1e6
    if abs(megabytes - row.megabytes) > MEGABYTES_TOLERANCE:
        wrong += differences("megabytes", row.megabytes, round(megabytes, 2))
    outputs = predictor.forward(predictor.preprocess(BLANK)).shape[1]
    if outputs != len(predictor.names):
        return wrong + differences("outputs", len(predictor.names), outputs)  # no answer can be made of these
    if files.is_dir():
        golden = read_golden(files)
        answer = predictor.predict(golden.pixels).probabilities
        if answer.shape != golden.probabilities.shape:
            wrong += differences("golden output", golden.probabilities.shape, answer.shape)
        elif not (distance := np.abs(answer - golden.probabilities).max()) <= GOLDEN_TOLERANCE:
            wrong.append(f"golden output: a probability differs by {distance:.2g}")
    if row.kind == "bundled":
        written, told = read_config(files).get("checkpoint", {}), checkpoint_to_json(row)
        for name in sorted(written.keys() | told.keys()):
            wrong += differences(f"config.json {name}", told.get(name), written.get(name))
    return wrong


def differences(what: str, expected: object, got: object) -> list[str]:
    return [] if expected == got else [f"{what}: expected {expected}, got {got}"]
