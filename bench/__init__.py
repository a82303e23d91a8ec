"""What Kith claims about speed, as a command: `make bench`. See docs/bench.md."""
