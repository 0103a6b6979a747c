"""The overview as stacks: an encoder beside the decoder that reads its memory."""
