"""A debugger in a running process, where a setting asks for one."""

from backbone.errors import BadRequest


def start_debugging(port: int) -> None:
    """An editor may attach to 127.0.0.1:`port` from now on; 0: none may. Raises `BadRequest` without debugpy."""
    if not port:
        return
    try:
        import debugpy
    except ImportError:
        raise BadRequest("no-debugger", "ROWMILL_DEBUG_PORT needs debugpy, which is not installed: pip install debugpy.") from None
    debugpy.listen(("127.0.0.1", port))
