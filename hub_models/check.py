"""Does a checkpoint that is kept here still say what its row in the catalogue says? Recomputed, not believed."""

import hashlib

import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.loader import LOADER, find, module_of
from hub_models.local import WEIGHTS, asked, checkpoint_to_json, read_config, read_golden

MEGABYTES_TOLERANCE = 0.05  # rows are rounded to one or two digits
BLANK = np.zeros((32, 32, 3), np.uint8)  # for weights in a package, which are of networks that see


def faults(row: Checkpoint) -> list[str]:
    """What is not as the row says, in words; empty when all is well. HubError when the weights do not even load.

    Weights in a package bring neither a golden output nor a config.json of ours: for these the hash stands alone.
    """
    if not row.offline:
        raise BadInput(
            "bad_value", "Expected weights that are kept here; those of a download are verified by fetch."
        )
    files = find(row)
    weights = files / WEIGHTS if files.is_dir() else files
    predictor = module_of(row).load(row, files, LOADER.device)  # what lies there now, not what is in memory
    with weights.open("rb") as file:
        wrong = differences("sha256", row.sha256, hashlib.file_digest(file, "sha256").hexdigest())
    if row.library != "onnxruntime":  # which does not tell what a graph holds
        parameters = sum(p.numel() for p in predictor.network.parameters())
        wrong += differences("parameters", row.parameters, parameters)
    megabytes = weights.stat().st_size / 1e6
    if abs(megabytes - row.megabytes) > MEGABYTES_TOLERANCE:
        wrong += differences("megabytes", row.megabytes, round(megabytes, 2))
    given, golden = BLANK, None
    if files.is_dir():
        golden = read_golden(files)
        given = golden.given
    try:
        answer = predictor.predict(*asked(given))
    except ValueError as error:  # a result refuses what is inconsistent: other class names than outputs
        return [*wrong, f"answer: {error}"]
    if golden is not None and (unlike := answer.unlike(golden.arrays)):
        wrong.append(f"golden output: {unlike}")
    if row.kind == "bundled":
        written, told = read_config(files).get("checkpoint", {}), checkpoint_to_json(row)
        for name in sorted(written.keys() | told.keys()):
            wrong += differences(f"config.json {name}", told.get(name), written.get(name))
    return wrong


def differences(what: str, expected: object, got: object) -> list[str]:
    return [] if expected == got else [f"{what}: expected {expected}, got {got}"]
