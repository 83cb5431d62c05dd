"""Eigenfaces, the baseline of face recognition: principal components of grey pixels, with no learning of who is who.

After "Eigenfaces for Recognition" (Turk, Pentland; 1991): a face is the mean face plus a few weights times the
directions in which faces vary most, and two faces are compared by their weights.
"""

from collections.abc import Sequence

import numpy as np

from hub_models.preprocess import InputSpec, crop_pixels

SPEC = InputSpec(size_hw=(32, 32), mean=(0.5,), std=(0.5,), interpolation="bilinear", colour="grey")
# At most. Of 32, 64, 128 and 200 the best on crops of YouTube Faces: the baseline shall be a fair one
COMPONENTS = 128


class Eigenfaces:
    """`embed(faces)` -> (N, D) of unit length, so that equation 9.2 compares them."""

    def __init__(self, faces: Sequence[np.ndarray], seed: int = 0) -> None:
        from sklearn.decomposition import PCA

        rows = grey(faces)
        # with nearly as many directions as faces, whitening makes all of them equally far apart
        components = max(1, min(COMPONENTS, len(rows) // 3))
        self.analysis = PCA(components, whiten=True, random_state=seed).fit(rows)

    def embed(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        weights = self.analysis.transform(grey(faces))
        return weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)


def grey(faces: Sequence[np.ndarray]) -> np.ndarray:
    """Faces (H, W, 3) uint8 of any sizes -> (N, 1024) float32, each with mean 0 and deviation 1."""
    rows = np.stack([crop_pixels(face, SPEC).reshape(-1) for face in faces]).astype(np.float32)
    rows -= rows.mean(1, keepdims=True)
    return rows / np.maximum(rows.std(1, keepdims=True), 1e-3)
