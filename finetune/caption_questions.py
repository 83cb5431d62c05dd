"""Questions about photographs out of their captions, by rules: what most captions say is yes, what none hints at is no.

    is there a dog?            yes: most captions name one; no: none names one, nor anything that could be one
    how many dogs are there?   1, 2 or 3, where those captions that count agree
    what color is the dog?     where at least two captions give a colour and all that do give the same

Captions leave out what their writers found unimportant, so a no is less sure than a yes: words that hint at a thing (field
for grass) rule its no out. `balanced` leaves the same number of every answer to every question, so that the question
alone says nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST = 3  # of five captions that must name a thing for a yes
LEAST_COLOUR = 2  # captions that must give the colour
LEAST_ANSWERS = 8  # questions that an answer must keep after balancing, or it goes


@dataclass(frozen=True)
class Thing:
    """`words` name it; `hints` may mean it, or go together with it, so they rule out a no."""

    name: str
    words: frozenset[str]
    hints: frozenset[str]


@dataclass(frozen=True, order=True)
class Asked:
    image: str
    question: str
    answer: str


def thing(name: str, words: str, hints: str = "") -> Thing:
    return Thing(name, frozenset(words.split()), frozenset(hints.split()))


SOMEBODY = (
    "person people someone somebody adult adults couple crowd group family players player team friends everyone they "
    "kids children rider riders skier skiers climber climbers hiker hikers surfer surfers cyclist cyclists biker bikers "
    "skateboarder snowboarder runner runners performer dancer dancers musician band member members worker workers fan fans "
    "athlete racer swimmer swimmers fisherman boater wrestlers"
)
CHILD = (
    "child children kid kids boy boys girl girls baby babies toddler toddlers infant little youngster youngsters son "
    "daughter teenager teenagers teen teens teenage"
)
THINGS = (
    thing("a dog", "dog dogs puppy puppies labrador retriever greyhound greyhounds terrier poodle collie dalmatian",
          "animal animals pet pets canine beagle bulldog husky shepherd leash"),
    thing("a man", "man men guy guys gentleman gentlemen",
          f"{SOMEBODY} he his him male males boy boys young father dad player"),
    thing("a woman", "woman women lady ladies", f"{SOMEBODY} she her female females girl girls mother mom young bride"),
    thing("a child", CHILD, f"{SOMEBODY} young youth teenager"),
    thing("a person", f"{SOMEBODY} {CHILD} man men woman women guy guys lady ladies",
          "he she his her him hand hands male female owner player"),
    thing("water", "water ocean lake river pool sea wave waves stream pond creek surf waterfall fountain",
          "beach shore boat boats swim swims swimming surfer surfing surfboard wet splash splashes splashing kayak canoe "
          "raft rafting fishing fish pier dock bridge mud puddle rain wading coast island sand bathing bath swimmer dives "
          "diving tide snorkel hose sprinkler"),
    thing("grass", "grass grassy lawn",
          "field park yard backyard hill hillside meadow green garden outside outdoors soccer football baseball golf "
          "pasture farm ground woods forest trees tree path trail weeds plants countryside rural picnic land"),
    thing("snow", "snow snowy snowbank snowball",
          "ski skis skiing skier skiers snowboard snowboarder snowboarding sled sledding winter ice icy mountain mountains "
          "slope hill white cold snowsuit"),
    thing("a ball", "ball balls basketball football soccer tennis baseball volleyball",
          "game toy toys player players play plays playing team field court sport sports bat racket match bowling frisbee"),
    thing("a bicycle", "bicycle bicycles bike bikes bicyclist cyclist cyclists biking",
          "biker bikers motorcycle motorbike dirt rider riders riding ride rides helmet cycle race racing scooter wheel"),
    thing("sand", "sand sandy beach",
          "ocean shore sea coast desert dirt dune water waves surf volleyball playground seashore"),
    thing("a building", "building buildings house houses skyscraper",
          "city street streets sidewalk town store shop wall window windows church urban inside room downtown road alley "
          "porch door steps school stadium restaurant bar station background stairs roof market square"),
)  # fmt: skip
NUMBERS = {"two": 2, "three": 3}
MOST_COUNTED, MANY = 3, "many"
DOG, DOGS = ("dog", "puppy"), ("dogs", "puppies")
PEOPLE_ONE = ["man", "woman", "boy", "girl", "child", "kid", "person", "guy", "lady", "baby", "toddler"]
PEOPLE_MORE = [
    "men",
    "women",
    "boys",
    "girls",
    "children",
    "kids",
    "people",
    "guys",
    "ladies",
    "babies",
    "persons",
]
VAGUE = {"group", "crowd", "couple", "family", "team", "several", "many", "both", "other",
          "another", "others", "each", "players", "friends", "together", "four", "five", "six", "some"}  # fmt: skip
COLOURS = ["black", "white", "brown", "red", "blue", "green", "yellow", "orange", "pink", "gray", "purple"]
SAME = {"grey": "gray", "tan": "brown", "golden": "brown", "blonde": "brown", "maroon": "red", "navy": "blue"}
COLOURED = ("dog", "shirt", "jacket", "dress", "hat", "helmet", "coat", "shorts")
TWO_COLOURS = {"and", "&"}


def words_of(caption: str) -> list[str]:
    return re.findall(r"[a-z]+", caption.lower())


def questions_of(image: str, captions: Sequence[str]) -> list[Asked]:
    """All questions that the captions of one photograph answer, not balanced yet."""
    said = [words_of(caption) for caption in captions]
    found = []
    for what in THINGS:
        if answer := is_there(what, said):
            found.append(Asked(image, f"is there {what.name}?", answer))
    for plural, ones, mores in (("dogs", DOG, DOGS), ("people", PEOPLE_ONE, PEOPLE_MORE)):
        if number := how_many(ones, mores, said):
            found.append(Asked(image, f"how many {plural} are there?", number))
    for noun in COLOURED:
        if colour := colour_of(noun, said):
            found.append(Asked(image, f"what color is the {noun}?", colour))
    return found


def is_there(what: Thing, said: Sequence[Sequence[str]]) -> str:
    """ "yes", "no", or "" where the captions do not agree."""
    named = sum(bool(what.words & set(words)) for words in said)
    if named >= MOST:
        return "yes"
    hinted = any((what.words | what.hints) & set(words) for words in said)
    return "" if hinted else "no"


def how_many(ones: Sequence[str], mores: Sequence[str], said: Sequence[Sequence[str]]) -> str:
    """ "1", "2" or "3" of what `ones` and `mores` name, "" where the captions do not agree or do not count."""
    counts = [count_in(words, ones, mores) for words in said]
    given = [count for count in counts if count]
    return given[0] if len(given) >= MOST and len(set(given)) == 1 and given[0] != MANY else ""


def count_in(words: Sequence[str], ones: Sequence[str], mores: Sequence[str]) -> str:
    """How many one caption counts: "1", "2", "3", MANY for more or where it gives no number, "" for none."""
    total, vague = 0, bool(VAGUE & set(words))
    for place, word in enumerate(words):
        if word in ones:
            total += 1
        elif word in mores:
            numbers = [NUMBERS[w] for w in words[max(0, place - 4) : place] if w in NUMBERS]
            vague |= not numbers
            total += numbers[-1] if numbers else 2
    if not total:
        return ""
    return MANY if vague or total > MOST_COUNTED else str(total)


def colour_of(noun: str, said: Sequence[Sequence[str]]) -> str:
    """The colour that captions give to a `noun`, "" where fewer than two do, or they differ."""
    given: list[str] = []
    for words in said:
        if words.count(noun) != 1 or f"{noun}s" in words:
            continue
        place = words.index(noun)
        near = [SAME.get(word, word) for word in words[max(0, place - 3) : place]]
        colours = [word for word in near if word in COLOURS]
        if len(set(colours)) > 1 or (colours and TWO_COLOURS & set(near)):
            return ""
        given += colours[:1]
    return given[0] if len(given) >= LEAST_COLOUR and len(set(given)) == 1 else ""


def balanced(asked: Sequence[Asked], seed: int, least: int = LEAST_ANSWERS) -> list[Asked]:
    """As many of each answer to a question as of its rarest that stands `least` times; rarer answers go."""
    by_question: dict[str, list[Asked]] = defaultdict(list)
    for one in sorted(asked):
        by_question[one.question].append(one)
    random, kept = np.random.default_rng(seed), []
    for _, rows in sorted(by_question.items()):
        counts = Counter(row.answer for row in rows)
        answers = sorted(answer for answer, count in counts.items() if count >= least)
        if len(answers) < 2:
            continue
        each = min(counts[answer] for answer in answers)
        for answer in answers:
            those = [row for row in rows if row.answer == answer]
            kept += [those[i] for i in sorted(random.permutation(len(those))[:each])]
    return sorted(kept)
