"""Small sets of texts, and small networks of transformers, for the tests of tasks that read."""

from pathlib import Path

GOOD = ("fine", "warm", "funny", "lovely", "great")
BAD = ("dull", "cold", "boring", "awful", "poor")
THINGS = ("film", "story", "cast", "music", "ending")


def sentences(count: int, first: int = 0) -> list[tuple[str, str]]:
    """(text, class): the adjective says it."""
    rows = []
    for i in range(first, first + count):
        good = i % 2 == 0
        word = (GOOD if good else BAD)[(i // 2) % 5]
        rows.append(
            (f"this is a {word} {THINGS[(i // 10) % 5]} number {i}", "positive" if good else "negative")
        )
    return rows


def write_texts(folder: Path, train: int = 60, dev: int = 20) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", sentences(train)), ("dev", sentences(dev, first=train))):
        (folder / f"{name}.tsv").write_text("".join(f"{text}\t{label}\n" for text, label in rows))
    return folder


PEOPLE = ("Ada", "Grace", "Alan", "Kurt", "Emmy")
TOWNS = ("Turin", "Oslo", "Lima", "Kyoto", "Cork")


def tagged(count: int, first: int = 0) -> str:
    """Sentences in columns; a document of 5 each."""
    lines = []
    for i in range(first, first + count):
        if i % 5 == 0:
            lines += ["-DOCSTART- O", ""]
        person, town = PEOPLE[i % 5], TOWNS[(i // 5) % 5]
        words = [
            (person, "B-PER"),
            ("Smith", "I-PER"),
            ("went", "O"),
            ("to", "O"),
            (town, "B-LOC"),
            (str(1900 + i), "O"),
        ]
        lines += [f"{word} {tag}" for word, tag in words] + [""]
    return "\n".join(lines) + "\n"


def write_tagged(folder: Path, train: int = 50, dev: int = 20) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.conll").write_text(tagged(train))
    (folder / "dev.conll").write_text(tagged(dev, first=train))
    return folder


def write_tiny_bert(folder: Path, kind: str, labels: tuple[str, ...]) -> Path:
    """A BERT of one small layer with random weights and a tokenizer of its own; `kind`: the class of the library."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *GOOD,
        *BAD,
        *THINGS,
        *letters,
        *(f"##{c}" for c in letters),
        ".",
    ]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    )  # fmt: skip
    fast.save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
    )  # fmt: skip
    getattr(transformers, kind)(config).save_pretrained(folder)
    return folder
