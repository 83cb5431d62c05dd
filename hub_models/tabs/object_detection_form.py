"""The Fine-tune form of object detection: which networks can be trained, and on what."""

from hub_models.ui.form import Choice, Form, augmentation, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a detector your own objects (lecture, chapter 8). Draw boxes around them with any labelling program: "
        "Pascal VOC (an XML file beside each picture), COCO (one JSON file) and YOLO (a text file a picture) are "
        "read. The data are checked first; training starts from weights that know ImageNet, and the weights with the "
        "best `mAP@0.5` on held-out pictures are kept. A detector takes minutes on a GPU and hours on a CPU: try a few "
        "epochs here, or copy the command. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="pictures with boxes: Pascal VOC, COCO or YOLO layout",
    wanted="a folder, a zip or a Hub dataset id of pictures with boxes",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Faster R-CNN: proposes its regions itself", "faster-rcnn"),
                ("Fast R-CNN: selective search, one pass for all regions", "fast-rcnn"),
                ("YOLO with anchors, ours", "yolo-anchors"),
                ("YOLO with a grid of cells, ours", "yolo-grid"),
                ("YOLO of Ultralytics (AGPL-3.0)", "yolo"),
                ("RT-DETR: a transformer, no suppression", "rt-detr"),
            ),
            value="yolo-anchors",
        ),
        augmentation(),
    ),
    figures=(epochs(40), batch(8), rate(0.002)),
    score="map50",
    title="mAP@0.5 on held-out pictures",
)
