"""The tests; a package of its own name, because an installed corpus ships another `tests`."""
