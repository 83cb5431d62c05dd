"""Pairs of sentences that a small network learns at once, and tiny translators, for the tests of translation."""

import json
from pathlib import Path

THINGS = {"dog": "chien", "cat": "chat", "boy": "garçon", "man": "homme"}
KINDS = {"red": "rouge", "tall": "grand", "old": "vieux"}
PLACES = {"in the park": "dans le parc", "on the street": "dans la rue", "near the lake": "près du lac"}


def pairs(count: int, first: int = 0) -> list[tuple[str, str]]:
    """The colour changes its place: the order turns, as in real French."""
    things, kinds, places = list(THINGS.items()), list(KINDS.items()), list(PLACES.items())
    rows = []
    for i in range(first, first + count):
        (thing, chose), (kind, sorte), (place, lieu) = (
            things[i % 4],
            kinds[(i // 4) % 3],
            places[(i // 12) % 3],
        )
        number = i % 7
        rows.append(
            (f"The {kind} {thing} {number} sits {place}.", f"Le {chose} {sorte} {number} est assis {lieu}.")
        )
    return rows


def write_pairs(folder: Path, train: int = 60, dev: int = 20) -> Path:
    """train.tsv and dev.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", pairs(train)), ("dev", pairs(dev, first=train))):
        (folder / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    return folder


def write_marian(folder: Path) -> Path:
    """A Marian network of the real class with random weights, and a tokenizer learned from the pairs."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text.txt"
    text.write_text("\n".join(side for pair in pairs(60) for side in pair), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "made"),
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = (folder / "made.model").read_bytes()
    reader = sentencepiece.SentencePieceProcessor(model_proto=model)
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model)
    for name in ("made.model", "made.vocab", "text.txt"):
        (folder / name).unlink()
    found = ["</s>", "<unk>", *(reader.id_to_piece(i) for i in range(reader.get_piece_size())), "<pad>"]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(found))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "tokenizer_config.json").write_text(json.dumps({"source_lang": "en", "target_lang": "fr"}))
    padding = vocabulary["<pad>"]
    torch.manual_seed(0)
    network = MarianMTModel(
        MarianConfig(
            vocab_size=len(vocabulary), d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=64,
            pad_token_id=padding, decoder_start_token_id=padding, eos_token_id=0, forced_eos_token_id=None,
        )
    )  # fmt: skip
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1 and "embed_positions" not in name:
            parameter.data.normal_(0, 0.4)  # decisions that are not close
    network.save_pretrained(folder)
    return folder
