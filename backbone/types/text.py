"""Text: what is left when a value is of no other type. `TypeDefinition` describes it."""

from backbone.types.definition import TypeDefinition


class Text(TypeDefinition):
    aliases = ("string", "str", "varchar")
