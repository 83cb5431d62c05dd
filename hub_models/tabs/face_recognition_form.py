"""The Fine-tune form of face recognition: whose network goes on learning, from what pictures, with what loss."""

from hub_models.ui.form import Choice, Figure, Form, epochs, rate

FORM = Form(
    words=(
        "Teach a network which differences between faces matter (lecture, section 9.3.2). Put the pictures of each person "
        "into a folder of their own, at least two each; people who agreed to it, or a public data set. People, not "
        "pictures, are held out, so that the figures are about people that the network never saw. A batch holds some "
        "people with some pictures each, and the triplet loss is asked about its semi-hard triplets. No names travel "
        "with the weights. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="people/ with one folder a person",
    wanted="a folder, a zip or a Hub dataset id with a folder of pictures for each person",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Face embedding on an ImageNet backbone", "face-embedding"),
                ("Go on from the face embedding that ships here", "face_embedding.youtube_faces"),
                ("Siamese network: small, grey, from random weights", "siamese"),
            ),
            value="face-embedding",
        ),
        Choice(
            flag="--faces",
            label="The pictures are",
            options=(
                ("photographs: find the largest face and turn it upright", "find"),
                ("crops of upright faces already", "whole"),
            ),
            value="find",
        ),
        Choice(
            flag="--who",
            label="Loss",
            options=(("triplets, and which training person it is", "1"), ("triplets alone", "0")),
            value="1",
        ),
    ),
    figures=(
        epochs(20),
        Figure(flag="--batch", label="People in a batch", value=16, least=2, most=256, whole=True),
        Figure(flag="--each", label="Pictures of each", value=4, least=2, most=32, whole=True),
        Figure(flag="--margin", label="Margin", value=0.2, least=0.01, most=2),
        rate(0.005),
    ),
    score="auc",
    title="ROC AUC on people held out",
)
