"""Ultralytics, imported so that it keeps to itself: every import of it in this project goes through `ultralytics()`.

Left alone it installs packages when one is missing, asks name servers whether it is online, sends usage figures,
fetches fonts and weights, unpickles weights with all they ask for, writes into the home folder, sets
OMP_NUM_THREADS for all that runs later, replaces torch.save and PIL.Image.open (its own fails on a cut file where
a package for HEIF pictures is not installed) and changes how numpy and torch print numbers.
A test watches sockets, files and these settings.
"""

import os
import threading
from pathlib import Path
from types import ModuleType

SETTINGS = {
    "YOLO_AUTOINSTALL": "0",
    "YOLO_OFFLINE": "1",
    "YOLO_VERBOSE": "0",
    "ULTRALYTICS_SAFE_LOAD": "1",
}
REPORTS = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb", "vscode_msg")
LOCK = threading.Lock()


def ultralytics() -> ModuleType:
    """The package, quiet. Its own settings lie in HF_HOME/hub_models, or in YOLO_CONFIG_DIR where that is set."""
    import numpy as np
    import torch  # first, so that threads are counted before Ultralytics sets their number
    from huggingface_hub import constants
    from PIL import Image

    with LOCK:
        os.environ |= SETTINGS
        os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(constants.HF_HOME, "hub_models")))
        environment, printing = dict(os.environ), np.get_printoptions()
        save, image_open = torch.save, Image.open
        import ultralytics as package

        if torch.save is not save:  # this was the first import
            torch.save, Image.open = save, image_open
            torch.set_printoptions(profile="default")
            np.set_printoptions(**printing)
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            package.settings.update(dict.fromkeys(REPORTS, False))
        return package
