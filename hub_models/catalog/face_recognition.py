"""Checkpoints that say how far two faces are apart: trained by us, and one of timm on the Hub."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

HALF = (0.5, 0.5, 0.5)

CHECKPOINTS = (
    Checkpoint(
        id="face_embedding.youtube_faces",
        task="face-recognition",
        title="Face embedding",
        architecture="Face embedding",
        year=2015,
        library="ours",
        source="bundled:face_embedding.youtube_faces",
        model="face_embedding",
        sentence=(
            "A face becomes a point; the nearer two points "
            "lie, the more probably they are one person, "
            "known or new."
        ),
        paper=(
            "Schroff, Kalenichenko, Philbin: FaceNet: A "
            "Unified Embedding for Face Recognition and "
            "Clustering (2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="annotations MIT (Udacity); frames of YouTube Faces: research and teaching only",
        trained_on="YouTube Faces crops (3,495 faces of 287 people in three or four videos each)",
        parameters=772_704,
        megabytes=0.57,
        input=InputSpec(
            size_hw=(96, 96),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="a77f7c25ed47b941a9982ddf4d87bf81ca3dcfc0ddb04682bda1c03c129f2d56",
        recipe=(
            "python -m finetune.face_recognition_youtube "
            "--data-dir DIR --output "
            "runs/face_embedding.youtube_faces"
        ),
        deviations=(
            "a backbone trained on ImageNet and cut short in "
            "place of an Inception network; beside the "
            "triplets a second loss asks which training "
            "person it is."
        ),
        metrics=(
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="ROC AUC, not taken together",
                value=0.893005,
                count=57,
                low=0.870306,
                high=0.914126,
                baseline=0.677037,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="equal error rate, not taken together",
                value=0.195427,
                count=57,
                low=0.16906,
                high=0.220383,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="accuracy at the threshold, not taken together",
                value=0.805007,
                count=57,
                low=0.78265,
                high=0.825682,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="two people taken for one, not taken together",
                value=0.234925,
                count=57,
                low=0.216122,
                high=0.255015,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="one person taken for two, not taken together",
                value=0.155062,
                count=57,
                low=0.116571,
                high=0.202126,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="ROC AUC, all pairs",
                value=0.918456,
                count=57,
                low=0.900846,
                high=0.934594,
                baseline=0.748658,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="rank-1, one picture enrolled",
                value=0.349272,
                count=57,
                low=0.2676,
                high=0.434462,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="ROC AUC, not taken together",
                value=0.89236,
                count=57,
                low=0.869419,
                high=0.913966,
                baseline=0.68787,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="equal error rate, not taken together",
                value=0.195695,
                count=57,
                low=0.168378,
                high=0.220861,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="accuracy at the threshold, not taken together",
                value=0.803347,
                count=57,
                low=0.777832,
                high=0.831103,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="two people taken for one, not taken together",
                value=0.187117,
                count=57,
                low=0.169991,
                high=0.206675,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="one person taken for two, not taken together",
                value=0.206189,
                count=57,
                low=0.156189,
                high=0.251451,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="ROC AUC, all pairs",
                value=0.917985,
                count=57,
                low=0.900352,
                high=0.934744,
                baseline=0.757951,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="rank-1, one picture enrolled",
                value=0.345114,
                count=57,
                low=0.26282,
                high=0.434794,
            ),
        ),
    ),
    Checkpoint(
        id="siamese.orl",
        task="face-recognition",
        title="Siamese network (small)",
        architecture="Siamese network",
        year=2005,
        library="ours",
        source="bundled:siamese.orl",
        model="siamese",
        sentence=(
            "Two pictures pass one small network, and all "
            "that is learned is how far apart the two answers "
            "should be."
        ),
        paper=(
            "Chopra, Hadsell, LeCun: Learning a Similarity "
            "Metric Discriminatively, with Application to "
            "Face Verification (2005)"
        ),
        weights_licence="Apache-2.0",
        data_licence="AT&T Laboratories Cambridge: credit required",
        trained_on="ORL faces (300 grey portraits of 30 people)",
        parameters=112_208,
        megabytes=0.11,
        input=InputSpec(size_hw=(64, 64), mean=(0.5,), std=(0.5,), interpolation="bilinear", colour="grey"),
        sha256="ed219612f3c09d40b538ced4a89afa5640d2b8679cd6426fdd0ffc90c0ad787a",
        recipe="python -m finetune.face_recognition_orl --data-dir DIR --output runs/siamese.orl",
        deviations=(
            "four convolutions with batch normalisation; the "
            "triplet loss of FaceNet in place of pairs; unit "
            "length."
        ),
        metrics=(
            Metric(
                dataset="ORL faces",
                split="dev",
                name="ROC AUC",
                value=0.991693,
                count=9,
                low=0.967325,
                high=0.99987,
                baseline=0.942916,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="ORL faces",
                split="dev",
                name="equal error rate",
                value=0.034367,
                count=9,
                low=0.006618,
                high=0.116083,
            ),
            Metric(
                dataset="ORL faces",
                split="dev",
                name="accuracy at the threshold",
                value=0.967886,
                count=9,
                low=0.91644,
                high=0.993252,
            ),
            Metric(
                dataset="ORL faces",
                split="dev",
                name="two people taken for one",
                value=0.046944,
                count=9,
                low=0.001923,
                high=0.154836,
            ),
            Metric(
                dataset="ORL faces",
                split="dev",
                name="one person taken for two",
                value=0.017284,
                count=9,
                low=0.0,
                high=0.034568,
            ),
            Metric(
                dataset="ORL faces",
                split="dev",
                name="rank-1, one picture enrolled",
                value=0.925926,
                count=9,
                low=0.82716,
                high=1.0,
            ),
        ),
    ),
    Checkpoint(
        id="vit_tiny_patch8_112.arcface_ms1mv3",
        task="face-recognition",
        title="ViT-Tiny (ArcFace)",
        architecture="Vision transformer",
        year=2019,
        library="timm",
        source="hub:gaunernst/vit_tiny_patch8_112.arcface_ms1mv3",
        model="vit_tiny_patch16_224",
        sentence="A small vision transformer that has seen five million faces of 93,000 people, with angles as margins.",
        paper="Deng, Guo, Xue, Zafeiriou: ArcFace: Additive angular margin loss for deep face recognition (2019)",
        weights_licence="unstated: see the model card",
        data_licence="MS1MV3: pictures of public figures from the web, research only; withdrawn by its first publisher",
        trained_on="MS1MV3 (5.2 million faces of 93,431 people)",
        parameters=5_510_000,
        megabytes=22.0,
        input=InputSpec(size_hw=(112, 112), mean=HALF, std=HALF, interpolation="bilinear"),
    ),
)
