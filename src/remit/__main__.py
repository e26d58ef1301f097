"""`python -m remit` is the command `remit`."""

import sys

from remit.cli import main

sys.exit(main())
