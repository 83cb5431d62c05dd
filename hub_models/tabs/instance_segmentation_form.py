"""The Fine-tune form of instance segmentation: which networks can be trained, and on what."""

from hub_models.ui.form import Choice, Form, augmentation, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network the outlines of your own objects (lecture, section 9.2). Two layouts are read: pictures in "
        "`images/` with label maps in `labels/` (grey PNG of 8 or 16 bits: 0 is background, every object another number), "
        "as programs for microscopes write them; and pictures with a COCO JSON (polygons or run lengths), as most "
        "labelling programs write it. The data are checked first; training starts from weights that know ImageNet, and "
        "the weights with the best mask `AP@0.5` on held-out pictures are kept. A network takes minutes on a GPU and hours "
        "on a CPU: try a few epochs here, or copy the command. A killed run resumes where it was."
    ),
    data="images/ and labels/, or pictures with a COCO JSON",
    wanted="a folder, a zip or a Hub dataset id of pictures with masks",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Mask R-CNN: a box and a mask for every region", "mask-rcnn"),
                ("U-Net: inside, border, background; one class of objects", "unet"),
                ("YOLO with masks (Ultralytics, AGPL-3.0): 32 maps mixed for each object", "yolo-seg"),
            ),
            value="mask-rcnn",
        ),
        augmentation(),
    ),
    figures=(epochs(40), batch(4), rate(0.001)),
    score="mask_map50",
    title="Mask AP@0.5 on held-out pictures",
)
