"""What a person must know of a network for the points of faces that was trained on their own data."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from hub_models.landmark_dataset import LandmarkPictures

ARCHITECTURES = {"landmarks": "Landmark regression", "landmark_heatmaps": "Landmark heatmaps"}
LIMITS = (
    "Expects a face in an upright picture, framed as a finder frames it; it gives 68 points to anything.",
    "Points that are hidden lie where the rest of the face makes them probable.",
    "Says where points are, not who somebody is; nothing is guessed about age, gender or mood.",
)


def about_own_points(
    start: Start, data: LandmarkPictures, recipe, arguments: Sequence[str], options
) -> About:
    """Facts for a run of `python -m finetune.face_landmarks` with `arguments` on somebody's own data."""
    people = len(set(data.people))
    return about_own(
        "face_landmarks",
        start,
        recipe,
        arguments,
        options,
        network=ARCHITECTURES[start.architecture],
        cited=paper_of(start.architecture),
        sentence=f"The 68 points of a face, learned from {people:,} people of {{}}.",
        trained_on=f"{len(data):,} faces of {people:,} people",
        data=f"{len(data):,} pictures of faces with 68 points each",
        split=f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} of the people; nobody is in both",
        limits=LIMITS,
    )
