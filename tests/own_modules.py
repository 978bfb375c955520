"""A user's own modules, written into the working folder of a test."""


def write_module(folder, monkeypatch, text: str) -> str:
    """Write a module into an empty working folder; return its name, which no other test has."""
    monkeypatch.chdir(folder)
    name = f"nets_{folder.name}".replace("-", "_")
    (folder / f"{name}.py").write_text(text)
    return name
