"""Small sets of drawings with questions, and small networks of transformers that answer questions about pictures."""

import json
from pathlib import Path

import numpy as np

from hub_models.picture import encode_png
from hub_models.shapes import Drawing, draw_shape

COLOURS = ("red", "blue", "green")
SHAPES = ("circle", "triangle")


def drawing(number: int) -> Drawing:
    """Colour, shape and place by the number."""
    random = np.random.default_rng(number)
    x, y = random.uniform(0.3, 0.7, 2)
    return Drawing(
        shape=SHAPES[number % 2], colour=COLOURS[(number // 2) % 3], x=float(x), y=float(y), size=0.5
    )


def asked_of(what: Drawing) -> list[tuple[str, str]]:
    """(question, answer)."""
    return [
        ("what color is the shape?", what.colour),
        ("what shape is in the image?", what.shape),
        ("is there a circle?", "yes" if what.shape == "circle" else "no"),
    ]


def write_questions(folder: Path, train: int = 24, test: int = 6) -> Path:
    """Parts train and test, each with questions.json and images/."""
    for part, numbers in (("train", range(train)), ("test", range(train, train + test))):
        (folder / part / "images").mkdir(parents=True, exist_ok=True)
        entries = []
        for number in numbers:
            what = drawing(number)
            (folder / part / "images" / f"{number}.png").write_bytes(encode_png(draw_shape(what)))
            entries += [
                {"image": f"{number}.png", "question": question, "answer": answer}
                for question, answer in asked_of(what)
            ]
        (folder / part / "questions.json").write_text(json.dumps(entries))
    return folder


def as_easy_vqa(folder: Path, pictures: int = 6) -> Path:
    """The layout of easy-VQA: [question, answer, number of the picture]."""
    (folder / "images").mkdir(parents=True)
    entries = []
    for number in range(pictures):
        what = drawing(number)
        (folder / "images" / f"{number}.png").write_bytes(encode_png(draw_shape(what)))
        entries += [[question, answer, number] for question, answer in asked_of(what)]
    (folder / "questions.json").write_text(json.dumps(entries))
    return folder


WORDS = "what color colour shape is the a an in image there circle triangle red blue green yes no cat dog ? . picture this"


def tokenizer():
    """A small WordPiece as BERT's: both ViLT and BLIP read with one."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]"]
    pieces = [*marks, *WORDS.split(), *letters, *(f"##{c}" for c in letters)]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        bos_token="[DEC]", model_max_length=40,
    )  # fmt: skip


def write_tiny_vilt(folder: Path, answers: tuple[str, ...] = ("yes", "no", "red")) -> Path:
    import torch
    from transformers import ViltConfig, ViltForQuestionAnswering, ViltImageProcessor

    torch.manual_seed(0)
    words = tokenizer()
    words.save_pretrained(folder)
    size = {"shortest_edge": 32}
    ViltImageProcessor(size=size, size_divisor=16).save_pretrained(folder)
    config = ViltConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
        image_size=32, patch_size=16, max_position_embeddings=40, max_image_length=-1,
        id2label=dict(enumerate(answers)), label2id={name: i for i, name in enumerate(answers)},
    )  # fmt: skip
    ViltForQuestionAnswering(config).save_pretrained(folder)
    return folder


def write_tiny_blip(folder: Path) -> Path:
    import torch
    from transformers import BlipConfig, BlipForQuestionAnswering, BlipImageProcessor

    torch.manual_seed(0)
    words = tokenizer()
    words.save_pretrained(folder)
    BlipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    config = BlipConfig(
        text_config={
            "vocab_size": len(words), "hidden_size": 16, "encoder_hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 40, "projection_dim": 16,
            "pad_token_id": 0, "bos_token_id": 4, "eos_token_id": 3, "sep_token_id": 3,
        },
        vision_config={
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24,
            "image_size": 32, "patch_size": 16, "projection_dim": 16,
        },
        projection_dim=16, image_text_hidden_size=16,
    )  # fmt: skip
    BlipForQuestionAnswering(config).save_pretrained(folder)
    return folder
