"""The command line: options, commands, and the one place where an error becomes text."""
