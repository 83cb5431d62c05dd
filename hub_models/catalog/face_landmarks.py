"""Networks for the 68 points of a face, trained by us."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

CHECKPOINTS = (
    Checkpoint(
        id="landmarks.youtube_faces",
        task="face-landmarks",
        title="Landmark regression",
        architecture="Landmark regression",
        year=2013,
        library="ours",
        source="bundled:landmarks.youtube_faces",
        model="landmarks",
        sentence="A picture of a face goes in, the coordinates of 68 points come out: a dense layer.",
        paper="Sun, Wang, Tang: Deep Convolutional Network Cascade for Facial Point Detection (2013)",
        weights_licence="Apache-2.0",
        data_licence="annotations MIT (Udacity); frames of YouTube Faces: research and teaching only",
        trained_on="YouTube Faces crops (3,495 faces of 287 people, 68 points)",
        parameters=571_816,
        megabytes=0.53,
        input=InputSpec(
            size_hw=(96, 96),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="7aa20e22499cc94bb8f6a3320283a62056f5e8c0c2a3900c3aba54e526e67705",
        recipe=(
            "python -m finetune.face_landmarks_youtube "
            "landmarks --data-dir DIR --output "
            "runs/landmarks.youtube_faces"
        ),
        deviations=(
            "one network in place of a cascade of 23, on the "
            "first stages of EfficientNet-Lite0 with the "
            "weights of ImageNet; 68 points in place of 5; "
            "the wing loss of Feng and others (2018), which "
            "still pulls where squares have become flat, in "
            "place of squares."
        ),
        metrics=(
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="mean error / eye distance",
                value=0.085208,
                count=690,
                low=0.080848,
                high=0.089574,
                baseline=0.207946,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="mean error / eye distance, box moved",
                value=0.087197,
                count=690,
                low=0.083008,
                high=0.09155,
                baseline=0.25768,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="faces wrong by more than 10 % of the eye distance",
                value=0.230435,
                count=690,
                low=0.180734,
                high=0.283894,
                baseline=0.833333,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="train",
                name="mean error / eye distance",
                value=0.086603,
                count=300,
                low=0.082471,
                high=0.091016,
                baseline=0.217108,
                baseline_name="the mean face in the box",
            ),
        ),
    ),
    Checkpoint(
        id="landmark_heatmaps.youtube_faces",
        task="face-landmarks",
        title="Landmark heatmaps",
        architecture="Landmark heatmaps",
        year=2018,
        library="ours",
        source="bundled:landmark_heatmaps.youtube_faces",
        model="landmark_heatmaps",
        sentence=(
            "A map for each point says where it probably "
            "lies; the mean of the map is the point "
            "(soft-argmax)."
        ),
        paper=(
            "Nibali, He, Morgan, Prendergast: Numerical "
            "Coordinate Regression with Convolutional Neural "
            "Networks (2018)"
        ),
        weights_licence="Apache-2.0",
        data_licence="annotations MIT (Udacity); frames of YouTube Faces: research and teaching only",
        trained_on="YouTube Faces crops (3,495 faces of 287 people, 68 points)",
        parameters=327_268,
        megabytes=0.27,
        input=InputSpec(
            size_hw=(96, 96),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="0c89d71e5294655a647e90a407f3d144a712dbb3ff0f7507e6852d0fda053a15",
        recipe=(
            "python -m finetune.face_landmarks_youtube "
            "landmark_heatmaps --data-dir DIR --output "
            "runs/landmark_heatmaps.youtube_faces"
        ),
        deviations=(
            "EfficientNet-Lite0 with the weights of ImageNet "
            "in place of ResNet, with a way up as in a U-Net, "
            "so that the maps are as fine as a quarter of the "
            "picture; absolute in place of squared distances; "
            "the cross-entropy of spot and map in place of "
            "their divergence."
        ),
        metrics=(
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="mean error / eye distance",
                value=0.054337,
                count=690,
                low=0.052146,
                high=0.056454,
                baseline=0.207946,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="mean error / eye distance, box moved",
                value=0.054517,
                count=690,
                low=0.052345,
                high=0.056608,
                baseline=0.25768,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="faces wrong by more than 10 % of the eye distance",
                value=0.021739,
                count=690,
                low=0.007052,
                high=0.038982,
                baseline=0.833333,
                baseline_name="the mean face in the box",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="train",
                name="mean error / eye distance",
                value=0.051816,
                count=300,
                low=0.049823,
                high=0.053903,
                baseline=0.217108,
                baseline_name="the mean face in the box",
            ),
        ),
    ),
)
