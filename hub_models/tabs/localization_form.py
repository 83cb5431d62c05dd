"""The Fine-tune form of localization."""

from hub_models.ui.form import Choice, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach the network one object of your own (lecture, section 8.1). Draw a box around it in each picture with any "
        "labelling program: Pascal VOC (an XML file beside each picture), COCO (one JSON file) and YOLO (a text file "
        "a picture) are read. Training starts from the checkpoint chosen in *Try it* with a new last layer; what answers "
        "most held-out pictures right (class and box) is kept. Where the pictures hold many objects, crops with one are "
        "cut out. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="pictures with boxes: Pascal VOC, COCO or YOLO layout",
    wanted="a folder, a zip or a Hub dataset id of pictures with boxes",
    choices=(
        Choice(
            flag="--pictures",
            label="Pictures",
            options=(
                ("whole, those with one object", "whole"),
                ("crops with one object, out of pictures with many", "crops"),
            ),
            value="whole",
        ),
        Choice(
            flag="--augment",
            label="Augmentation",
            options=(
                ("mirrored, cropped, other light", "photo"),
                ("turned by quarters too: no side is up", "any_way_up"),
            ),
            value="photo",
        ),
    ),
    figures=(epochs(10), batch(32), rate(0.002)),
    score="localized",
    title="Share answered right (class and box)",
    train_score="train_localized",
)
