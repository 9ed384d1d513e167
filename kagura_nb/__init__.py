"""A personal AI assistant that lives in Jupyter and gets better the more you rate it."""
