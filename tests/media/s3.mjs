// An S3 store that others wrote, on a free port of loopback: node s3.mjs FOLDER BUCKET
// s3rver looks at the access key alone; so there is a front that signs each request anew with
// aws4, as the owner of the key would, and refuses those that are signed otherwise or whose body
// is not the one that was signed.
import crypto, { createHash } from "node:crypto";
import http from "node:http";
import aws4 from "aws4";
import S3rver from "s3rver";

// s3rver makes its continuation tokens with DES, which OpenSSL 3 has no more; any cipher will do.
const { createCipheriv } = crypto;
crypto.createCipheriv = (_name, key, iv) =>
  createCipheriv("aes-128-cbc", Buffer.concat([key, key]), Buffer.concat([iv, iv]));

const [folder, bucket] = process.argv.slice(2);
const accessKeyId = "S3RVER";
const secretAccessKey = "S3RVER";
const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  directory: folder,
  silent: true,
  configureBuckets: [{ name: bucket, configs: [] }],
});
const behind = (await server.run()).port;

const isSigned = (request, body) => {
  const given = request.headers.authorization ?? "";
  const signed = /SignedHeaders=([^,]+)/.exec(given)?.[1].split(";") ?? [];
  const [, , region, service] = /Credential=([^,]+)/.exec(given)?.[1].split("/") ?? [];
  if (!signed.includes("host") || !signed.includes("x-amz-content-sha256")) return false;
  if (region === undefined || service !== "s3") return false;
  if (signed.some((name) => request.headers[name] === undefined)) return false;
  const hash = createHash("sha256").update(body).digest("hex");
  if (request.headers["x-amz-content-sha256"] !== hash) return false;
  const headers = Object.fromEntries(signed.map((name) => [name, request.headers[name]]));
  // What aws4 would add by itself.
  const added = ["content-type", "content-length"].filter((name) => !signed.includes(name));
  const extraHeadersToIgnore = Object.fromEntries(added.map((name) => [name, true]));
  const expected = aws4.sign(
    { service, region, method: request.method, path: request.url, headers, body, extraHeadersToIgnore },
    { accessKeyId, secretAccessKey },
  ).headers.Authorization;
  const signatureOf = (text) => /Signature=([0-9a-f]{64})/.exec(text)?.[1];
  return signatureOf(expected) === signatureOf(given);
};

const front = http.createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const isKnown = (request.headers.authorization ?? "").includes(`Credential=${accessKeyId}/`);
  if (isKnown && !isSigned(request, body)) {
    response.writeHead(403, { "content-type": "application/xml" });
    response.end("<Error><Code>SignatureDoesNotMatch</Code></Error>");
    return;
  }
  const { method, url: path, headers } = request;
  const passed = http.request({ host: "127.0.0.1", port: behind, method, path, headers }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  passed.end(body);
});
front.listen(0, "127.0.0.1", () => console.log(`port ${front.address().port}`));
