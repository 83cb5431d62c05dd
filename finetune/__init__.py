"""How checkpoints are made: one recipe a file, one training loop, one way to publish."""
