"""Data care: rules that find damage, and an audit that names every repair. See docs/guides/clean-data.md."""
