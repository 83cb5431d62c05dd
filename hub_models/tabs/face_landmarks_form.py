"""The Fine-tune form of face landmarks."""

from hub_models.ui.form import Choice, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach the network points of your own (lecture, section 9.3: faces are aligned by them). A table beside the "
        "pictures says where the 68 points of each face lie: *faces.csv* with a line a picture (name, x0, y0, ...), or an "
        "npz with *name*, *landmarks* and, where known, *identity*. People, not pictures, are held out. The frames of a "
        "video of one person count as one person. A run survives a reload of this page, and a killed run resumes where "
        "it was."
    ),
    data="pictures of faces and faces.csv with their points",
    wanted="a folder or a zip of pictures of faces and a table of their points",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Go on from the checkpoint of heatmaps", "landmark_heatmaps.youtube_faces"),
                ("Go on from the checkpoint of regression", "landmarks.youtube_faces"),
                ("Heatmaps, from ImageNet weights", "heatmaps"),
                ("Regression, from ImageNet weights", "regression"),
            ),
            value="landmark_heatmaps.youtube_faces",
        ),
    ),
    figures=(epochs(10), batch(32), rate(0.001)),
    score="error",
    title="Mean error / eye distance on people held out",
    train_score="train_error",
)
