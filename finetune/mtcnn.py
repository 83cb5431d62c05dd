"""MTCNN's weights, as the package facenet-pytorch carries them, as a checkpoint of this hub, measured by it.

    pip install --no-deps facenet-pytorch
    python -m finetune.mtcnn --data-dir runs/face_photographs --output runs/mtcnn.wider_face

Nothing is trained: the tensors are given our names. --data-dir is what finetune.face_photographs made; its part test,
which a person marked, gives the figures. Its other parts were marked with MTCNN and can measure nothing here.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from finetune.about import About, command, paper_of
from finetune.face_finding import recall_and_precision
from finetune.finish import Measured, Trained, finish
from finetune.starting_point import Start
from hub_models.architectures.mtcnn import MTCNN
from hub_models.box_dataset import open_boxes
from hub_models.errors import BadData, HubError
from hub_models.finding_faces import CONFIDENCE, LARGE
from hub_models.picture import fit_within
from hub_models.predictors.detector import DetectorProtocol
from hub_models.preprocess import InputSpec

MODULE, DATASET = "mtcnn", "face photographs"
FILES = {"pnet.pt": ("propose", "face", "move"), "rnet.pt": ("refine",), "onet.pt": ("judge",)}
POINTS = "dense6_3"  # O-Net's five points, which are left out
SPEC = InputSpec(size_hw=(512, 512), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


def with_weights_of(folder: Path) -> MTCNN:
    """The network with the weights of the package's data folder, which stand in the order of our layers."""
    model = MTCNN()
    ours = model.state_dict()
    found: dict[str, Tensor] = {}
    for file, parts in FILES.items():
        theirs = torch.load(folder / file, map_location="cpu", weights_only=True)
        values = [tensor for name, tensor in theirs.items() if not name.startswith(POINTS)]
        names = [name for name in ours if name.split(".")[0] in parts]
        found |= dict(zip(names, values, strict=True))
    model.load_state_dict(found)
    return model


def package_data() -> Path:
    """The folder of the weights; the package itself is not imported. BadData `package_missing`."""
    spec = importlib.util.find_spec("facenet_pytorch")
    if spec is None or spec.origin is None:
        raise BadData(
            "package_missing",
            "Expected the package facenet-pytorch, which carries the weights: pip install --no-deps facenet-pytorch",
        )
    return Path(spec.origin).parent / "data"


def about() -> About:
    paper, year, deviations = paper_of("mtcnn")
    return About(
        id="mtcnn.wider_face",
        title="MTCNN (faces)",
        architecture="MTCNN",
        year=year,
        paper=paper,
        sentence="Finds faces by a cascade of three small networks, each stricter than the last.",
        weights_licence="MIT",
        dataset=DATASET,
        trained_on="WIDER FACE and CelebA (photographs of faces; trained by the authors of the paper)",
        data="WIDER FACE (Yang, Luo, Loy, Tang; 2016) and CelebA (Liu, Luo, Wang, Tang; 2015), by the authors of the paper; "
        "the weights are those of facenet-pytorch (Timothy Esler, MIT), after davidsandberg/facenet on GitHub",
        data_licence="WIDER FACE and CelebA: non-commercial research",
        split="nothing was trained here; 60 photographs of Flickr8k (test), marked by a person, gave the figures at the "
        "score of 0.7 that the authors use; the marks began with the answers of MTCNN, corrected and completed by eye",
        command=command(MODULE, ["--data-dir", "runs/face_photographs", "--output", "runs/mtcnn.wider_face"]),
        deviations=deviations,
        limits=(
            "Misses faces narrower than 4 % of the longer side of the picture, faces from the side, from above or upside "
            "down, and those behind helmets or hands.",
            "Now and then takes a dog, a pattern or a piece of cloth for a face.",
            "Says that a face is there, not whose; nothing is guessed about age, gender or mood.",
        ),
    )


def started(model: nn.Module) -> Start:
    return Start(
        model=model,
        library="ours",
        architecture="mtcnn",
        input=SPEC,
        origin="facenet-pytorch (MIT), all of them",
        parent=None,
    )


def golden_face() -> np.ndarray:
    """(112, 112, 3) uint8: a face, of the photograph of Eileen Collins in scikit-image (NASA, public domain)."""
    from skimage.data import astronaut

    return fit_within(astronaut()[10:234, 110:334], 112)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m finetune.{MODULE}")
    parser.add_argument("--data-dir", type=Path, required=True, help="what finetune.face_photographs made")
    parser.add_argument("--output", type=Path, required=True, help="folder of the checkpoint")
    chosen = parser.parse_args(arguments)
    try:
        test = open_boxes(chosen.data_dir)["test"]
        start = started(with_weights_of(package_data()))

        def measure(predictor: DetectorProtocol) -> Measured:
            return Measured(metrics=tuple(recall_and_precision(predictor, test, DATASET, CONFIDENCE, LARGE)))

        trained = Trained(
            task="object-detection", start=start, class_names=("face",), seed=0, minutes=0.0, storage="int8",
            golden_input=golden_face(),
        )  # fmt: skip
        chosen.output.mkdir(parents=True, exist_ok=True)
        finish(trained, about(), chosen.output, measure)
    except HubError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
