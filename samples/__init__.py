"""A whole sample organisation, as files in the tools' own formats, made from a seed."""
