"""`python -m marketplace` is the command `marketplace`."""

from marketplace.cli import main

main()
