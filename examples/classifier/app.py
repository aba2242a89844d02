"""The service: GET / /health /healthz, and POST /predict with a bearer token and an image.

gunicorn runs create_app(); README.md lists the settings, which all come from the environment. What is wrong with a
request is answered as JSON: what ("error") and how to fix it ("hint").
"""

import hmac
import io
import os
import pathlib
import sys
import threading
import time

from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from errors import ConfigError, Refused

MAX_BYTES = 10 << 20
DEFAULT_MODEL = pathlib.Path(__file__).resolve().parent / "mobilenetv2-synthetic.onnx"
BOOT_ERROR = 3  # gunicorn stops if a worker ends with this; after any other code it starts the next one, forever


class Lazy:
    """The classifier, loaded once, when first asked for. Its modules too: importing OpenCV is half of a cold start."""

    def __init__(self, env):
        self.env = env
        self.lock = threading.Lock()
        self.classifier = None

    def get(self):
        with self.lock:
            if self.classifier is None:
                start = time.monotonic()
                from model import Classifier

                model = self.env.get("MODEL") or DEFAULT_MODEL
                self.classifier = Classifier(model, self.env.get("LABELS"), self.env.get("PREPROCESS") or "torch")
                seconds = time.monotonic() - start
                print(f"classifier: loaded {model} in {seconds:.2f} s, weights: {self.classifier.weights}", flush=True)
            return self.classifier


def settings(env):
    """Returns the token (bytes, or None where anyone may ask) and the most bytes of a body."""
    token = env.get("TOKEN", "")
    if not token and env.get("ALLOW_ANONYMOUS") != "1":
        raise ConfigError(
            "TOKEN is not set: set it to the token that clients must send, or ALLOW_ANONYMOUS=1 to let anyone in"
        )
    if env.get("LOAD", "start") not in ("start", "worker", "lazy"):
        raise ConfigError(f"LOAD={env['LOAD']} is unknown: it is start, worker or lazy")
    limit = env.get("MAX_BYTES", str(MAX_BYTES))
    if not limit.isdigit() or int(limit) == 0:
        raise ConfigError(f"MAX_BYTES={limit} is not a number of bytes")
    return os.fsencode(token) or None, int(limit)


def refuse(status, error, hint, **headers):
    raise Refused(status, error, hint, {name.replace("_", "-"): value for name, value in headers.items()})


def check_token(token):
    if token is None:
        return
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        refuse(401, "no bearer token came", "send Authorization: Bearer TOKEN", WWW_Authenticate="Bearer")
    # A header comes as its bytes, decoded as latin-1. A comparison that stops at the first difference would tell how much of a guess is right.
    if not hmac.compare_digest(given.strip().encode("latin-1"), token):
        refuse(401, "this token is not the right one", "send the service's TOKEN", WWW_Authenticate='Bearer error="invalid_token"')


def read_body(limit):
    """The whole body; none of it is read where its length alone is too much, and never more than the limit."""
    hint = f"send at most {limit} bytes"
    if (request.content_length or 0) > limit:
        refuse(413, f"the body has {request.content_length} bytes", hint)
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        refuse(413, f"the body has more than {limit} bytes", hint)
    return body


def image_of_form(body):
    """The file in the field "image" of a multipart body."""
    environ = dict(request.environ, CONTENT_LENGTH=str(len(body)))
    environ["wsgi.input"] = io.BytesIO(body)
    form = Request(environ)
    file = form.files.get("image")
    if file is None:
        found = ", ".join(list(form.files) + list(form.form)) or "none"
        refuse(400, f'the form has no file "image"; its fields: {found}', "name the field image: curl -F image=@cat.jpg")
    return file.read()


def image_of_request(limit):
    kind = request.mimetype
    if kind not in ("", "multipart/form-data", "application/octet-stream") and not kind.startswith("image/"):
        hint = "send an image as image/jpeg, image/png or image/webp, or as multipart/form-data in the field image"
        refuse(415, f"the body is {kind}", hint, Accept="image/jpeg, image/png, image/webp, multipart/form-data")
    image = read_body(limit)
    if kind == "multipart/form-data":
        image = image_of_form(image)
    if not image:
        refuse(400, "no image came: the body is empty", "send the bytes of an image file, or a form with the field image")
    return image


def answer_errors(app):
    @app.errorhandler(HTTPException)
    def of_flask(error):
        known = {404: "the paths are /, /health, /healthz and /predict", 405: "GET / /health /healthz, POST /predict"}
        answer = jsonify(error=error.name, hint=known.get(error.code, error.description))
        headers = [(name, value) for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")]
        return answer, error.code, headers

    @app.errorhandler(Refused)
    def of_ours(error):
        return jsonify(error=error.error, hint=error.hint), error.status, error.headers

    @app.errorhandler(Exception)
    def of_nobody(_error):
        app.logger.exception("request failed")
        return jsonify(error="the service failed", hint="its log has the reason"), 500


def create_app(env=None):
    env = os.environ if env is None else env
    lazy = Lazy(env)
    try:
        token, limit = settings(env)
        if env.get("LOAD") != "lazy":
            lazy.get()
    except ConfigError as error:
        print(f"classifier: {error}", file=sys.stderr, flush=True)
        raise SystemExit(BOOT_ERROR) from error
    app = Flask(__name__)
    app.json.sort_keys = False

    @app.get("/")
    @app.get("/health")
    @app.get("/healthz")
    def health():
        return jsonify(status="ok", model="loaded" if lazy.classifier else "not loaded yet")

    @app.post("/predict")
    def predict():
        check_token(token)
        return jsonify(lazy.get().classify(image_of_request(limit)))

    answer_errors(app)
    return app
