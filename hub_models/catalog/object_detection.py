"""Detectors of objects: those that ship here, and those to download."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

COCO = "COCO 2017 (photographs of everyday scenes, 80 kinds of things)"
COCO_LICENCE = "annotations CC BY 4.0; photographs under their own Flickr licences"

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="sliding_window.bccd",
        task="object-detection",
        title="Sliding window",
        architecture="Sliding window",
        year=2014,
        library="ours",
        source="bundled:sliding_window.bccd",
        model="overfeat",
        sentence=(
            "The naive way: cut out every window, send each "
            "through the whole network, keep those that hold "
            "an object."
        ),
        paper=(
            "Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun: "
            "OverFeat: Integrated Recognition, Localization "
            "and Detection using Convolutional Networks "
            "(2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=143_508,
        megabytes=0.14,
        input=InputSpec(
            size_hw=(480, 640),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="c1f086d7f4fb51f34e614c2b22bf7c238dd8d27283779c8940287427d6777c0c",
        recipe=(
            "python -m finetune.sliding_window_bccd "
            "sliding_window --data-dir DIR --output "
            "runs/sliding_window.bccd"
        ),
        deviations=(
            "a small network with batch normalisation; boxes "
            "regressed as in R-CNN (shift in sides of the "
            "window, logarithm of the growth; smooth L1 "
            "instead of squared error); non-max suppression "
            "instead of merging boxes; no second pass of the "
            "last pooling with shifted windows."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.743466,
                count=50,
                low=0.705537,
                high=0.78556,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.348198,
                count=50,
                low=0.318248,
                high=0.388784,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.683119,
                count=20,
                low=0.613028,
                high=0.772013,
                baseline=0.021756,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.288273,
                count=20,
                low=0.248745,
                high=0.347461,
            ),
        ),
    ),
    Checkpoint(
        id="overfeat.bccd",
        task="object-detection",
        title="OverFeat",
        architecture="OverFeat",
        year=2014,
        library="ours",
        source="bundled:overfeat.bccd",
        model="overfeat",
        sentence=(
            "The dense layers as convolutions: one pass gives "
            "the answers of all windows, and a second head "
            "moves the boxes."
        ),
        paper=(
            "Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun: "
            "OverFeat: Integrated Recognition, Localization "
            "and Detection using Convolutional Networks "
            "(2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=145_440,
        megabytes=0.3,
        input=InputSpec(
            size_hw=(480, 640),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="df482fc5e03f827ae28c7b6c1c38f0ee7d806add1cb190b9bb163e56334f030c",
        recipe="python -m finetune.sliding_window_bccd overfeat --data-dir DIR --output runs/overfeat.bccd",
        deviations=(
            "a small network with batch normalisation; boxes "
            "regressed as in R-CNN (shift in sides of the "
            "window, logarithm of the growth; smooth L1 "
            "instead of squared error); non-max suppression "
            "instead of merging boxes; no second pass of the "
            "last pooling with shifted windows."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.922881,
                count=50,
                low=0.901545,
                high=0.941262,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.555758,
                count=50,
                low=0.527139,
                high=0.589215,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.877847,
                count=100,
                low=0.852435,
                high=0.904274,
                baseline=0.016909,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.546665,
                count=100,
                low=0.52426,
                high=0.571239,
            ),
        ),
    ),
    Checkpoint(
        id="rcnn.bccd",
        task="object-detection",
        title="R-CNN",
        architecture="R-CNN",
        year=2014,
        library="ours",
        source="bundled:rcnn.bccd",
        model="rcnn",
        sentence=(
            "Selective search proposes windows; each goes "
            "through a network of ImageNet alone, then to "
            "linear SVMs."
        ),
        paper=(
            "Girshick, Donahue, Darrell, Malik: Rich feature "
            "hierarchies for accurate object detection and "
            "semantic segmentation (2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=19_221,
        megabytes=0.04,
        input=InputSpec(
            size_hw=(480, 640),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="58a6f4f69ec433fd80ef136d23579297fbc5434d84af58a434e49ee37e84df7e",
        recipe="python -m finetune.rcnn_bccd --data-dir DIR --output runs/rcnn.bccd",
        deviations=(
            "EfficientNet-Lite0 in place of AlexNet, its "
            "ImageNet weights used as they are, without "
            "fine-tuning; windows are warped to 96x96; the "
            "1000 best proposals; margins become "
            "probabilities (Platt, 1999), so that thresholds "
            "have a meaning."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.733156,
                count=50,
                low=0.675355,
                high=0.782708,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.365314,
                count=50,
                low=0.331545,
                high=0.406842,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.691055,
                count=20,
                low=0.625462,
                high=0.784345,
                baseline=0.021756,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.333356,
                count=20,
                low=0.281664,
                high=0.411381,
            ),
        ),
    ),
    Checkpoint(
        id="fast_rcnn.bccd",
        task="object-detection",
        title="Fast R-CNN",
        architecture="Fast R-CNN",
        year=2015,
        library="ours",
        source="bundled:fast_rcnn.bccd",
        model="fast_rcnn",
        sentence="One pass over the picture; every proposal pools its own features from the shared map.",
        paper="Girshick: Fast R-CNN (2015)",
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=576_528,
        megabytes=0.38,
        input=InputSpec(
            size_hw=(320, 416),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="9c86e0f5d759d15453deee0acb176e8c537e7958dd843c8669c8e891370ad326",
        recipe=(
            "python -m finetune.object_detection_bccd fast_rcnn --data-dir DIR --output runs/fast_rcnn.bccd"
        ),
        deviations=(
            "EfficientNet-Lite0 up to 1/16 in place of "
            "VGG-16; a neck that adds its maps at 1/16 and "
            "1/8, because blood platelets are two cells wide "
            "at 1/16; one hidden layer of 96 units in place "
            "of two of 4096; proposals with an IoU below 0.1 "
            "count as background too."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.79025,
                count=50,
                low=0.749878,
                high=0.833727,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.437998,
                count=50,
                low=0.409859,
                high=0.468772,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.820928,
                count=34,
                low=0.761332,
                high=0.879862,
                baseline=0.020898,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.445378,
                count=34,
                low=0.417006,
                high=0.495036,
            ),
        ),
    ),
    Checkpoint(
        id="faster_rcnn.bccd",
        task="object-detection",
        title="Faster R-CNN",
        architecture="Faster R-CNN",
        year=2015,
        library="ours",
        source="bundled:faster_rcnn.bccd",
        model="faster_rcnn",
        sentence="The network proposes regions by itself, on the same map that then tells what they are.",
        paper=(
            "Ren, He, Girshick, Sun: Faster R-CNN: Towards "
            "Real-Time Object Detection with Region Proposal "
            "Networks (2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=617_356,
        megabytes=0.39,
        input=InputSpec(
            size_hw=(320, 416),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="51917a73b638163939e66f1a002fdd447b94a861df26c599f50f9eb974a275c4",
        recipe=(
            "python -m finetune.object_detection_bccd "
            "faster_rcnn --data-dir DIR --output "
            "runs/faster_rcnn.bccd"
        ),
        deviations=(
            "EfficientNet-Lite0 and neck as in our "
            "`fast_rcnn`, map at 1/8; RoIAlign (He and "
            "others, 2017), which does not round to cells, in "
            "place of RoI pooling; anchors of four sizes, 32 "
            "to 256 pixels; the two parts are trained "
            "together from the start. The RPN is "
            "torchvision's."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.90014,
                count=50,
                low=0.857643,
                high=0.936027,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.521479,
                count=50,
                low=0.490931,
                high=0.555794,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.806661,
                count=100,
                low=0.772877,
                high=0.845914,
                baseline=0.016909,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.484524,
                count=100,
                low=0.46513,
                high=0.506744,
            ),
        ),
    ),
    Checkpoint(
        id="yolo_grid.bccd",
        task="object-detection",
        title="YOLO (grid)",
        architecture="YOLO (grid)",
        year=2016,
        library="ours",
        source="bundled:yolo_grid.bccd",
        model="yolo_grid",
        sentence=(
            "One look: each cell of a grid says whether an "
            "object's midpoint lies in it, how large it is, "
            "and what it is."
        ),
        paper=(
            "Redmon, Divvala, Girshick, Farhadi: You Only "
            "Look Once: Unified, Real-Time Object Detection "
            "(2016)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=399_533,
        megabytes=0.26,
        input=InputSpec(
            size_hw=(320, 416),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="8b6afdacfd88a5b3aa47cd9370a982db7cbdc58c360ed5a0eb0a5abd73deaab3",
        recipe=(
            "python -m finetune.object_detection_bccd yolo_grid --data-dir DIR --output runs/yolo_grid.bccd"
        ),
        deviations=(
            "EfficientNet-Lite0 up to 1/16 and separable "
            "convolutions at 1/32 in place of 24 convolutions "
            "and two linear layers, so that the grid has as "
            "many cells as the picture has room for; sigmoid "
            "for x, y and the confidence, softmax for the "
            "classes; sides in the loss are measured in 7 "
            "cells, the paper's picture, whatever the "
            "picture."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.616695,
                count=50,
                low=0.592646,
                high=0.655081,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.337259,
                count=50,
                low=0.318119,
                high=0.366575,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.599612,
                count=100,
                low=0.585131,
                high=0.618805,
                baseline=0.016909,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.330409,
                count=100,
                low=0.318817,
                high=0.350522,
            ),
        ),
    ),
    Checkpoint(
        id="yolo_anchors.bccd",
        task="object-detection",
        title="YOLO with anchors",
        architecture="YOLO with anchors",
        year=2017,
        library="ours",
        source="bundled:yolo_anchors.bccd",
        model="yolo_anchors",
        sentence=(
            "One look from typical boxes: each cell stretches "
            "a few anchors, so that it can find several "
            "objects."
        ),
        paper="Redmon, Farhadi: YOLO9000: Better, Faster, Stronger (2017)",
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=359_624,
        megabytes=0.25,
        input=InputSpec(
            size_hw=(320, 416),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="35a8e23a70c82d14d8ae6279b8a99731c5bfd140342f72453a81f1169fb91e53",
        recipe=(
            "python -m finetune.object_detection_bccd "
            "yolo_anchors --data-dir DIR --output "
            "runs/yolo_anchors.bccd"
        ),
        deviations=(
            "EfficientNet-Lite0 up to 1/16 in place of "
            "Darknet-19, with separable convolutions behind "
            "it; cross-entropy in place of squares for p_c "
            "and the classes, the generalised IoU "
            "(Rezatofighi and others, 2019) in place of "
            "squares for the boxes; three to five anchors; "
            "one picture size."
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.896855,
                count=50,
                low=0.860066,
                high=0.927215,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.516914,
                count=50,
                low=0.495371,
                high=0.550725,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.882849,
                count=100,
                low=0.849741,
                high=0.912115,
                baseline=0.016909,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.529058,
                count=100,
                low=0.505828,
                high=0.557688,
            ),
        ),
    ),
    Checkpoint(
        id="yolo11_small.bccd",
        task="object-detection",
        title="YOLO11 (Ultralytics, small)",
        architecture="YOLO",
        year=2024,
        library="ultralytics",
        source="bundled:yolo11_small.bccd",
        model="yolo11_small",
        sentence=(
            "YOLO as it is used today: one look at three "
            "scales, no anchors, distances to the sides of a "
            "box as distributions; trained by the Ultralytics "
            "library."
        ),
        paper="Glenn Jocher, Jing Qiu: Ultralytics YOLO11 (2024), software without a paper",
        weights_licence="AGPL-3.0",
        data_licence="MIT",
        trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
        parameters=764_121,
        megabytes=0.62,
        input=InputSpec(
            size_hw=(320, 320),
            mean=(0.0, 0.0, 0.0),
            std=(1.0, 1.0, 1.0),
            interpolation="bilinear",
        ),
        sha256="3020e236cc0e6f31abadf429add1f12201ba8f20eab18642555d83e34505a6e5",
        recipe="python -m finetune.yolo_bccd --data-dir DIR --output runs/yolo11_small.bccd",
        deviations=(
            "neck and head of YOLO11 with 64 channels; in "
            "place of its backbone the stages of "
            "EfficientNet-Lite0 up to stride 16 with the "
            "weights of ImageNet"
        ),
        metrics=(
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@0.5",
                value=0.909073,
                count=50,
                low=0.886961,
                high=0.929926,
                baseline=0.011411,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="dev",
                name="mAP@[.5:.95]",
                value=0.613311,
                count=50,
                low=0.587061,
                high=0.641157,
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@0.5",
                value=0.889533,
                count=100,
                low=0.856303,
                high=0.91895,
                baseline=0.016909,
                baseline_name="boxes of the most typical picture",
            ),
            Metric(
                dataset="BCCD",
                split="train",
                name="mAP@[.5:.95]",
                value=0.610471,
                count=100,
                low=0.58629,
                high=0.638276,
            ),
        ),
    ),
    Checkpoint(
        id="mtcnn.wider_face",
        task="object-detection",
        title="MTCNN (faces)",
        architecture="MTCNN",
        year=2016,
        library="ours",
        source="bundled:mtcnn.wider_face",
        model="mtcnn",
        sentence="Finds faces by a cascade of three small networks, each stricter than the last.",
        paper=(
            "Zhang, Zhang, Li, Qiao: Joint Face Detection and "
            "Alignment Using Multitask Cascaded Convolutional "
            "Networks (2016)"
        ),
        weights_licence="MIT",
        data_licence="WIDER FACE and CelebA: non-commercial research",
        trained_on="WIDER FACE and CelebA (photographs of faces; trained by the authors of the paper)",
        parameters=493_280,
        megabytes=0.45,
        input=InputSpec(
            size_hw=(512, 512),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="7e03b65d1d200a0814ab47aa2c70416c2cb4974f1d5c21b356a8a842cceafe17",
        recipe="python -m finetune.mtcnn --data-dir runs/face_photographs --output runs/mtcnn.wider_face",
        deviations=(
            "the five points that O-Net gives, too, are left "
            "out; crops are averaged by RoIAlign, and what "
            "lies beyond the picture is grey; the last "
            "network's answers are given from 5 % on, so that "
            "a slider can choose. It cannot be trained here: "
            "the paper trains its parts one after the other, "
            "on what the part before got wrong."
        ),
        metrics=(
            Metric(
                dataset="face photographs",
                split="test",
                name="recall",
                value=0.727273,
                count=33,
                low=0.588185,
                high=0.864865,
            ),
            Metric(
                dataset="face photographs",
                split="test",
                name="recall, faces from 8% of the longer side",
                value=0.882353,
                count=17,
                low=0.733333,
                high=1.0,
            ),
            Metric(
                dataset="face photographs",
                split="test",
                name="precision",
                value=0.8,
                count=30,
                low=0.653846,
                high=0.933333,
            ),
        ),
    ),
)


def for_download(
    *,
    identity: str,
    title: str,
    architecture: str,
    year: int,
    library: str,
    source: str,
    model: str,
    sentence: str,
    paper: str,
    licence: str,
    parameters: int,
    megabytes: float,
) -> Checkpoint:
    """A detector trained on COCO by its authors; class names and preprocessing come with the weights."""
    return Checkpoint(
        id=identity,
        task="object-detection",
        title=title,
        architecture=architecture,
        year=year,
        library=library,
        source=source,
        model=model,
        sentence=sentence,
        paper=paper,
        weights_licence=licence,
        data_licence=COCO_LICENCE,
        trained_on=COCO,
        parameters=parameters,
        megabytes=megabytes,
    )


FASTER_RCNN_PAPER = (
    "Ren, He, Girshick, Sun: Faster R-CNN, Towards Real-Time Object Detection with Region Proposal Networks "
    "(2015)"
)
HUB = (
    for_download(
        identity="faster_rcnn_resnet50.coco",
        title="Faster R-CNN (ResNet-50, feature pyramid)",
        architecture="Faster R-CNN",
        year=2015,
        library="torchvision",
        source="library:download.pytorch.org/models/fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth",
        model="fasterrcnn_resnet50_fpn_v2",
        sentence="The network proposes regions by itself, on a pyramid of maps, so that small and large things are found.",
        paper=f"{FASTER_RCNN_PAPER}; with the recipe of Li, Xie, Chen, Dollár, He, Girshick (2021)",
        licence="BSD-3-Clause",
        parameters=43_712_278,
        megabytes=175.2,
    ),
    for_download(
        identity="faster_rcnn_mobilenet.coco",
        title="Faster R-CNN (MobileNetV3, small pictures)",
        architecture="Faster R-CNN",
        year=2015,
        library="torchvision",
        source="library:download.pytorch.org/models/fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth",
        model="fasterrcnn_mobilenet_v3_large_320_fpn",
        sentence="The same two stages on a network for phones and pictures of 320 pixels: fast on a CPU, less exact.",
        paper=FASTER_RCNN_PAPER,
        licence="BSD-3-Clause",
        parameters=19_386_354,
        megabytes=77.8,
    ),
    for_download(
        identity="yolo11n.coco",
        title="YOLO11n (Ultralytics)",
        architecture="YOLO",
        year=2024,
        library="ultralytics",
        source="hub:Ultralytics/YOLO11",
        model="yolo11n",
        sentence="One look at three scales, without anchors: the smallest YOLO11 of the Ultralytics library.",
        paper="Jocher, Qiu: Ultralytics YOLO11 (2024), software without a paper",
        licence="AGPL-3.0",
        parameters=2_624_080,
        megabytes=5.6,
    ),
    for_download(
        identity="detr_resnet50.coco",
        title="DETR (ResNet-50)",
        architecture="DETR",
        year=2020,
        library="transformers",
        source="hub:facebook/detr-resnet-50",
        model="DetrForObjectDetection",
        sentence="A transformer asks a hundred questions of the picture, and each finds one thing or none: no anchors and "
        "no non-max suppression.",
        paper="Carion, Massa, Synnaeve, Usunier, Kirillov, Zagoruyko: End-to-End Object Detection with Transformers "
        "(2020)",
        licence="Apache-2.0",
        parameters=41_524_768,
        megabytes=166.6,
    ),
    for_download(
        identity="rt_detr_resnet18.coco",
        title="RT-DETR (ResNet-18)",
        architecture="RT-DETR",
        year=2023,
        library="transformers",
        source="hub:PekingU/rtdetr_r18vd",
        model="RTDetrForObjectDetection",
        sentence="DETR made fast enough for video: a light encoder picks the best places to ask about.",
        paper="Zhao, Lv, Xu, Wei, Wang, Dang, Liu, Chen: DETRs Beat YOLOs on Real-time Object Detection (2023)",
        licence="Apache-2.0",
        parameters=20_174_608,
        megabytes=80.9,
    ),
)

CHECKPOINTS = BUNDLED + HUB
