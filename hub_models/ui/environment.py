"""Settings that must stand in the environment before gradio, huggingface_hub or torch are imported.

Nothing is sent anywhere: no analytics, no telemetry. `setdefault` throughout, so a person can decide otherwise.
"""

import os

import hub_models.fetch  # noqa: F401  (sets what huggingface_hub, which gradio imports, reads at import)

DEFAULTS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    # gradio sorts all response times it ever saw every so many calls; without this, call 10,000 is slower than call 1
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "OMP_WAIT_POLICY": "PASSIVE",  # idle threads sleep instead of spinning: two workers share the cores
    "KMP_BLOCKTIME": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "YOLO_AUTOINSTALL": "0",
    "YOLO_OFFLINE": "1",
    "ULTRALYTICS_SAFE_LOAD": "1",
}


def prepare() -> None:
    """Apply the defaults above."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


prepare()
