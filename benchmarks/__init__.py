"""What the hub costs beside the bare libraries: ratios, measured in one run on one machine."""
