"""`python -m walras` is the `walras` command."""

from walras.cli import main

main()
