"""What a person must know of a network that tells people apart and was trained on their own data."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, command, hub_id_of, identifier, paper_of, weights_licence
from finetune.starting_point import Start
from hub_models.face_pictures import FacePictures

ARCHITECTURES = {"face_embedding": "Face embedding", "siamese": "Siamese network"}
LIMITS = (
    "Says how alike two faces are to it, never for certain who somebody is: look at the error rates beside the answer.",
    "Few people trained it, so it errs more often for people unlike them in age, skin or sex. Not for access control, "
    "policing, or any decision about a person.",
    "Ask people before you compare their faces.",
)


def about_own_faces(start: Start, data: FacePictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.face_recognition` with `arguments` on somebody's own data."""
    dataset, people = Path(recipe.data).stem or "faces", len(data.counts())
    paper, year, deviations = paper_of(start.architecture)
    architecture = ARCHITECTURES[start.architecture]
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"{architecture} on {dataset}",
        architecture=architecture,
        year=year,
        paper=paper,
        sentence=f"How far two faces are apart, learned from {people:,} people of {dataset}.",
        weights_licence=weights_licence(start) if start.parent else "unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} faces of {people:,} people)",
        data=f"{dataset}: {len(data):,} pictures of {people:,} people",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} of the people with all their pictures; "
        "nobody is in both. Each half of the dev people was judged by the threshold that is best for the other half",
        command=command("face_recognition", arguments),
        deviations=deviations,
        limits=LIMITS,
    )
