"""Groups of commands."""

from typing import Any

from typer.core import TyperGroup


class ListByDefault(TyperGroup):
    """A group that calls its command `list` where none of its commands is named first."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the arguments after the name of the group."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["list", *args]
        return super().parse_args(ctx, args)
