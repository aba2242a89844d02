#!/usr/bin/python3
"""Tests of the service: its network against the paper that describes it, and its answers from a real gunicorn.

Prints TAP, for scripts/run-tests (make check-classifier). Debian's Python, because Debian's OpenCV belongs to it.
"""

import concurrent.futures
import http.client
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import cv2
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

import make_image
import make_model

HERE = pathlib.Path(__file__).resolve().parent
DESK = (HERE.parents[1] / "scenarios" / "images" / "desk.jpg").read_bytes()
TOKEN = "Grüße-42"
BEARER = {"Authorization": f"Bearer {TOKEN}".encode()}
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="coldswarm-classifier-"))
START_SECONDS_MAX = 120  # for a machine that is busy; it takes two
# The container's own command, so that what is tested is what runs there.
COMMAND = json.loads((HERE / "Dockerfile").read_text().split("\nCMD ")[-1])

# Table 2 of Sandler et al. 2018: input side, channels in, operator, expansion, channels out, repeats, stride.
TABLE_2 = """
224 3    conv3x3    -  32   1 2
112 32   bottleneck 1  16   1 1
112 16   bottleneck 6  24   2 2
56  24   bottleneck 6  32   3 2
28  32   bottleneck 6  64   4 2
14  64   bottleneck 6  96   3 1
14  96   bottleneck 6  160  3 2
7   160  bottleneck 6  320  1 1
7   320  conv1x1    -  1280 1 1
1   1280 linear     -  1000 1 1
"""


def by_the_paper():
    """(weights, biases and batch normalisation's scale and shift; its statistics; multiply-adds) of Table 2."""
    weights = norms = multiply_adds = 0
    for line in TABLE_2.strip().splitlines():
        side, channels, kind, t, out, repeats, stride = (int(w) if w.isdigit() else w for w in line.split())
        for i in range(repeats):
            s = stride if i == 0 else 1
            after = side // s
            if kind == "conv3x3":
                layers = [(9 * channels * out, out, after)]
            elif kind == "conv1x1":
                layers = [(channels * out, out, side)]
            elif kind == "linear":
                weights += channels * out + out
                multiply_adds += channels * out
                layers = []
            else:
                wide = channels * t
                layers = [(channels * wide, wide, side)] if t > 1 else []
                layers += [(9 * wide, wide, after), (wide * out, out, after)]
            weights += sum(w for w, _, _ in layers)
            norms += sum(n for _, n, _ in layers)
            multiply_adds += sum(w * a * a for w, _, a in layers)
            side, channels = after, out
    return weights + 2 * norms, 2 * norms, multiply_adds


def counted(model):
    """The same three numbers, from the nodes and shapes of an ONNX file."""
    graph = shape_inference.infer_shapes(model).graph
    sizes = {w.name: math.prod(w.dims) for w in graph.initializer}
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in graph.value_info}
    statistics = sum(sizes[name] for n in graph.node if n.op_type == "BatchNormalization" for name in n.input[3:5])
    convolutions = [n for n in graph.node if n.op_type == "Conv"]
    multiply_adds = sum(sizes[n.input[1]] * math.prod(shapes[n.output[0]][2:]) for n in convolutions)
    multiply_adds += sum(sizes[n.input[1]] for n in graph.node if n.op_type == "Gemm")
    return sum(sizes.values()) - statistics, statistics, multiply_adds


def colour_model(path, softmax=False):
    """A "trained" network whose three outputs are the means of what it was given as red, green and blue."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "one", "zero"], ["out"], transB=1),
    ]
    weights = [
        numpy_helper.from_array(numpy.eye(3, dtype=numpy.float32), "one"),
        numpy_helper.from_array(numpy.zeros(3, numpy.float32), "zero"),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["out"], ["probabilities"], axis=1))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])
    out = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, [1, 3])
    graph = helper.make_graph(nodes, "colour", [image], [out], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 10)])
    model.ir_version = 5
    path.write_bytes(model.SerializeToString())
    return path


def picture(colour, kind=".png", size=(256, 256)):
    """An image file of one colour, given as red, green, blue."""
    pixels = numpy.full((*size, 3), colour[::-1], numpy.uint8)
    return cv2.imencode(kind, pixels)[1].tobytes()


def softmax(values):
    e = [math.exp(v) for v in values]
    return [v / sum(e) for v in e]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    """The container's command with its own environment, on a free port of 127.0.0.1. In our process group, which whoever
    runs us ends with us."""

    started = []

    def __init__(self, **env):
        self.port = free_port()
        kept = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PORT": str(self.port)}
        self.log = tempfile.TemporaryFile(dir=SCRATCH)
        self.process = subprocess.Popen(
            COMMAND, cwd=HERE, env={**kept, **env}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        self.started.append(self)

    def text(self):
        self.log.seek(0)
        return self.log.read().decode()

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.text()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"does not listen: {self.text()}")

    def ask(self, method, path, body=None, headers=None, chunked=False):
        """Returns (status, headers, decoded JSON); an error's JSON says what and how to fix it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS_MAX)
        try:
            connection.request(method, path, body, headers or {}, encode_chunked=chunked)
            answer = connection.getresponse()
            data = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 400:
            assert set(data) == {"error", "hint"} and all(data.values()), data
        return answer.status, answer.headers, data

    def predict(self, body, kind="image/jpeg", headers=BEARER, **more):
        return self.ask("POST", "/predict", body, {**headers, **({"Content-Type": kind} if kind else {})}, **more)

    def stop(self, number=signal.SIGTERM):
        """Returns the exit code. No worker may go on: it would still hold the port open."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except ConnectionRefusedError:
            return code
        raise AssertionError("a process of the service stayed behind")


def form(*parts):
    """(body, type) of a multipart form; a part is (field, file name or None, bytes)."""
    body = b""
    for name, file, data in parts:
        file = f'; filename="{file}"' if file else ""
        body += f'--BOUND\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"
    return body + b"--BOUND--\r\n", "multipart/form-data; boundary=BOUND"


class Network(unittest.TestCase):
    def setUp(self):
        self.model = onnx.load(str(SYNTHETIC_MODEL))

    def test_is_mobilenetv2_by_its_parameters(self):
        # 3 504 872 is what torchvision's documentation gives for mobilenet_v2, 3 538 984 what Keras prints for MobileNetV2.
        trainable, statistics, _ = counted(self.model)
        self.assertEqual((trainable, trainable + statistics), (3_504_872, 3_538_984))
        self.assertEqual((trainable, statistics), by_the_paper()[:2])

    def test_is_mobilenetv2_by_its_multiply_adds(self):
        self.assertEqual(counted(self.model)[2], by_the_paper()[2])
        self.assertEqual(by_the_paper()[2], 300_774_272)

    def test_has_the_residuals_where_the_shape_stays(self):
        # Table 2: of n blocks of a stage, all but the first keep their shape: 1 + 2 + 3 + 2 + 2.
        kinds = [n.op_type for n in self.model.graph.node]
        self.assertEqual((kinds.count("Add"), kinds.count("Conv"), kinds.count("Clip")), (10, 52, 35))

    def test_the_seed_decides_the_file(self):
        again = make_model.build(2018).SerializeToString(deterministic=True)
        self.assertEqual(again, SYNTHETIC_MODEL.read_bytes())
        self.assertNotEqual(again, make_model.build(2019).SerializeToString(deterministic=True))

    def test_the_committed_picture_is_the_one_that_is_drawn(self):
        pixels = cv2.imdecode(numpy.frombuffer(DESK, numpy.uint8), cv2.IMREAD_COLOR)
        self.assertEqual(pixels.shape, (480, 640, 3))
        self.assertLess(numpy.abs(pixels.astype(int) - make_image.draw()).mean(), 6)  # JPEG's loss, mostly of the grain


class Predictions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(TOKEN=TOKEN, MAX_BYTES="200000", OPENCV_IO_MAX_IMAGE_PIXELS="1000000").wait_ready()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()

    def status(self, *args, **kw):
        return self.service.predict(*args, **kw)[0]

    def test_health_on_three_paths_without_a_token(self):
        for path in ("/", "/health", "/healthz"):
            self.assertEqual(self.service.ask("GET", path)[::2], (200, {"status": "ok", "model": "loaded"}))

    def test_one_picture_has_one_answer_however_it_comes(self):
        status, headers, answer = self.service.predict(DESK)
        self.assertEqual((status, headers["Content-Type"], answer["weights"]), (200, "application/json", "synthetic"))
        self.assertEqual(answer["label"], f"class {answer['class']}")
        self.assertIn(answer["class"], range(1000))
        self.assertTrue(0.001 <= answer["score"] <= 1)
        for body, kind in ((DESK, "application/octet-stream"), (DESK, None), form(("image", "desk.jpg", DESK))):
            self.assertEqual(self.service.predict(body, kind)[::2], (200, answer), kind)
        more = form(("note", None, b"x"), ("image", "a b", DESK), ("other", "c", b"y"))
        self.assertEqual(self.service.predict(*more)[::2], (200, answer))
        pieces = [DESK[i : i + 5000] for i in range(0, len(DESK), 5000)]
        self.assertEqual(self.service.predict(iter(pieces), chunked=True)[::2], (200, answer))

    def test_kinds_of_images(self):
        for kind in (".jpg", ".png", ".webp"):
            self.assertEqual(self.status(picture((9, 99, 199), kind)), 200, kind)
        for size in ((1, 1), (1, 3000), (3000, 1)):
            self.assertEqual(self.status(picture((1, 2, 3), size=size)), 200, size)
        grey = cv2.imencode(".png", numpy.zeros((9, 9), numpy.uint16))[1].tobytes()
        clear = cv2.imencode(".png", numpy.zeros((9, 9, 4), numpy.uint8))[1].tobytes()
        self.assertEqual((self.status(grey), self.status(clear)), (200, 200))

    def test_401(self):
        wrong = ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \u00ff"]
        for value in [None] + wrong:
            headers = {} if value is None else {"Authorization": value.encode("utf-8")}
            status, answered, _ = self.service.predict(DESK, headers=headers)
            self.assertEqual(status, 401, value)
            self.assertTrue(answered["WWW-Authenticate"].startswith("Bearer"), value)
        self.assertEqual(self.status(DESK, headers={"Authorization": f"bEARER  {TOKEN}".encode()}), 200)

    def test_415(self):
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed"):
            self.assertEqual(self.status(DESK, kind), 415, kind)
        for body in (b"GIF89a" + bytes(50), b'{"image": 1}', b"\xff\xd8", b"RIFF1234WAVE"):
            self.assertEqual(self.status(body), 415, body)

    def test_400(self):
        png = picture((1, 2, 3))
        for body in (b"", DESK[:-2], DESK[: len(DESK) // 2], DESK[:100], png[:-20], png[:40] + b"\0" * 9 + png[49:]):
            self.assertEqual(self.status(body), 400, body[:10])
        for parts in ([("picture", "a.jpg", DESK)], [("image", None, b"text")], [("image", "a.jpg", b"")], []):
            self.assertEqual(self.status(*form(*parts)), 400, [p[:2] for p in parts])
        self.assertEqual(self.status(b"nonsense", "multipart/form-data; boundary=BOUND"), 400)
        self.assertEqual(self.status(DESK, "multipart/form-data"), 400)

    def test_413(self):
        # The length alone is enough: not a byte of the body is sent here.
        headers = {**BEARER, "Content-Type": "image/jpeg", "Content-Length": "200001"}
        self.assertEqual(self.service.ask("POST", "/predict", None, headers)[0], 413)
        with socket.create_connection(("127.0.0.1", self.service.port), START_SECONDS_MAX) as s:
            # Nor is one without a length read to its end, which here never comes.
            s.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode())
            s.sendall(b"Transfer-Encoding: chunked\r\n\r\n" + b"2710\r\n" + bytes(10_000) + b"\r\n")
            s.sendall((b"2710\r\n" + bytes(10_000) + b"\r\n") * 20)
            self.assertTrue(s.recv(12).startswith(b"HTTP/1.1 413"))
        bomb = picture((0, 0, 0), size=(1001, 1000))
        self.assertLess(len(bomb), 10_000)
        self.assertEqual(self.status(bomb), 413)
        self.assertEqual(self.status(picture((0, 0, 0), size=(1000, 1000))), 200)

    def test_404_and_405(self):
        self.assertEqual(self.service.ask("GET", "/nowhere")[0], 404)
        status, headers, _ = self.service.ask("GET", "/predict")
        self.assertEqual((status, "POST" in headers["Allow"]), (405, True))
        self.assertEqual(self.service.ask("POST", "/", b"")[0], 405)

    def test_the_connection_is_kept_after_each_answer(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=START_SECONDS_MAX)
        headers = {**BEARER, "Content-Type": "image/jpeg"}
        for given, body, expected in ((headers, DESK, 200), ({}, DESK, 401), (headers, b"?", 415), (headers, DESK, 200)):
            connection.request("POST", "/predict", body, given)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, expected)
        connection.close()


class OwnModel(unittest.TestCase):
    """A network whose answers can be worked out by hand, in place of a trained one."""

    COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}

    @classmethod
    def setUpClass(cls):
        cls.labels = SCRATCH / "colours.txt"
        cls.labels.write_text("red\ngreen\nblue\n")
        env = {"MODEL": str(colour_model(SCRATCH / "colour.onnx")), "LABELS": str(cls.labels), "TOKEN": TOKEN}
        soft = {**env, "MODEL": str(colour_model(SCRATCH / "soft.onnx", softmax=True)), "PREPROCESS": "keras", "LOAD": "worker"}
        cls.torch = Service(**env)
        cls.keras = Service(**soft)

    @classmethod
    def tearDownClass(cls):
        cls.torch.stop()
        cls.keras.stop()

    def test_torch_gets_mean_and_deviation_of_imagenet_and_the_answer_is_a_softmax(self):
        self.torch.wait_ready()
        for i, (label, colour) in enumerate(self.COLOURS.items()):
            values = [(c / 255 - m) / d for c, m, d in zip(colour, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
            score = round(softmax(values)[i], 4)
            expected = {"class": i, "label": label, "score": score, "weights": "colour.onnx"}
            self.assertEqual(self.torch.predict(picture(colour))[2], expected)

    def test_keras_gets_minus_one_to_one_and_its_softmax_stays(self):
        self.keras.wait_ready()
        # 51, 102, 204 of 255 are -0.6, -0.2 and 0.6 between -1 and 1.
        answer = self.keras.predict(picture((51, 102, 204)))[2]
        self.assertAlmostEqual(answer.pop("score"), softmax([-0.6, -0.2, 0.6])[2], delta=2e-4)
        self.assertEqual(answer, {"class": 2, "label": "blue", "weights": "soft.onnx"})

    def test_torch_sees_the_middle_and_keras_all_of_it(self):
        # Of 600 x 400 the middle square of 350 counts: columns 125 to 475. Blue has the more of all, red the more of the middle.
        pixels = numpy.zeros((400, 600, 3), numpy.uint8)
        pixels[:] = (255, 0, 0)
        pixels[:, 180:420] = (0, 0, 255)
        body = cv2.imencode(".png", pixels)[1].tobytes()
        self.torch.wait_ready()
        self.keras.wait_ready()
        self.assertEqual((self.torch.predict(body)[2]["label"], self.keras.predict(body)[2]["label"]), ("red", "blue"))

    def test_every_client_gets_the_answer_to_its_own_picture(self):
        self.torch.wait_ready()
        jobs = [(label, picture(colour)) for label, colour in self.COLOURS.items()] * 40
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda job: self.torch.predict(job[1])[2]["label"], jobs))
        self.assertEqual(answers, [label for label, _ in jobs])


class Starting(unittest.TestCase):
    def refused(self, *cases):
        """Each of these environments makes the service end by itself, and say these words. Together, for their time."""
        services = [(words, Service(**env)) for words, env in cases]
        try:
            for words, service in services:
                self.assertEqual(service.process.wait(START_SECONDS_MAX), 3, words)
                for word in words:
                    self.assertIn(word, service.text())
        finally:
            for _, service in services:
                service.stop()

    def test_without_a_token_it_does_not(self):
        self.refused(
            (("TOKEN is not set", "ALLOW_ANONYMOUS=1"), {}),
            (("TOKEN is not set",), {"TOKEN": "", "ALLOW_ANONYMOUS": "yes", "LOAD": "worker"}),
        )

    def test_with_wrong_settings_it_does_not(self):
        self.refused(
            (("LOAD=sometimes", "start, worker or lazy"), {"TOKEN": TOKEN, "LOAD": "sometimes"}),
            (("MAX_BYTES=10M",), {"TOKEN": TOKEN, "MAX_BYTES": "10M"}),
            (("PREPROCESS=tf", "torch or keras"), {"TOKEN": TOKEN, "PREPROCESS": "tf"}),
        )

    def test_with_a_model_that_cannot_be_used_it_does_not(self):
        labels = SCRATCH / "two.txt"
        labels.write_text("red\ngreen\n")
        model = str(colour_model(SCRATCH / "three.onnx"))
        self.refused(
            (("/nowhere.onnx", "make_model.py"), {"TOKEN": TOKEN, "MODEL": "/nowhere.onnx"}),
            (("OpenCV cannot run the model app.py",), {"TOKEN": TOKEN, "MODEL": "app.py", "LOAD": "worker"}),
            (("2 lines", "3 classes"), {"TOKEN": TOKEN, "MODEL": model, "LABELS": str(labels)}),
        )

    def test_lazy_loads_with_the_first_picture_and_anyone_may_ask_where_that_is_allowed(self):
        service = Service(ALLOW_ANONYMOUS="1", LOAD="lazy").wait_ready()
        try:
            self.assertEqual(service.ask("GET", "/")[2]["model"], "not loaded yet")
            self.assertEqual(service.predict(b"no image", headers={})[0], 415)
            self.assertEqual(service.predict(DESK, headers={})[0], 200)
            self.assertEqual(service.ask("GET", "/")[2]["model"], "loaded")
        finally:
            service.stop()

    def test_sigterm_lets_a_request_finish_and_leaves_nothing(self):
        service = Service(TOKEN=TOKEN).wait_ready()
        with socket.create_connection(("127.0.0.1", service.port), START_SECONDS_MAX) as s:
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(DESK)}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
            s.sendall(head.encode() + DESK[:1000])
            service.ask("GET", "/")  # answered after the head above was taken
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            s.sendall(DESK[1000:])
            self.assertTrue(s.recv(12).startswith(b"HTTP/1.1 200"))
        self.assertEqual(service.stop(), 0)


class Tap(unittest.TestResult):
    """Prints each test's result as a line of TAP."""

    def __init__(self):
        super().__init__()
        self.texts = {}

    def note(self, test, text):
        self.texts.setdefault(test, text)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        if not isinstance(test, unittest.TestCase) or test.id().startswith("unittest"):
            # setUpClass failed: its tests will be missing, which the plan shows; here is why.
            print("\n".join("# " + line for line in self.errors[-1][1].splitlines()))
        self.note(test, self.errors[-1][1])

    def stopTest(self, test):
        super().stopTest(test)
        text = self.texts.get(test)
        print(f"{'not ok' if text else 'ok'} {self.testsRun} - {type(test).__name__}: {test._testMethodName[5:].replace('_', ' ')}")
        if text:
            print("\n".join("# " + line for line in text.splitlines()))
        sys.stdout.flush()


SYNTHETIC_MODEL = HERE / "mobilenetv2-synthetic.onnx"


def main():
    if not SYNTHETIC_MODEL.exists():
        make_model.main()
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = Tap()
    suite.run(result)
    for service in Service.started:  # of a class whose set-up failed
        service.process.kill()
    subprocess.run(["rm", "-rf", str(SCRATCH)], check=False)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
