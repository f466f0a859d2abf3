// A server that speaks HTTP/1.1 over TLS and nothing else: `node http1.mjs CERTIFICATE KEY`.
import { readFileSync } from "node:fs";
import https from "node:https";

const [cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const server = https.createServer({ cert, key, ALPNProtocols: ["http/1.1"] }, (request, response) => {
  request.resume();
  response.end(`HTTP/${request.httpVersion}`);
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
