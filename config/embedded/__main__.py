"""``python -m config.embedded start|stop|status|url``: the server without the rest."""

import sys

from config.embedded import EmbeddedError, ensure_running, status, stop


def main(words: list[str]) -> int:
    """Serve ``python -m config.embedded start|stop|status|url``."""
    try:
        if words in (["start"], ["url"]):
            print(ensure_running())
        elif words == ["stop"]:
            print("stopped" if stop() else "was not running")
        elif words == ["status"]:
            print(status())
        else:
            print("usage: python -m config.embedded start|stop|status|url", file=sys.stderr)
            return 2
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
