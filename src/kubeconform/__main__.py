"""`python -m kubeconform`."""

from __future__ import annotations

import sys

from kubeconform.cli import main

sys.exit(main())
