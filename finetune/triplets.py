"""The triplet loss of the lecture's section 9.3.2, and which triplets it is asked about.

For an anchor a, a positive p (the same person) and a negative n (somebody else), with squared distances of embeddings
(equation 9.2), a triplet costs max(0, d(a, p) - d(a, n) + margin): equation 9.4, which FaceNet cuts off at zero, since
a triplet that already satisfies equation 9.3 has nothing to teach.

Most triplets of a batch are of that kind. Semi-hard mining (Schroff, Kalenichenko, Philbin: FaceNet, 2015, section
3.2) takes those whose negative is farther than the positive, but not yet by the margin. The hardest negatives, nearer
than the positive, make training collapse early on: all embeddings become one point.
"""

import torch
from torch import Tensor

MARGIN = 0.2  # FaceNet, section 3.2


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Equation 9.2 for every pair: (N, D) and (M, D), of unit length -> (N, M), in 0..4."""
    return (2 - 2 * a @ b.T).clamp(min=0)


def all_triplets(people: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Indices (T,) of anchors, positives and negatives: every triplet in a batch; `people` (B,) says who each one is."""
    same = people[:, None] == people[None]
    positive = same & ~torch.eye(len(people), dtype=torch.bool, device=people.device)
    return torch.where(positive[:, :, None] & ~same[:, None, :])


def semi_hard(distances: Tensor, people: Tensor, margin: float) -> tuple[Tensor, Tensor, Tensor]:
    """Those of `all_triplets` with d(a, p) < d(a, n) < d(a, p) + margin; `distances` (B, B)."""
    anchor, positive, negative = all_triplets(people)
    gap = distances[anchor, negative] - distances[anchor, positive]
    chosen = (gap > 0) & (gap < margin)
    return anchor[chosen], positive[chosen], negative[chosen]


def triplet_loss(embeddings: Tensor, people: Tensor, margin: float = MARGIN) -> dict[str, Tensor]:
    """Mean of equation 9.4 over the semi-hard triplets of a batch: (B, D) of unit length, (B,) -> `loss` and more.

    `semi_hard` and `hard` are shares of all triplets. A batch without a semi-hard triplet costs nothing.
    """
    distances = squared_distances(embeddings, embeddings)
    anchor, positive, negative = semi_hard(distances.detach(), people, margin)
    costs = (distances[anchor, positive] - distances[anchor, negative] + margin).clamp(min=0)
    a, p, n = all_triplets(people)
    every = max(1, len(a))
    return {
        "loss": costs.sum() / max(1, len(costs)),
        "semi_hard": torch.tensor(len(anchor) / every, device=distances.device),
        "hard": (distances[a, n] <= distances[a, p]).sum() / every,
    }
