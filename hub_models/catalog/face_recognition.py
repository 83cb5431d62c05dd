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
        megabytes=0.84,
        input=InputSpec(
            size_hw=(96, 96),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="cfff695692573ab3491db48899de72776daf220c08bed61fe2f3ac610a285f9a",
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
                value=0.890576,
                count=57,
                low=0.868438,
                high=0.910458,
                baseline=0.677037,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="equal error rate, not taken together",
                value=0.198452,
                count=57,
                low=0.175424,
                high=0.223414,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="accuracy at the threshold, not taken together",
                value=0.801601,
                count=57,
                low=0.777275,
                high=0.823419,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="two people taken for one, not taken together",
                value=0.211463,
                count=57,
                low=0.195812,
                high=0.227495,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="one person taken for two, not taken together",
                value=0.185335,
                count=57,
                low=0.144874,
                high=0.234517,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="ROC AUC, all pairs",
                value=0.916599,
                count=57,
                low=0.899582,
                high=0.932034,
                baseline=0.748658,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev",
                name="rank-1, one picture enrolled",
                value=0.334719,
                count=57,
                low=0.255269,
                high=0.42088,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="ROC AUC, not taken together",
                value=0.890293,
                count=57,
                low=0.866764,
                high=0.910165,
                baseline=0.68787,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="equal error rate, not taken together",
                value=0.199126,
                count=57,
                low=0.17343,
                high=0.222665,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="accuracy at the threshold, not taken together",
                value=0.80037,
                count=57,
                low=0.774691,
                high=0.824528,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="two people taken for one, not taken together",
                value=0.195761,
                count=57,
                low=0.179627,
                high=0.212644,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="one person taken for two, not taken together",
                value=0.203498,
                count=57,
                low=0.156104,
                high=0.251212,
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="ROC AUC, all pairs",
                value=0.916392,
                count=57,
                low=0.899524,
                high=0.931811,
                baseline=0.757951,
                baseline_name="eigenfaces",
            ),
            Metric(
                dataset="YouTube Faces crops",
                split="dev, faces found by the demo",
                name="rank-1, one picture enrolled",
                value=0.336798,
                count=57,
                low=0.254036,
                high=0.424651,
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
