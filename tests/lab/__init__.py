"""What the Python tests share: a running gateway on a home of its own, an
upstream whose every byte the test chooses, and a client that shows every byte
it gets. Standard library only."""
