/**
 * A language server that says what a test tells it to, for situations that no search can be made to end in.
 *
 *     node scripted_server.mjs FOLDER
 *
 * The answer to a method lies in FOLDER/METHOD.json (slashes as dots): `{result, notifications, hold}`, read at each
 * request. `notifications` are sent before the answer; with `hold` there is none until the client cancels. "$ID" is the
 * request's own `id`, "$VERSION URI" a document's version, or null. What arrives is written to FOLDER/received.jsonl.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

const CANCELLED = -32800; // RequestCancelled, LSP specification, ResponseMessage
const folder = process.argv[2];
const held = new Set();
const versions = new Map();
let buffer = Buffer.alloc(0);

process.stdin.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (let message = next(); message !== undefined; message = next()) {
    take(message);
  }
});
process.stdin.on("end", () => process.exit(0));

/** Returns the next whole message, without its header. */
function next() {
  const header = buffer.indexOf("\r\n\r\n");
  const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, Math.max(header, 0)).toString())?.[1]);
  const end = header + 4 + length;
  if (header === -1 || buffer.length < end) {
    return undefined;
  }
  const message = JSON.parse(buffer.subarray(header + 4, end).toString());
  buffer = buffer.subarray(end);
  return message;
}

function take({ id, method, params }) {
  fs.appendFileSync(path.join(folder, "received.jsonl"), `${JSON.stringify({ method, params })}\n`);
  switch (method) {
    case "initialize":
      send({ id, result: { capabilities: { textDocumentSync: 1 } } });
      return;
    case "initialized":
      send({ method: "inkling/status", params: { state: "ready", message: "" } });
      return;
    case "textDocument/didOpen":
    case "textDocument/didChange":
      versions.set(params.textDocument.uri, params.textDocument.version);
      return;
    case "textDocument/didClose":
      versions.delete(params.textDocument.uri);
      return;
    case "exit":
      process.exit(0);
      return;
    case "$/cancelRequest":
      if (held.delete(params.id)) {
        send({ id: params.id, error: { code: CANCELLED, message: "cancelled" } });
      }
      return;
    default:
      if (id !== undefined && method !== undefined) {
        answer(id, method, params);
      }
  }
}

function answer(id, method, params) {
  const file = path.join(folder, `${method.replaceAll("/", ".")}.json`);
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : '{"result": null}';
  const filled = text
    .replaceAll("$ID", params?.id ?? "")
    .replaceAll(/"\$VERSION ([^"]+)"/g, (_, uri) => JSON.stringify(versions.get(uri) ?? null));
  const { result, notifications = [], hold = false } = JSON.parse(filled);
  notifications.forEach(send);
  if (hold) {
    held.add(id);
  } else {
    send({ id, result });
  }
}

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}
