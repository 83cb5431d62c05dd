"""Networks that give the pixels of every object: those that ship here, and those to download."""

from hub_models.checkpoint import Checkpoint

TASK = "instance-segmentation"

BUNDLED: tuple[Checkpoint, ...] = ()

COCO = "COCO 2017 (photographs of everyday scenes, 80 kinds of things)"
COCO_LICENCE = "annotations CC BY 4.0; photographs under their own Flickr licences"
SA_1B = "SA-1B (11 million photographs, 1.1 billion masks without names)"
SA_1B_LICENCE = "SA-1B Dataset Research License: research only"


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
    data: tuple[str, str] = (COCO, COCO_LICENCE),
) -> Checkpoint:
    """A network trained by its authors; `data`: what on, under which licence. Class names come with the weights."""
    return Checkpoint(
        id=identity,
        task=TASK,
        title=title,
        architecture=architecture,
        year=year,
        library=library,
        source=source,
        model=model,
        sentence=sentence,
        paper=paper,
        weights_licence=licence,
        data_licence=data[1],
        trained_on=data[0],
        parameters=parameters,
        megabytes=megabytes,
    )


HUB: tuple[Checkpoint, ...] = (
    for_download(
        identity="mask_rcnn_resnet50.coco",
        title="Mask R-CNN (ResNet-50, feature pyramid)",
        architecture="Mask R-CNN",
        year=2017,
        library="torchvision",
        source="library:download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
        model="maskrcnn_resnet50_fpn_v2",
        sentence="Faster R-CNN with a third branch: a small mask for every region, read from the map by RoIAlign.",
        paper="He, Gkioxari, Dollár, Girshick: Mask R-CNN (2017); with the recipe of Li, Xie, Chen, Dollár, He, Girshick "
        "(2021)",
        licence="BSD-3-Clause",
        parameters=46_359_409,
        megabytes=185.8,
    ),
    for_download(
        identity="mask2former_swin_tiny.coco",
        title="Mask2Former (Swin-T)",
        architecture="Mask2Former",
        year=2022,
        library="transformers",
        source="hub:facebook/mask2former-swin-tiny-coco-instance",
        model="Mask2FormerForUniversalSegmentation",
        sentence="A hundred queries each look for one object and give its class and its mask: no boxes, no suppression.",
        paper="Cheng, Misra, Schwing, Kirillov, Girdhar: Masked-attention Mask Transformer for Universal Image "
        "Segmentation (2022)",
        licence="CC BY-NC 4.0",
        parameters=47_423_179,
        megabytes=190.0,
    ),
    for_download(
        identity="sam_vit_base.sa1b",
        title="Segment Anything (ViT-B)",
        architecture="SAM",
        year=2023,
        library="transformers",
        source="hub:facebook/sam-vit-base",
        model="SamModel",
        sentence="Cuts out what one points at, whatever it is; it has no classes. Asked for everything, it looks "
        "at a grid of points.",
        paper="Kirillov, Mintun, Ravi, Mao, Rolland, Gustafson, Xiao, Whitehead, Berg, Lo, Dollár, Girshick: Segment "
        "Anything (2023)",
        licence="Apache-2.0",
        data=(SA_1B, SA_1B_LICENCE),
        parameters=93_735_728,
        megabytes=375.0,
    ),
    for_download(
        identity="yolo11n_seg.coco",
        title="YOLO11n-seg (Ultralytics)",
        architecture="YOLO",
        year=2024,
        library="ultralytics",
        source="hub:Ultralytics/YOLO11",
        model="yolo11n-seg",
        sentence="One look: beside its box each object says how to mix 32 maps of the whole picture into its mask.",
        paper="Jocher, Qiu: Ultralytics YOLO11 (2024), software without a paper",
        licence="AGPL-3.0",
        parameters=2_876_848,
        megabytes=6.2,
    ),
)

CHECKPOINTS = BUNDLED + HUB
