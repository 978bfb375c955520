"""Front ends, one module per convention; `registry` builds them by name."""
