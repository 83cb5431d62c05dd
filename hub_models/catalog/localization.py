"""Checkpoints that say what is in a picture and where, one object at most: trained by us."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

CHECKPOINTS = (
    Checkpoint(
        id="localizer.bccd",
        task="localization",
        title="Localizer (blood cells)",
        architecture="Classification with localization",
        year=2014,
        library="ours",
        source="bundled:localizer.bccd",
        model="localizer",
        sentence=(
            "One vector a picture: whether there is a cell, "
            "where it lies, and whether it is red, white or a "
            "platelet."
        ),
        paper=(
            "Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun: "
            "OverFeat: Integrated Recognition, Localization "
            "and Detection using Convolutional Networks "
            "(2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="BCCD (crops of blood smears under a microscope, 3 kinds of cells)",
        parameters=458_472,
        megabytes=0.31,
        input=InputSpec(
            size_hw=(128, 128),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="b252cf4294d9d29058faecefbfca5f2b0aa3d529e063f760cf126b21f1bf8f84",
        recipe="python -m finetune.localization_bccd --data-dir DIR --output runs/localizer.bccd",
        deviations=(
            "p_c and the box pass a sigmoid, the classes a "
            "softmax, so that all numbers lie in 0..1; the "
            "terms of equation 8.2 have weights, since a "
            "wrong box differs by tenths where a wrong class "
            "differs by one."
        ),
        metrics=(
            Metric(
                dataset="crops of BCCD",
                split="dev",
                name="class and box right (IoU at least 0.5)",
                value=0.933649,
                count=422,
                low=0.905776,
                high=0.953698,
                baseline=0.312796,
                baseline_name="always the commonest class in the mean box",
            ),
            Metric(
                dataset="crops of BCCD",
                split="dev",
                name="p_c on the right side of 0.5",
                value=0.969194,
                count=422,
                low=0.948013,
                high=0.98191,
            ),
            Metric(
                dataset="crops of BCCD",
                split="dev",
                name="class right",
                value=0.991561,
                count=237,
                low=0.969759,
                high=0.997683,
            ),
            Metric(
                dataset="crops of BCCD",
                split="dev",
                name="box right (IoU at least 0.5)",
                value=0.936709,
                count=237,
                low=0.898213,
                high=0.961273,
            ),
            Metric(
                dataset="crops of BCCD",
                split="train",
                name="class and box right (IoU at least 0.5)",
                value=0.913768,
                count=2099,
                low=0.900991,
                high=0.925034,
                baseline=0.293473,
                baseline_name="always the commonest class in the mean box",
            ),
        ),
    ),
)
