"""`python -m clvcli` is `clv`."""

from clvcli.cli.app import main

if __name__ == "__main__":
    main()
