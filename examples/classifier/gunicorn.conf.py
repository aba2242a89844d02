"""How gunicorn serves the app: one process and eight threads unless told otherwise, as for one vCPU."""

import os


def number(name, default):
    value = os.environ.get(name, default)
    if not value.isdigit():
        raise SystemExit(f"classifier: {name}={value} is not a number")
    return int(value)


# A container must listen on all addresses, a service on someone's machine on none that others reach.
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{number('PORT', '5000')}"
workers = number("WORKERS", "1")
threads = number("THREADS", "8")
worker_class = "gthread"

# start: the port opens when the model is loaded, so a start-up probe tells when answers come. worker: the port opens at once
# and requests wait in its backlog, so the platform sends them early and they pay for the start. lazy: the first image loads it.
preload_app = os.environ.get("LOAD", "start") == "start"

timeout = 0  # the platform limits requests; gunicorn's limit would kill the process and all that it is at
graceful_timeout = 9  # Cloud Run kills 10 s after SIGTERM
keepalive = 620  # longer than the front end keeps its connections, or it sends into one that is just closing
