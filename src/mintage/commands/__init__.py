"""Commands that Mintage adds to doit, one module each."""
