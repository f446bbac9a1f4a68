"""Prints the versions of Python and of all packages that are installed, as JSON."""

import importlib.metadata
import json
import platform

found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
print(json.dumps(found | {"Python": platform.python_version()}))
