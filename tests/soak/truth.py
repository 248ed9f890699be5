"""truth: what an S3 server holds, asked without the client under test."""
import hashlib
import hmac
import http.client
import re
import time
import urllib.parse
from xml.sax.saxutils import unescape


class Truth:
    """One bucket, path style, signed (AWS Signature Version 4)."""

    def __init__(self, port, bucket, access_key, secret_key,
                 region="us-east-1"):
        self.port = port
        self.bucket = bucket
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region

    def sign(self, method, path, query, headers):
        date = headers["x-amz-date"]
        scope = f"{date[:8]}/{self.region}/s3/aws4_request"
        names = ";".join(sorted(headers))
        canonical = "\n".join(
            [method, path, query] +
            [f"{name}:{headers[name]}" for name in sorted(headers)] +
            ["", names, headers["x-amz-content-sha256"]])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for word in [date[:8], self.region, "s3", "aws4_request", text]:
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        return (f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                f"SignedHeaders={names}, Signature={key.hex()}")

    def ask(self, method, key="", query=None, body=b""):
        """Status and body."""
        path = urllib.parse.quote(f"/{self.bucket}/{key}" if key else
                                  f"/{self.bucket}")
        text = "&".join(sorted(
            f"{name}={urllib.parse.quote(value, safe='')}"
            for name, value in (query or {}).items()))
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        }
        headers["authorization"] = self.sign(method, path, text, headers)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path + ("?" + text if text else ""),
                         body=body or None, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def patiently(self, method, key="", query=None, seconds=60):
        """Until the server answers with something that is not a 5xx."""
        end = time.monotonic() + seconds
        while True:
            try:
                status, body = self.ask(method, key, query)
                if status < 500:
                    return status, body
                problem = f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                problem = error
            if time.monotonic() > end:
                raise RuntimeError(f"the server does not answer: {problem}")
            time.sleep(0.2)

    def get(self, key):
        """The object's bytes, or None."""
        status, body = self.patiently("GET", key)
        if status == 404:
            return None
        if status != 200:
            raise RuntimeError(f"GET {key}: status {status}: {body[:300]!r}")
        return body

    def put(self, key, body):
        status, answer = self.ask("PUT", key, body=body)
        if status != 200:
            raise RuntimeError(f"PUT {key}: status {status}: {answer[:300]!r}")

    def uploads(self, key):
        """Ids of the key's open uploads."""
        status, body = self.patiently("GET", "",
                                      {"uploads": "", "prefix": key})
        if status != 200:
            raise RuntimeError(f"open uploads: status {status}")
        text = body.decode()
        return [unescape(found[1]) for one in re.findall(
                    r"<Upload>(.*?)</Upload>", text, re.S)
                if (found := re.search(r"<UploadId>(.*?)</UploadId>", one))
                and unescape(re.search(r"<Key>(.*?)</Key>", one)[1]) == key]

    def delete(self, key):
        self.patiently("DELETE", key)
