"""A headless Chromium driven over its debugging socket (DevTools protocol, RFC 6455), in plain Python."""
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-port=0"]


def find():
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Socket:
    """Text messages of a websocket; the server's are not masked, ours are (with zeros)."""

    def __init__(self, host, port, path, timeout):
        self.s = socket.create_connection((host, port), timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self.s.sendall(("GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n"
                        % (path, host, port, key)).encode())
        self.file = self.s.makefile("rb")
        if b" 101 " not in self.file.readline():
            raise OSError("the browser refuses the debugging socket")
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def send(self, text):
        data = text.encode()
        n = len(data)
        size = (struct.pack("!B", 0x80 | n) if n < 126 else struct.pack("!BH", 0xfe, n) if n < 65536
                else struct.pack("!BQ", 0xff, n))
        self.s.sendall(b"\x81" + size + b"\0\0\0\0" + data)

    def receive(self):
        text = b""
        while True:
            first, second = self.file.read(2)
            n = second & 127
            if n >= 126:
                n = int.from_bytes(self.file.read(2 if n == 126 else 8), "big")
            text += self.file.read(n)
            if first & 0x80:
                return text.decode()

    def close(self):
        self.file.close()
        self.s.close()


class Browser:
    """One page. `requests` are the addresses it asked for, `problems` what the console said."""

    def __init__(self, timeout=60):
        self.timeout, self.number = timeout, 0
        self.requests, self.problems = [], []
        self.folder = tempfile.mkdtemp(prefix="hotgrid-chromium-")
        self.process = subprocess.Popen([find(), *FLAGS, "--user-data-dir=" + self.folder, "about:blank"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.folder})
        port = self.wait_for_port()
        with urllib.request.urlopen("http://127.0.0.1:%d/json/list" % port, timeout=timeout) as answer:
            pages = [p for p in json.load(answer) if p["type"] == "page"]
        path = pages[0]["webSocketDebuggerUrl"].split("/", 3)[3]
        self.socket = Socket("127.0.0.1", port, "/" + path, timeout)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def wait_for_port(self):
        end = time.monotonic() + self.timeout
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with open(os.path.join(self.folder, "DevToolsActivePort")) as f:
                    return int(f.readline())
            except (OSError, ValueError):
                time.sleep(0.1)
        self.close()
        raise OSError("Chromium does not start")

    def close(self):
        if hasattr(self, "socket"):
            self.socket.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self, message):
        method, p = message.get("method", ""), message.get("params", {})
        if method == "Network.requestWillBeSent" and not p["request"]["url"].startswith("data:"):
            self.requests.append(p["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(p["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled":
            self.problems.append("console.%s %s" % (p["type"], [a.get("value") for a in p["args"]]))
        elif method == "Log.entryAdded":
            self.problems.append("%(level)s: %(text)s" % p["entry"])

    def wait(self, wanted):
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            message = json.loads(self.socket.receive())
            self.take(message)
            if wanted(message):
                return message
        raise TimeoutError("Chromium does not answer")

    def call(self, method, **params):
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        message = self.wait(lambda m: m.get("id") == number)
        if "error" in message:
            raise RuntimeError("%s: %s" % (method, message["error"]))
        return message["result"]

    def open(self, path, width=1440, height=900, dark=False, touch=False):
        self.requests, self.problems = [], []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait(lambda m: m.get("method") == "Page.loadEventFired")

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:800])
        return result["result"].get("value")

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, clickCount=1,
                      button="none" if kind == "mouseMoved" else "left")

    def key(self, name, code=0, text=""):
        down = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code,
                      **(down if kind == "keyDown" else {}))

    def wait_until(self, script):
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError("never true: " + script)
