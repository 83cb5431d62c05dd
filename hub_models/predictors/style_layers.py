"""Which layers of a classifier are read for content and style, where nobody chooses. Data only.

Chosen by looking at what comes out; benchmarks/style.py makes the pictures and prints their costs.
"""

from hub_models.stylized import Layers


def even(*names: str) -> dict[str, float]:
    return dict.fromkeys(names, 1.0)


LAYERS = {  # model of a row -> what is read where nobody chooses
    "style_features": Layers(
        content=even("conv3_1"), style=even("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    ),
    "tf_efficientnet_lite0": Layers(
        content=even("stage 2"), style=even("stem", "expand 1.0", "expand 1.1", "expand 2.0", "expand 2.1")
    ),
    # Gatys, Ecker, Bethge: A Neural Algorithm of Artistic Style (2015), methods
    "vgg19": Layers(
        content=even("conv4_2"), style=even("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    ),
}
