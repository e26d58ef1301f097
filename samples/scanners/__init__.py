"""The three weekly scans, one module for each tool's format."""
