"""One file per command of the command line. Each has `run(options) -> int`, the exit code."""
