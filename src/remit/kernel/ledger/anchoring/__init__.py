"""The kinds of anchors: each takes a checkpoint note to its place, and knows what is wrong with an address."""
