"""A headless Chromium, driven through a pipe: what a page did when it was loaded, and pictures of it.

Chromium's debugging protocol (https://chromedevtools.github.io/devtools-protocol/) over --remote-debugging-pipe: JSON messages that
end with a NUL, on the file descriptors 3 and 4. Python's standard library only. browser.find() is None where there is none.
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time


def find():
    return next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)


class Browser:
    """with Browser() as b: b.open(path); b.value("document.title"); b.complaints, b.requests"""

    def __init__(self, timeout_s=60):
        self.timeout_s, self.serial, self.answers, self.events, self.rest = timeout_s, 0, {}, [], b""
        self.session, self.complaints, self.requests = None, [], []

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="coldswarm-browser-")
        their_in, self.to = os.pipe()
        self.come, their_out = os.pipe()

        def hand_over():
            a, b = os.dup(their_in), os.dup(their_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
        self.process = subprocess.Popen(
            [find(), "--headless", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
             "--disable-component-update", *sandbox],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=hand_over, start_new_session=True)
        os.close(their_in)
        os.close(their_out)
        os.set_blocking(self.come, False)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log", "Network":
            self.call(domain + ".enable")
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError, TimeoutError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.come)
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self, deadline):
        while b"\0" not in self.rest:
            try:
                more = os.read(self.come, 1 << 20)
                if not more:
                    raise RuntimeError("the browser is gone")
                self.rest += more
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError("the browser does not answer") from None
                time.sleep(0.005)
        one, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(one)
        if "id" in message:
            self.answers[message["id"]] = message
        else:
            self.note(message["method"], message["params"])

    def note(self, method, params):
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(params["args"])
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append("a dialog: " + params["message"])
            self.send("Page.handleJavaScriptDialog", accept=False)
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def send(self, method, **params):
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        return self.serial

    def call(self, method, **params):
        number, deadline = self.send(method, **params), time.monotonic() + self.timeout_s
        while number not in self.answers:
            self.read(deadline)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, address):
        """Loads a file or an http address, until its load event."""
        self.complaints, self.requests, self.events = [], [], []
        url = address if "://" in address else "file://" + os.path.abspath(address)
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + self.timeout_s
        while "Page.loadEventFired" not in self.events:
            self.read(deadline)
        return url

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def settle(self, seconds=0.3):
        """Lets what the page may have started come up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.value("0")
            time.sleep(0.02)

    def look(self, width=1280, height=900, dark=False, media="screen"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def picture(self, path):
        """All of the page as a PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    def pdf(self, path):
        self.call("Emulation.setEmulatedMedia", media="print", features=[])
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"]))
