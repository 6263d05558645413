"""Where an entry stands in nested data, such as teams.emea.manager."""

Path = tuple[str | int, ...]


def written(path: Path) -> str:
    """Write a path as people read it, such as teams.emea.manager or people[2].email."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
