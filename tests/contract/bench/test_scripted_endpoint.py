import asyncio
import contextlib
import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

from inkling.bench.scripted_endpoint import ScriptedEndpoint


def post(endpoint: ScriptedEndpoint, **body: object) -> str:
    connection = HTTPConnection(urlsplit(endpoint.base_url).netloc)
    with contextlib.closing(connection):
        connection.request("POST", "/v1/completions", json.dumps(body))
        return connection.getresponse().read().decode()


def test_answers_whole_and_as_a_stream() -> None:
    with ScriptedEndpoint(0.0, lambda prompt: f"{prompt}!\nmore") as endpoint:
        whole = json.loads(post(endpoint, model="m", prompt="a", stop=["\n"]))
        stream = post(endpoint, model="m", prompt="b", stream=True)

        assert whole["choices"][0]["text"] == "a!"
        assert json.loads(stream.split("\n\n")[0].removeprefix("data: "))["choices"][0]["text"] == "b!\nmore"
        assert stream.endswith("data: [DONE]\n\n")
        assert (endpoint.n_requests, endpoint.n_cancelled) == ({"m": 2}, {})


async def test_counts_who_leaves_before_the_answer() -> None:
    with ScriptedEndpoint(3600.0, lambda _: "") as endpoint:
        where = urlsplit(endpoint.base_url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        body = b'{"model": "m", "prompt": ""}'
        writer.write(b"POST /v1/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.write_eof()

        assert await reader.read() == b""  # the endpoint hangs up once it has seen that nobody waits
        assert (endpoint.n_requests, endpoint.n_cancelled) == ({"m": 1}, {"m": 1})
        writer.close()
        await writer.wait_closed()
