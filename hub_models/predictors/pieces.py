"""Sentences as pieces of words, after "Neural Machine Translation of Rare Words with Subword Units" (Sennrich, Haddow,
Birch; 2016): the pairs of letters that stand beside each other most often become pieces, then pairs of pieces, and so on.

A frequent word is one piece, a rare one several, and a name that nobody has seen is spelt. Both languages of a translator
share one vocabulary, so that what looks alike is alike. `tokenizer.json`, which the package tokenizers reads, travels with
the weights. A piece that begins a word begins with "▁".
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from hub_models.errors import CheckpointError

PADDING, UNKNOWN, START, END = range(4)
SIGNS = ("<PAD>", "<UNK>", "<SOS>", "<EOS>")
LARGEST_FILE = 16 * 1024**2  # bytes; 60,000 pieces take 4 MB
MOST_PIECES = 300_000


class Pieces:
    """The vocabulary in `content`, the bytes of a tokenizer.json. ValueError where it is none of ours."""

    def __init__(self, content: bytes) -> None:
        from tokenizers import Tokenizer

        if len(content) > LARGEST_FILE:
            raise ValueError(f"expected at most {LARGEST_FILE} bytes, got {len(content)}")
        text = content.decode()
        try:
            self.tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # the package raises nothing more specific
            raise ValueError(f"expected a tokenizer: {error}") from error
        self.content = content
        self.size = self.tokenizer.get_vocab_size()
        if self.size > MOST_PIECES or tuple(map(self.tokenizer.id_to_token, range(len(SIGNS)))) != SIGNS:
            raise ValueError(f"expected at most {MOST_PIECES:,} pieces that begin with {', '.join(SIGNS)}")
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.tokenizer.encode_special_tokens = True  # <EOS> in a visitor's text is five characters

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Every piece by number."""
        return tuple(self.tokenizer.id_to_token(i) or "" for i in range(self.size))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces of `text`, and <EOS>."""
        return [*self.tokenizer.encode(text, add_special_tokens=False).ids, END]

    def all_numbers(self, texts: Sequence[str]) -> list[list[int]]:
        """The same for many texts."""
        found = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [[*one.ids, END] for one in found]

    def unknown(self, text: str) -> tuple[str, ...]:
        """The parts of `text` that have no piece, each once."""
        found = self.tokenizer.encode(text, add_special_tokens=False)
        parts = [
            text[a:b].strip() for n, (a, b) in zip(found.ids, found.offsets, strict=True) if n == UNKNOWN
        ]
        return tuple(dict.fromkeys(part for part in parts if part))

    def text(self, numbers: Sequence[int]) -> str:
        """The text that pieces make; signs such as <EOS> write nothing."""
        written = "".join(self.entries[n] for n in numbers if n >= len(SIGNS))
        return written.replace("▁", " ").strip()


def learn_pieces(texts: Iterable[str], most: int) -> Pieces:
    """A vocabulary of about `most` pieces, learned from `texts` by byte-pair encoding."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=SIGNS[UNKNOWN]))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace("’", "'"), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Split("'", "merged_with_previous"),  # l'|homme
            pre_tokenizers.Split(Regex(r"[^\w▁'-]"), "isolated"),
        ]
    )
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=most, special_tokens=list(SIGNS), show_progress=False, min_frequency=2
        ),
    )
    return Pieces(tokenizer.to_str(pretty=False).encode())


def read_pieces(path: Path) -> Pieces:
    """The vocabulary in a file, which may come from anyone. CheckpointError `checkpoint_missing`, `checkpoint_corrupt`."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("too large")
        return Pieces(path.read_bytes())
    except OSError as error:
        raise CheckpointError(
            "checkpoint_missing",
            f"Expected the pieces of words of this network in {path.name}, found none. Make or fetch it again.",
        ) from error
    except ValueError as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected the pieces of words of this network in {path.name}, but it cannot be used. Make or fetch it again.",
        ) from error
