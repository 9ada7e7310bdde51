"""Values as they are written into SQL text. Pure."""


def literal(text: str) -> str:
    """A text literal that means the same whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    if "\\" not in text:
        return f"'{escaped}'"
    return "E'" + escaped.replace("\\", "\\\\") + "'"
