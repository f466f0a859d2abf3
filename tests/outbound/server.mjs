// An HTTP/2 server with TLS: `node server.mjs CERTIFICATE KEY`. What it does is in the path.
import { readFileSync } from "node:fs";
import http2 from "node:http2";

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = http2.constants;
const [cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const server = http2.createSecureServer({ cert, key });

const seen = {}; // requests by path
const sockets = []; // all there ever were
let sessions = 0;
server.on("secureConnection", (socket) => sockets.push(socket));
server.on("session", (session) => {
  sessions += 1;
  session.on("error", () => {}); // clients break off
});

// Once the request is there: libcurl 7.88 can miss an answer that comes between its sending the head
// and the body, and then waits until the stream was silent for too long.
const answer = (stream, body = "ok") => {
  const go = () => {
    stream.respond({ ":status": 200, "content-type": "text/plain", "x-mixed-Case": "yes" });
    stream.end(body);
  };
  if (stream.readableEnded) go();
  else stream.once("end", go);
};

const behaviours = {
  "/stats": (stream) => answer(stream, JSON.stringify({ sessions, seen })),
  "/slow": (stream) => setTimeout(() => answer(stream), 50),
  "/refuse-once": (stream, count) => (count === 1 ? stream.close(NGHTTP2_REFUSED_STREAM) : answer(stream)),
  "/refuse-always": (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  "/reset": (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
  // The last stream that was looked at is the one before, which there must be: this one was not.
  "/goaway-once": (stream, count) => {
    if (count > 1) return answer(stream);
    stream.session.goaway(NGHTTP2_NO_ERROR, stream.id - 2);
  },
  // This one was looked at, and then the connection ends.
  "/goaway-processed": (stream) => {
    stream.session.goaway(NGHTTP2_INTERNAL_ERROR, stream.id);
    setTimeout(() => stream.session?.destroy(), 20);
  },
  // As a server that restarts: what it has begun is finished.
  "/goaway-finished": (stream) => {
    stream.session.goaway(NGHTTP2_NO_ERROR, stream.id);
    setTimeout(() => answer(stream), 30);
  },
  "/cut": () => sockets.forEach((socket) => socket.destroy()),
  "/long": (stream) => answer(stream, "x".repeat(200_000)),
  "/silent": () => {},
};

server.on("stream", (stream, headers) => {
  const path = headers[":path"];
  seen[path] = (seen[path] ?? 0) + 1;
  stream.on("error", () => {}); // clients break off
  stream.resume();
  (behaviours[path] ?? ((s) => answer(s)))(stream, seen[path]);
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
