"""What a person must know of a network for the points of faces that was trained on their own data."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, command, hub_id_of, identifier, paper_of
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
    dataset, people = Path(recipe.data).stem or "faces", len(set(data.people))
    paper, year, deviations = paper_of(start.architecture)
    architecture = ARCHITECTURES[start.architecture]
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"{architecture} on {dataset}",
        architecture=architecture,
        year=year,
        paper=paper,
        sentence=f"The 68 points of a face, learned from {people:,} people of {dataset}.",
        weights_licence="unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} faces of {people:,} people)",
        data=f"{dataset}: {len(data):,} pictures of faces with 68 points each",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} of the people; nobody is in both",
        command=command("face_landmarks", arguments),
        deviations=deviations,
        limits=LIMITS,
    )
