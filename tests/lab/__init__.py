"""Private servers for tests and for ./run; see README.md."""
