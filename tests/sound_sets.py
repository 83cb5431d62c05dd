"""Small sets of sounds, and small networks of transformers, for the tests of the task that hears."""

import json
from pathlib import Path

import numpy as np
from hostile_sounds import RATE, saved

HZ = {"low": 300.0, "high": 1500.0}
SPEAKERS = ("ann", "bob", "cia")


def voiced(label: str, speaker: str, number: int) -> np.ndarray:
    """(T,) float32: a tone of its class, a little higher or lower by speaker and number, with some noise."""
    generator = np.random.default_rng([list(HZ).index(label), SPEAKERS.index(speaker), number])
    seconds = 0.3 + 0.2 * generator.random()
    t = np.arange(round(seconds * RATE)) / RATE
    hz = HZ[label] * (0.95 + 0.05 * SPEAKERS.index(speaker)) * (1 + 0.02 * generator.random())
    tone = np.sin(2 * np.pi * hz * t) * np.sin(np.pi * t / seconds)
    return (0.3 * tone + 0.01 * generator.standard_normal(len(t))).astype(np.float32)


def write_sounds(folder: Path, each: int = 6, flat: bool = False) -> Path:
    """CLASS/CLASS_SPEAKER_NUMBER.wav, or all in one folder."""
    for label in HZ:
        place = folder if flat else folder / label
        place.mkdir(parents=True, exist_ok=True)
        for speaker in SPEAKERS:
            for number in range(each):
                name = f"{label}_{speaker}_{number}.wav"
                (place / name).write_bytes(saved(voiced(label, speaker, number)))
    return folder


def write_digits(folder: Path, each: int = 1) -> Path:
    """DIGIT_SPEAKER_NUMBER.wav of two speakers: a tone for each digit."""
    folder.mkdir(parents=True, exist_ok=True)
    for digit in range(10):
        for speaker in SPEAKERS[:2]:
            for number in range(each):
                t = np.arange(2400 + 100 * number) / RATE
                tone = 0.3 * np.sin(2 * np.pi * (200 + 300 * digit + 10 * len(speaker) * number) * t)
                noise = 0.01 * np.random.default_rng([digit, ord(speaker[0])]).standard_normal(len(t))
                (folder / f"{digit}_{speaker}_{number}.wav").write_bytes(
                    saved((tone + noise).astype(np.float32))
                )
    return folder


def named(labels: tuple[str, ...]) -> dict:
    return {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {n: i for i, n in enumerate(labels)},
    }


def write_tiny_ast(folder: Path, labels: tuple[str, ...]) -> Path:
    """An Audio Spectrogram Transformer of two small layers with random weights, and its feature extractor."""
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    torch.manual_seed(0)
    config = ASTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_length=128,
        num_mel_bins=32, **named(labels),
    )  # fmt: skip
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(num_mel_bins=32, max_length=128).save_pretrained(folder)
    return folder


def write_tiny_wav2vec2(folder: Path, labels: tuple[str, ...]) -> Path:
    """A wav2vec 2.0 of two small layers with random weights, and its feature extractor."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, conv_dim=(8, 8, 8),
        conv_kernel=(10, 3, 3), conv_stride=(5, 4, 4), num_feat_extract_layers=3, num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2, classifier_proj_size=8, vocab_size=10, **named(labels),
    )  # fmt: skip
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def write_tiny_whisper(folder: Path) -> Path:
    """A Whisper of one small layer with random weights, its feature extractor, and a tokenizer of letters."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    letters = [*"abcdefghijklmnopqrstuvwxyz", "\u0120"]  # the last: how byte pairs write a space
    vocab = {token: i for i, token in enumerate([*letters, "<|endoftext|>"])}
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    end = vocab["<|endoftext|>"]
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "GPT2Tokenizer", "model_max_length": 64}), encoding="utf-8"
    )
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(vocab), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=16, max_target_positions=24,
        decoder_start_token_id=end, bos_token_id=end, eos_token_id=end, pad_token_id=end, suppress_tokens=None,
        begin_suppress_tokens=None,
    )  # fmt: skip
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=16).save_pretrained(folder)
    return folder
