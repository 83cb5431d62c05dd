"""What a person must know of a network that tells people apart and was trained on their own data."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
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
    people = len(data.counts())
    return about_own(
        "face_recognition",
        start,
        recipe,
        arguments,
        options,
        network=ARCHITECTURES[start.architecture],
        cited=paper_of(start.architecture),
        sentence=f"How far two faces are apart, learned from {people:,} people of {{}}.",
        trained_on=f"{len(data):,} faces of {people:,} people",
        data=f"{len(data):,} pictures of {people:,} people",
        split=f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} of the people with all their pictures; "
        "nobody is in both. Each half of the dev people was judged by the threshold that is best for the other half",
        limits=LIMITS,
    )
