"""Somebody with a browser: cookies, forms with their tokens and keys, and what came back."""

import http.client
import re
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    text: str


class Visitor:
    """One browser. A connection a request: a kept one would hide which process answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._send("GET", path, None)

    def post(self, path: str, *, once: str = "", **form: str) -> Answer:
        """Send a form, as from a page just drawn, or with the key that it had."""
        sent = {**form, "csrf_token": self.token, "once": once or secrets.token_urlsafe(16)}
        return self._send("POST", path, urlencode(sent))

    def upload(self, path: str, name: str, content: bytes, **form: str) -> Answer:
        """Send a form with a file."""
        fields = {**form, "csrf_token": self.token, "once": secrets.token_urlsafe(16)}
        mark = secrets.token_hex(16)
        begin = f"--{mark}\r\nContent-Disposition: form-data; name="
        parts = [f'{begin}"{at}"\r\n\r\n{value}\r\n' for at, value in fields.items()]
        head = f'{begin}"file"; filename="{name}"\r\n\r\n'
        body = "".join([*parts, head]).encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self._send("POST", path, body, f"multipart/form-data; boundary={mark}")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in, and keep the token with which forms are sent."""
        self._learn(self.get("/sign-in"))
        answer = self.post("/sign-in", email=email, password=password)
        if answer.status != 302:
            raise RuntimeError(f"{email} is not signed in: {answer.status}")
        self._learn(self.get("/account/password"))

    def _learn(self, page: Answer) -> None:
        found = _TOKEN.search(page.text)
        assert found is not None, page.status
        self.token = found[1]

    def _send(
        self, method: str, path: str, body: str | bytes | None, kind: str = "application/x-www-form-urlencoded"
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Connection": "close",
        }
        if body is not None:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            for header in response.headers.get_all("Set-Cookie") or []:
                for name, morsel in SimpleCookie(header).items():
                    self.cookies[name] = morsel.value
            return Answer(response.status, response.headers.get("Location", ""), text)
        finally:
            connection.close()
