"""The model mind: completions from any OpenAI-compatible endpoint. The only room that opens connections."""
