"""How results are shown: text for people, in the terminal. The only package, beside the commands, that knows how."""
