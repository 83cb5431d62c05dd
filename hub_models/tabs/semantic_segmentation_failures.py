"""Pictures that our networks are known to label wrongly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

FAILURES = (
    Failure(
        title="A cat is a house",
        example="cat",
        checkpoint="unet_lite.camvid",
        why="There is no class for cats, and none for *something else*: softmax must give each pixel to one of eleven "
        "things that stand in streets. Most of it becomes building, a quarter of all that it has seen.",
    ),
    Failure(
        title="A lawn without colour is a road",
        example="cameraman",
        checkpoint="unet_lite.camvid",
        why="It saw the world from behind a windscreen: what is flat, grey and below is road, a dark shape in the middle a "
        "car or a cyclist. The picture has no colour that could say grass, and CamVid has no class for it.",
    ),
    Failure(
        title="The sky of an evening is not sky",
        example="rocket",
        checkpoint="unet_lite.camvid",
        why="In the drives of its training the sky is the brightest part of the picture. Here it is dark, "
        "so it is given to anything else. More changes of light in training help, more data help more.",
    ),
)
