/** A language model's endpoint that says what the test lets it say, when the test lets it. */
import http from "node:http";

const COMPLETIONS = "/v1/completions";
const CHUNK = { id: "test", object: "text_completion", created: 0, model: "test-model" };

export class ModelEndpoint {
  /** Returns the texts that follow a prompt, the likeliest first; may be a promise. What is asked at connecting is "0". */
  script = () => [""];
  /** The one key that is let in; null: anybody is. */
  apiKey = null;
  /** Bodies of the requests that were let in so far, without those at connecting. */
  received = [];
  /** Requests that were not let in, and those that were, at connecting included. */
  refused = 0;
  letIn = 0;
  #server = http.createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      if (this.apiKey !== null && request.headers.authorization !== `Bearer ${this.apiKey}`) {
        this.#refuse(response);
      } else {
        this.letIn += 1;
        this.#answer(request.url, JSON.parse(Buffer.concat(pieces).toString() || "{}"), response);
      }
    });
  });

  /** Listens; returns the address for `inkling.model.baseUrl`. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refuse(response) {
    this.refused += 1;
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "Incorrect API key provided." } }));
  }

  async #answer(url, body, response) {
    if (url !== COMPLETIONS) {
      response.writeHead(404).end();
      return;
    }
    const isProbe = body.max_tokens === 1;
    if (!isProbe) {
      this.received.push(body);
    }
    const texts = isProbe ? ["0"] : await this.script(body);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let index = 0; index < (body.n ?? 1); index += 1) {
      const text = texts[body.temperature > 0 ? index + 1 : 0] ?? texts.at(-1);
      const logprobs = { tokens: [text], token_logprobs: [-0.05], top_logprobs: null, text_offset: [0] };
      response.write(`data: ${JSON.stringify({ ...CHUNK, choices: [{ index, text, finish_reason: "stop", logprobs }] })}\n\n`);
    }
    response.end("data: [DONE]\n\n");
  }
}

/** A promise that the test keeps when it wants to. */
export function promised() {
  let keep;
  const promise = new Promise((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}
