"""The start: looks into files, guesses what they hold, and writes a first uptier.toml."""
