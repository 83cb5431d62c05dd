"""Make the data that the face finder learns from: photographs whose faces another finder marked, and composed pictures.

    pip install --no-deps facenet-pytorch
    python -m finetune.face_photographs --photographs DIR --faces DIR --output runs/face_photographs

--photographs: a folder of any photographs. MTCNN (Zhang, Zhang, Li, Qiao: Joint Face Detection and Alignment using
Multitask Cascaded Convolutional Networks, 2016; weights of facenet-pytorch, MIT) marks the faces in them, so what is
learned from these boxes is distilled from it. --faces: crops with 68 points (see finetune.face_landmarks). Composed
pictures are photographs without faces onto which such crops are pasted, and parts of other photographs in the same
way, so that the edge of what was pasted tells nothing. Only people that train the networks for points are pasted.

The photographs that `face_photographs.json` names were looked at by a person, who corrected the boxes: they become the
part test and teach nothing. A share of the others becomes val. OUTPUT is COCO, as finetune.object_detection reads it.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finetune.face_composing import Composer
from hub_models.data_files import SUFFIXES, open_files
from hub_models.errors import BadData, HubError
from hub_models.landmark_dataset import open_landmarks, split_people
from hub_models.picture import encode_jpeg

CHECKED = Path(__file__).with_suffix(".json")  # name of a photograph -> boxes of its faces, xyxy
CERTAIN, DOUBTFUL = 0.9, 0.6  # scores of MTCNN: a face; perhaps one, so that the photograph is left out
SMALLEST = 16  # pixels: the narrowest face that MTCNN looks for
PEOPLE_SHARE = 0.2  # of the people who are left out, as in finetune.face_landmarks_youtube
DEV_SHARE = 0.12  # of the photographs, to choose the weights
Mark = Callable[[np.ndarray], np.ndarray]  # pixels -> (n, 5) x0, y0, x1, y1, score


@dataclass(frozen=True)
class Marked:
    """A photograph and the boxes of its faces (n, 4) xyxy."""

    name: str
    pixels: np.ndarray
    boxes: np.ndarray


def mtcnn() -> Mark:
    """The teacher. BadData `package_missing`."""
    try:
        module = importlib.import_module("facenet_pytorch")
    except ModuleNotFoundError as error:
        raise BadData(
            "package_missing",
            "Expected the package facenet-pytorch, whose MTCNN marks the faces in photographs: "
            "pip install --no-deps facenet-pytorch",
        ) from error
    from PIL import Image

    network = module.MTCNN(keep_all=True, min_face_size=SMALLEST, post_process=False)

    def mark(pixels: np.ndarray) -> np.ndarray:
        boxes, scores = network.detect(Image.fromarray(pixels))
        if boxes is None:
            return np.zeros((0, 5))
        return np.concatenate([boxes, scores[:, None].astype(float)], axis=1)

    return mark


def marked_photographs(folder: Path, mark: Mark, show: Callable[[str], None]) -> list[Marked]:
    """All photographs about which the teacher has no doubt."""
    files = open_files(folder)
    order = [i for i, name in enumerate(files.names) if name.lower().endswith(SUFFIXES)]
    read, found, doubts = files.pictures(order), [], 0
    for place, index in enumerate(order):
        pixels = read(place)
        rows = mark(pixels)
        if ((rows[:, 4] > DOUBTFUL) & (rows[:, 4] < CERTAIN)).any():
            doubts += 1
            continue
        height, width = pixels.shape[:2]
        boxes = np.clip(rows[rows[:, 4] >= CERTAIN, :4], 0, (width, height, width, height))
        found.append(Marked(files.names[index], pixels, boxes))
        if place % 100 == 99:
            show(f"{place + 1:,} of {len(order):,} photographs")
    faces = sum(len(photograph.boxes) for photograph in found)
    show(f"{len(found):,} photographs with {faces:,} faces; {doubts} with a doubtful one left out")
    return found


def write_part(folder: Path, pictures: Sequence[Marked]) -> None:
    """COCO: the pictures and instances.json in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number, picture in enumerate(pictures):
        name = f"{Path(picture.name).stem}.jpg"
        (folder / name).write_bytes(encode_jpeg(picture.pixels, quality=92))
        height, width = picture.pixels.shape[:2]
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for x0, y0, x1, y1 in np.round(picture.boxes.astype(float), 1).tolist():
            box = [x0, y0, round(x1 - x0, 1), round(y1 - y0, 1)]
            entry = {"id": len(annotations), "image_id": number, "category_id": 1, "bbox": box}
            annotations.append(entry | {"area": box[2] * box[3], "iscrowd": 0})
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "face"}]}
    (folder / "instances.json").write_text(json.dumps(content), encoding="utf-8")


def make(
    photographs: Path,
    faces: Path,
    output: Path,
    composed: int,
    seed: int,
    mark: Mark,
    show: Callable[[str], None],
) -> None:
    """Write OUTPUT/train, OUTPUT/val and OUTPUT/test."""
    checked = json.loads(CHECKED.read_text(encoding="utf-8")) if CHECKED.exists() else {}
    files = open_files(photographs)
    places = [i for i, name in enumerate(files.names) if Path(name).name in checked]
    read = files.pictures(places)
    test = [
        Marked(files.names[i], read(n), np.array(checked[Path(files.names[i]).name], float).reshape(-1, 4))
        for n, i in enumerate(places)
    ]
    known = [m for m in marked_photographs(photographs, mark, show) if Path(m.name).name not in checked]
    random = np.random.default_rng(seed)
    order = random.permutation(len(known))
    count = round(DEV_SHARE * len(known))
    dev, train = ([known[i] for i in side] for side in (order[:count], order[count:]))
    crops = next(iter(open_landmarks(faces).values()))
    crops = crops.subset(split_people(crops.people, PEOPLE_SHARE, 0)[0])
    composer = Composer(crops, [m.pixels for m in train if not len(m.boxes)])
    made = []
    for number in range(composed):
        pixels, boxes = composer.compose(np.random.default_rng((seed, number)))
        made.append(Marked(f"composed_{number}.jpg", pixels, boxes))
    for part, pictures in (("train", [*train, *made]), ("val", dev), ("test", test)):
        write_part(output / part, pictures)
        show(f"{part}: {len(pictures):,} pictures, {sum(len(p.boxes) for p in pictures):,} faces")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.face_photographs", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--photographs", type=Path, required=True, help="folder or zip of photographs")
    add("--faces", type=Path, required=True, help="folder of crops of faces and a table of their points")
    add("--output", type=Path, required=True, help="folder of the data that is made")
    add("--composed", type=int, default=700, help="composed pictures")
    add("--seed", type=int, default=0, help="decides all that is random")
    chosen = parser.parse_args(arguments)
    try:
        make(chosen.photographs, chosen.faces, chosen.output, chosen.composed, chosen.seed, mtcnn(), print)
    except HubError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
