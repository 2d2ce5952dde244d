"""The launcher: prepares the environments, starts and watches the processes. Standard library only, Python 3.9+."""
