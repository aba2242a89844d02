"""An image classifier: MobileNetV2 1.0/224, or any network with its input, from an ONNX file, run by OpenCV.

Knows nothing of HTTP: it raises Refused for an image that it cannot take, with the status that fits, and ConfigError
for a model that cannot be used. classify() may be called from several threads; the network itself runs one image at a
time on one thread, as one vCPU does, because OpenCV's networks hold the state of the image they are at.
"""

import os
import pathlib
import re
import threading

# The largest image that is decoded, 3 bytes a pixel in memory: a few kilobytes of PNG can hold gigabytes of pixels.
# OpenCV reads this once, when it is loaded.
MAX_PIXELS = int(os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 25)))

import cv2  # noqa: E402
import numpy  # noqa: E402

from errors import ConfigError, Refused  # noqa: E402

SIDE = 224
SYNTHETIC = "coldswarm synthetic weights"  # in the head of a file that make_model.py wrote
KINDS = "JPEG, PNG or WebP"

# How the pixels were given to the network when it was trained. Names and numbers are those of the two places from which
# trained MobileNetV2s come; both want RGB.
PREPROCESS = {
    # torchvision: short side to 256, the middle 224 x 224, (x / 255 - mean) / deviation
    "torch": {"crop": 224 / 256, "mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)},
    # Keras applications: the whole image to 224 x 224, x / 127.5 - 1
    "keras": {"crop": None, "mean": (0.5, 0.5, 0.5), "deviation": (0.5, 0.5, 0.5)},
}


def kind_of(data):
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return None


def jpeg_is_whole(data):
    """Whether the end marker is there. The decoder fills what is missing with grey and says nothing."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xD9:
            return True
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # pixels follow, up to the next marker that is neither a stuffed byte nor a restart
            found = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(data, at)
            if not found:
                return False
            at = found.start()
    return data[at : at + 2] == b"\xff\xd9"


def decode(data):
    """The pixels (BGR, upright by its EXIF orientation) of an image file."""
    kind = kind_of(data)
    if kind is None:
        raise Refused(415, f"the body is not a {KINDS} image", f"send the bytes of a {KINDS} file")
    whole = {"JPEG": jpeg_is_whole, "PNG": lambda png: b"IEND" in png[-64:]}.get(kind, lambda _: True)
    if not whole(data):
        raise Refused(400, f"the {kind} ends before its end: {len(data)} bytes came", "send the whole file")
    try:
        pixels = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "MAX_IMAGE" in str(error):
            hint = "scale it down: the network looks at 224 x 224"
            raise Refused(413, f"the image has more than {MAX_PIXELS} pixels", hint) from error
        pixels = None
    if pixels is None:
        raise Refused(400, f"the {kind} is damaged", "open it in an image viewer, save it again and send that")
    return pixels


def prepare(pixels, how):
    """The network's input, 1 x 3 x 224 x 224, from BGR pixels."""
    if how["crop"]:
        height, width = pixels.shape[:2]
        side = max(1, round(min(height, width) * how["crop"]))
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[top : top + side, left : left + side]
    shrinks = min(pixels.shape[:2]) > SIDE
    pixels = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    x = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(numpy.float32) / 255
    x = (x - numpy.float32(how["mean"])) / numpy.float32(how["deviation"])
    return numpy.ascontiguousarray(x.transpose(2, 0, 1)[numpy.newaxis])


def probabilities(output):
    """Exports from Keras end in a softmax, those from torchvision before it."""
    if output.min() >= 0 and abs(output.sum() - 1) < 1e-3:
        return output
    e = numpy.exp(output - output.max())
    return e / e.sum()


def read_labels(path, count):
    try:
        labels = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"LABELS={path} cannot be read: {error}") from error
    if len(labels) != count:
        raise ConfigError(
            f"LABELS={path} has {len(labels)} lines and the model {count} classes: give a line for each, in the model's order"
        )
    return labels


class Classifier:
    """A loaded network. weights is "synthetic" where the file came from make_model.py, else the file's name."""

    def __init__(self, path, labels=None, preprocess="torch"):
        if preprocess not in PREPROCESS:
            raise ConfigError(f"PREPROCESS={preprocess} is unknown: it is {' or '.join(PREPROCESS)}, as the model was trained")
        self.how = PREPROCESS[preprocess]
        self.lock = threading.Lock()
        cv2.setNumThreads(1)
        path = pathlib.Path(path)
        try:
            data = path.read_bytes()
            self.net = cv2.dnn.readNetFromONNX(numpy.frombuffer(data, numpy.uint8))
            self.net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
            # The first image costs more than the next ones: memory is laid out, layers are joined.
            count = self.run(numpy.zeros((1, 3, SIDE, SIDE), numpy.float32)).size
        except OSError as error:
            hint = "run make_model.py, or set MODEL to an ONNX file"
            raise ConfigError(f"the model {path} cannot be read: {error.strerror}; {hint}") from error
        except cv2.error as error:
            reason = " ".join(str(error).split())
            hint = "it must be an ONNX file that takes 1 x 3 x 224 x 224 (from Keras: tf2onnx --inputs-as-nchw)"
            raise ConfigError(f"OpenCV cannot run the model {path}: {hint}. It says: {reason[:300]}") from error
        self.weights = "synthetic" if SYNTHETIC.encode() in data[:256] else path.name
        self.labels = read_labels(labels, count) if labels else [f"class {i}" for i in range(count)]

    def run(self, x):
        with self.lock:
            self.net.setInput(x)
            return self.net.forward().flatten()

    def classify(self, data):
        scores = probabilities(self.run(prepare(decode(data), self.how)))
        best = int(scores.argmax())
        return {"class": best, "label": self.labels[best], "score": round(float(scores[best]), 4), "weights": self.weights}
